//! Which tags are meant.

use anyhow::{Context as _, Result};
use wharf_auth::Glob;
use wharf_spec::Tag;

/// Those that fit one of several patterns.
pub(in crate::client::images) struct Patterns(Vec<Glob>);

// === impl Patterns ===

impl Patterns {
    /// All of them, without a pattern.
    ///
    /// # Errors
    /// When one of them is no pattern.
    pub(in crate::client::images) fn new(patterns: &[String]) -> Result<Self> {
        let glob =
            |pattern: &String| Glob::parse(pattern).with_context(|| format!("--tags {pattern}"));
        Ok(Self(patterns.iter().map(glob).collect::<Result<_>>()?))
    }

    pub(super) fn fits(&self, tag: &Tag) -> bool {
        self.0.is_empty() || self.0.iter().any(|glob| glob.matches(tag.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_choose_tags() {
        let patterns = |list: &[&str]| {
            let list: Vec<_> = list.iter().map(ToString::to_string).collect();
            Patterns::new(&list)
        };
        let tag: Tag = "v1.2.3".parse().unwrap();
        for (list, fits) in [
            (&[][..], true),
            (&["v1.*"], true),
            (&["v2.*", "{v1,v3}.*"], true),
            (&["v2.*", "latest"], false),
        ] {
            assert_eq!(patterns(list).unwrap().fits(&tag), fits, "{list:?}");
        }
        assert!(patterns(&["[a"]).is_err());
    }
}
