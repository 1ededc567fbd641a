//! What a token says of a grant beside what it allows, as Docker Hub's do:
//! `"parameters": {"pull_limit": "100", "pull_limit_interval": "21600"}`.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::PullLimit;

/// What is known of them. They restrict, and are read leniently: what is something else is
/// taken for not said, and makes no token invalid.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    pub(super) pulls: Option<PullLimit>,
}

// === impl Parameters ===

impl From<&Value> for Parameters {
    fn from(parameters: &Value) -> Self {
        let number = |name| parameters.get(name).and_then(number);
        let pulls = number("pull_limit").map(|pulls| PullLimit {
            pulls: u32::try_from(pulls).unwrap_or(u32::MAX),
            interval: number("pull_limit_interval")
                .filter(|seconds| *seconds > 0)
                .map_or(USUAL, Duration::from_secs),
        });
        Self { pulls }
    }
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Self::from(&value))
    }
}

/// Docker Hub writes numbers as text.
fn number(value: &Value) -> Option<u64> {
    let text = value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or(text)
}

/// Docker Hub's.
const USUAL: Duration = Duration::from_secs(6 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_text_or_numbers_and_nonsense_is_left_out() {
        for (json, expected) in [
            (
                r#"{"pull_limit": "100", "pull_limit_interval": "60"}"#,
                Some((100, 60)),
            ),
            (
                r#"{"pull_limit": 100, "pull_limit_interval": 60}"#,
                Some((100, 60)),
            ),
            (r#"{"pull_limit": "100"}"#, Some((100, 21600))),
            (
                r#"{"pull_limit": 100, "pull_limit_interval": "0"}"#,
                Some((100, 21600)),
            ),
            (
                r#"{"pull_limit": 100, "pull_limit_interval": "6h"}"#,
                Some((100, 21600)),
            ),
            (r#"{"pull_limit": 0}"#, Some((0, 21600))),
            (r#"{"pull_limit": 99999999999}"#, Some((u32::MAX, 21600))),
            (r#"{"pull_limit": -1}"#, None),
            (r#"{"pull_limit": "many"}"#, None),
            (r#"{"pull_limit_interval": 60}"#, None),
            ("{}", None),
            ("null", None),
            ("[1]", None),
            (r#""pull_limit""#, None),
        ] {
            let read: Parameters = serde_json::from_str(json).unwrap();
            let expected = expected.map(|(pulls, seconds)| PullLimit {
                pulls,
                interval: Duration::from_secs(seconds),
            });
            assert_eq!(read.pulls, expected, "{json}");
        }
    }
}
