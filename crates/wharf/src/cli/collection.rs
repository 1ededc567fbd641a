//! `wharf garbage-collect` and `wharf gc`.

use std::time::Duration;

use clap::{Args, Subcommand};
use wharf_spec::Digest;

use super::{ConfigEither, ConfigFlag};

/// Remove what no manifest refers to any more
///
/// A server on the same directory may go on serving, and clients pushing and pulling; it
/// collects by itself as well (wharfinger.collection). Say `wharf gc status` to see how that
/// went, and `wharf gc explain` to see why something stays. Run it as the server's user.
///
/// Manifests without a tag stay, unless wharfinger.collection.untagged says otherwise, or
/// --delete-untagged is given. Beside a server they stay for ten minutes at least, so that
/// those that a client is about to tag are left alone (--untagged-age).
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GarbageCollect {
    #[command(flatten)]
    pub(crate) file: ConfigEither,

    /// Say what would be removed, and remove nothing
    #[arg(short = 'd', long)]
    pub(crate) dry_run: bool,

    /// Remove manifests without a tag too, but not those that an index with a tag lists, or
    /// that are about a manifest that stays
    #[arg(short = 'm', long)]
    pub(crate) delete_untagged: bool,

    /// Say nothing but what is wrong
    #[arg(short = 'q', long)]
    pub(crate) quiet: bool,

    /// How long what nobody needs stays after a client was last told that it is there (`1h`,
    /// `0s`) [default: wharfinger.collection.grace while a server runs, else 0s]
    #[arg(long, value_name = "DURATION", value_parser = grace)]
    pub(crate) grace: Option<Duration>,

    /// How long manifests without a tag stay, where they may go, after they were last pushed
    /// or pulled by digest [default: 10m while a server runs, else 0s]
    #[arg(long, value_name = "DURATION", value_parser = grace)]
    pub(crate) untagged_age: Option<Duration>,

    /// Say what it came to as JSON, at the end
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Gc {
    Status(Status),
    Explain(Explain),
}

/// Say what the last collection came to, and what waits to be removed
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  wharf gc status /etc/docker/registry/config.yml
  wharf gc status --now --json")]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) file: ConfigEither,

    /// Count afresh what could be removed now, which looks at everything
    #[arg(long)]
    pub(crate) now: bool,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Say what keeps a blob or a manifest, or when it goes
///
/// Exits with 0 if something keeps it, with 3 if nothing does, and with 4 if it is not there.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  wharf gc explain sha256:5b0bc… --config /etc/docker/registry/config.yml")]
pub(crate) struct Explain {
    /// The digest of a blob or a manifest
    #[arg(value_name = "DIGEST")]
    pub(crate) digest: Digest,

    #[command(flatten)]
    pub(crate) file: ConfigFlag,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A number and a unit; no unit is needed for nothing.
fn grace(text: &str) -> Result<Duration, &'static str> {
    const WRONG: &str = "write a number and one of s, m, h, d, such as 1h";
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let (at, unit) = text.char_indices().next_back().ok_or(WRONG)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        _ => return Err(WRONG),
    };
    let count: u32 = text.get(..at).ok_or(WRONG)?.parse().map_err(|_| WRONG)?;
    Ok(Duration::from_secs(seconds) * count)
}

const EXAMPLES: &str = "\
Examples:
  wharf garbage-collect --dry-run /etc/docker/registry/config.yml
      Say what would be removed
  wharf garbage-collect --delete-untagged --grace 0s --untagged-age 0s /etc/docker/registry/config.yml
      Remove now all that no tag leads to";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grace_is_a_number_and_a_unit() {
        for (text, seconds) in [
            ("0", 0),
            ("0s", 0),
            ("90s", 90),
            ("2h", 7200),
            ("1d", 86400),
        ] {
            assert_eq!(grace(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "s", "1", "-1h", "1w", "1.5h"] {
            assert!(grace(text).is_err(), "{text}");
        }
    }
}
