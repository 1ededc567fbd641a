//! `wharf storage` on the command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::scrub::Rate;

#[derive(Debug, Subcommand)]
pub(crate) enum Storage {
    Copy(StorageCopy),
}

/// Copy all images from one storage to another
///
/// OLD and NEW are two configurations; of each, what it says of the storage counts, and
/// REGISTRY_* variables do not, since they would count for both. A server may be running on the
/// old storage, and clients may push to it: what they push while a pass goes on may have to wait
/// for the next one. Nothing is written to the old storage. No server may be running on the new
/// one.
///
/// Every blob is hashed on its way, and found under its name only when it is whole and right.
/// Links come after what they lead to, and tags come last. So the new storage is whole at every
/// moment, and a pass that was interrupted, however that came, is simply made again: what is
/// there already is not copied twice. To move a registry, copy, copy again until little has
/// changed, let the old server only read (storage.maintenance.readonly), make a last pass with
/// --delete, and start the new server; docs/moving.md has it step by step.
///
/// What goes along: blobs, manifests, tags with their history, and what `wharf trash` can
/// restore. What does not: uploads that are under way, which clients begin anew, damaged blobs
/// and the manifests and tags that need them, which are told, and what is about the place
/// itself: quarantine, state of collections and scrubs, locks. Times are those of the copy.
///
/// Exits with 0 if all of it is in the new storage, with 1 if something could not be copied,
/// with 2 if the pass did not begin or could not go on.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StorageCopy {
    /// The configuration of the storage to copy from
    #[arg(long, value_name = "OLD")]
    pub(crate) from: PathBuf,

    /// The configuration of the storage to copy to
    #[arg(long, value_name = "NEW")]
    pub(crate) to: PathBuf,

    /// Remove tags, manifests and layers that NEW has and OLD has not
    ///
    /// Without it they stay and are counted: tags that were deleted since the first pass can
    /// still be pulled from NEW. Their bytes go with the next collection there.
    #[arg(long)]
    pub(crate) delete: bool,

    /// Hash blobs that are in NEW already, and copy those again that are damaged there
    ///
    /// Without it, those of the right size are believed to be right.
    #[arg(long)]
    pub(crate) verify: bool,

    /// How many blobs are under way at once
    #[arg(long, value_name = "N", default_value = "8")]
    pub(crate) at_once: NonZeroUsize,

    /// How much is read of OLD in a second; 0 for any amount
    #[arg(long, value_name = "50MB/s", default_value = "0")]
    pub(crate) rate: Rate,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const EXAMPLES: &str = "\
Examples:
  wharf storage copy --from old.yml --to new.yml
      A pass beside a running server; make it again until little changes
  wharf storage copy --from old.yml --to new.yml --delete
      The last pass, once the old server only reads
  wharf storage copy --from old.yml --to new.yml --rate 50MB/s
      A pass that leaves something of the old disk to clients
  wharf storage copy --from old.yml --to new.yml --verify
      Do not believe what is in the new storage: hash it
  wharf storage copy --from old.yml --to new.yml --json | jq .summary.changed
";
