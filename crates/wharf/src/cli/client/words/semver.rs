//! Ranges of versions, as they are written.

use std::str::FromStr;

use ::semver::{Version, VersionReq};
use wharf_image::Place;

/// A range of versions, such as `>=1.2, <2` or `^1.2`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Range(VersionReq);

/// A place, or the newest release of a range in a repository: `app@^1.2`.
#[derive(Clone, Debug)]
pub(crate) struct Ranged {
    pub(crate) place: Place,
    pub(crate) range: Option<Range>,
}

// === impl Range ===

impl Range {
    /// The version that a tag names, with or without a `v` before it, if it is in this range.
    /// What is written `+` in a version is `_` in a tag, as Helm has it.
    pub(crate) fn version(&self, tag: &str) -> Option<Version> {
        let text = tag.strip_prefix('v').unwrap_or(tag).replace('_', "+");
        let version: Version = text.parse().ok()?;
        self.0.matches(&version).then_some(version)
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // All of a version is meant as that one, in a name even more so; Cargo means `^`.
        let exact = text.parse::<Version>().is_ok().then(|| format!("={text}"));
        let range = exact.as_deref().unwrap_or(text).parse();
        range.map(Self).map_err(|error| {
            format!("{error}: write a range of versions as '>=1.2, <2', '^1.2' or '1.*'")
        })
    }
}

// === impl Ranged ===

impl FromStr for Ranged {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let place = |text: &str| text.parse().map_err(|error| format!("{error}"));
        if let Some((repository, range)) = text.rsplit_once('@')
            && is_range(range)
        {
            return Ok(Self {
                place: place(repository)?,
                range: Some(range.parse()?),
            });
        }
        Ok(Self {
            place: place(text)?,
            range: None,
        })
    }
}

/// A digest has a colon, and a range has none.
fn is_range(text: &str) -> bool {
    !text.contains(':') && text.contains(|it: char| it.is_ascii_digit() || it == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_in_a_range_or_not() {
        let fits = |range: &str, tag: &str| {
            let range: Range = range.parse().unwrap();
            range.version(tag).is_some()
        };
        for (range, tag, expected) in [
            (">=1.2, <2", "1.2.0", true),
            (">=1.2, <2", "v1.10.3", true),
            (">=1.2, <2", "2.0.0", false),
            ("^1.2", "1.2.3_build", true),
            ("^1.2", "1.2.3-rc.1", false),
            ("^1.2.3-rc.1", "1.2.3-rc.2", true),
            ("1.2.3", "1.2.3", true),
            ("1.2.3", "1.9.0", false),
            ("1.2", "1.9.0", true),
            ("*", "1.2", false),
            ("*", "latest", false),
            ("1.*", "1.99.0", true),
        ] {
            assert_eq!(fits(range, tag), expected, "{tag} in {range}");
        }
        for wrong in ["", "latest", ">=", "1.2.3.4"] {
            assert!(wrong.parse::<Range>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_range_is_told_from_a_digest() {
        let digest = format!("app@sha256:{}", "0".repeat(64));
        for (text, place, has_range) in [
            ("localhost:5000/app@^1.2", "localhost:5000/app", true),
            ("app@>=1.2, <2", "app", true),
            ("app@*", "app", true),
            ("app:1", "app:1", false),
            (digest.as_str(), digest.as_str(), false),
        ] {
            let ranged: Ranged = text.parse().unwrap();
            assert_eq!(ranged.place.to_string(), place);
            assert_eq!(ranged.range.is_some(), has_range, "{text}");
        }
        for wrong in ["app@", "app@latest", "app@1.2.3.4", "@^1"] {
            assert!(wrong.parse::<Ranged>().is_err(), "{wrong}");
        }
    }
}
