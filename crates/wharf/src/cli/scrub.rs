//! `wharf scrub` on the command line.

use std::str::FromStr;

use clap::Args;

use super::ConfigEither;

/// Look through all that is stored for damage, and mend what can be mended
///
/// Every blob is hashed again, every link followed, every manifest compared with what it refers
/// to. Without --repair nothing is changed. With it a damaged blob is moved aside, so that
/// clients are told that it is missing and the next push brings it back, and links that lead
/// nowhere are removed. Nothing goes that could still be right; docs/scrub.md has the kinds of
/// findings, and what to do about each.
///
/// It may run beside a server. Run it as the server's user.
///
/// Exits with 0 if nothing is wrong any more, with 1 if findings remain, with 2 if it could not
/// run.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Scrub {
    #[command(flatten)]
    pub(crate) file: ConfigEither,

    /// Move damaged blobs aside, and remove links that lead nowhere
    #[arg(long)]
    pub(crate) repair: bool,

    /// How much is read in a second; 0 for any amount [default: wharfinger.scrub.rate]
    #[arg(long, value_name = "50MB/s")]
    pub(crate) rate: Option<Rate>,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Bytes in a second: `50MB/s`, `1GiB`, `0`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Rate(pub(crate) u64);

// === impl Rate ===

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.strip_suffix("/s").unwrap_or(text).trim();
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = text.get(digits.len()..).unwrap_or_default().trim();
        let bytes = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "kb" | "k" => 1000,
            "mb" | "m" => 1_000_000,
            "gb" | "g" => 1_000_000_000,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            _ => return Err(HINT),
        };
        let count: u64 = digits.parse().map_err(|_| HINT)?;
        count.checked_mul(bytes).map(Self).ok_or(HINT)
    }
}

const HINT: &str = "write a number and one of B, kB, MB, GB, KiB, MiB, GiB, such as 50MB/s";

const EXAMPLES: &str = "\
Examples:
  wharf scrub /etc/docker/registry/config.yml
      Report what is wrong, and change nothing
  wharf scrub --repair --rate 0 --config config.yml
      Mend what can be mended, as fast as the disk can be read
  wharf scrub --json config.yml | jq '.findings[] | select(.kind == \"corrupt\")'
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit() {
        for (text, bytes) in [
            ("0", 0),
            ("50MB/s", 50_000_000),
            ("50 MB/s", 50_000_000),
            ("1GiB", 1 << 30),
            ("7kB/s", 7000),
            ("12b", 12),
        ] {
            assert_eq!(text.parse(), Ok(Rate(bytes)), "{text}");
        }
        for text in [
            "",
            "MB",
            "-1MB",
            "1.5MB",
            "5 parsecs",
            "1MB/h",
            "99999999999999GB",
        ] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
