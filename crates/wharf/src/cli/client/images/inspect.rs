//! `wharf inspect`, as it is written.

use clap::Args;
use wharf_image::{Place, WantedPlatform};

use super::super::Reach;

/// Show what an image consists of
///
/// Name, digest, platforms, layers with their sizes and DiffIDs, how it was made and which layer
/// each step made, environment, labels, what it was made from where it says so, and what refers
/// to it: signatures, lists of contents. No layer is read.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Inspect {
    /// Which image: a name in a registry, or a place as `wharf copy` knows them
    #[arg(value_name = "PLACE")]
    pub(crate) place: Place,

    /// The image for this platform, such as linux/arm64; without it, this machine's
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    pub(crate) platform: Option<WantedPlatform>,

    /// As JSON
    #[arg(long, conflicts_with_all = ["raw", "config"])]
    pub(crate) json: bool,

    /// The bytes of the manifest or index as they are; with --platform, those of that image's
    /// manifest
    #[arg(long, conflicts_with = "config")]
    pub(crate) raw: bool,

    /// The bytes of the configuration as they are
    #[arg(long)]
    pub(crate) config: bool,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

const EXAMPLES: &str = "\
Examples:
  wharf inspect alpine:3.20
  wharf inspect --platform linux/arm64 --json quay.io/org/app
  wharf inspect --raw oci:app:1 | sha256sum
      The digest of the manifest
  wharf inspect --config docker-archive:app.tar | jq .config.Env
";
