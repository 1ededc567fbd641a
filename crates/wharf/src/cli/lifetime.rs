//! How long something is to last, as people say it.

use std::str::FromStr;
use std::time::Duration;

/// `30m`, `12h`, `90d`, `2w`, `1y`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Lifetime(pub(crate) Duration);

// === impl Lifetime ===

impl FromStr for Lifetime {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let last = text.char_indices().next_back();
        let parsed = last.and_then(|(at, unit)| {
            let seconds = match unit {
                'm' => 60,
                'h' => 3600,
                'd' => 24 * 3600,
                'w' => 7 * 24 * 3600,
                'y' => 365 * 24 * 3600,
                _ => return None,
            };
            let count: u32 = text.get(..at)?.parse().ok().filter(|count| *count > 0)?;
            let lifetime = Duration::from_secs(seconds).checked_mul(count)?;
            (lifetime <= LONGEST).then_some(Self(lifetime))
        });
        parsed.ok_or("write a number and one of m, h, d, w, y, such as 90d; at most 100y")
    }
}

const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit() {
        for (text, hours) in [
            ("90d", 2160),
            ("12h", 12),
            ("60m", 1),
            ("2w", 336),
            ("1y", 8760),
        ] {
            let expected = Lifetime(Duration::from_secs(hours * 3600));
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in [
            "",
            "d",
            "90",
            "0d",
            "-1d",
            "1.5d",
            "90 d",
            "90D",
            "101y",
            "99999999999d",
        ] {
            assert!(text.parse::<Lifetime>().is_err(), "{text}");
        }
    }
}
