//! Names of repositories.

use std::str::FromStr;
use std::sync::Arc;

use crate::text::validated_text;

/// The `<name>` of the distribution-spec ("Pulling manifests"): path components of
/// lower-case letters and digits, joined by slashes. None starts with `_` or `.`, so a name
/// can stand in a path of the stored tree as it is.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RepositoryName(Arc<str>);

/// Why a text is not a [`RepositoryName`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NameError {
    /// It does not follow the grammar.
    #[error(
        "a repository name has components of lower-case letters and digits, which `.`, `_`, \
         `__` or dashes may separate, and which slashes join"
    )]
    Invalid,
    /// It follows the grammar, perhaps, but no client could use it.
    #[error("a repository name has at most {} characters", RepositoryName::MAX_LEN)]
    TooLong,
}

// === impl RepositoryName ===

impl RepositoryName {
    /// The longest name, in characters. distribution: reference.go, `NameTotalLengthMax`
    pub const MAX_LEN: usize = 255;
}

validated_text!(RepositoryName);

impl FromStr for RepositoryName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > Self::MAX_LEN {
            Err(NameError::TooLong)
        } else if text.split('/').all(is_component) {
            Ok(Self(text.into()))
        } else {
            Err(NameError::Invalid)
        }
    }
}

// === private ===

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(text: &str) -> bool {
    let is_alphanumeric = |character: char| matches!(character, 'a'..='z' | '0'..='9');
    let mut rest = text;
    loop {
        let tail = rest.trim_start_matches(is_alphanumeric);
        if tail.len() == rest.len() {
            return false;
        }
        if tail.is_empty() {
            return true;
        }
        rest = tail.trim_start_matches(|character| !is_alphanumeric(character));
        if !tail.strip_suffix(rest).is_some_and(is_separator) {
            return false;
        }
    }
}

fn is_separator(text: &str) -> bool {
    matches!(text, "." | "_" | "__") || text.bytes().all(|byte| byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_grammar() {
        let long = "a".repeat(255);
        for good in [
            "a",
            "0",
            "library/ubuntu",
            "a.b",
            "a_b",
            "a__b",
            "a-b",
            "a---b",
            "a.b_c__d-e/f0",
            "blobs/uploads",
            "tags/list",
            "manifests",
            &long,
        ] {
            assert_eq!(
                good.parse::<RepositoryName>().map(|name| name.to_string()),
                Ok(good.into())
            );
        }
        for bad in [
            "", "/", "a/", "/a", "a//b", "A", "a.", ".a", "_a", "a_", "a___b", "a..b", "a._b",
            "a-.b", "a-", "-a", "a b", "a:5000/b", "ä", "a\n", "_catalog", "a/../b", "a/./b",
        ] {
            assert_eq!(
                bad.parse::<RepositoryName>(),
                Err(NameError::Invalid),
                "{bad:?}"
            );
        }
        assert_eq!(
            "a".repeat(256).parse::<RepositoryName>(),
            Err(NameError::TooLong)
        );
    }
}
