//! Tags: the human-readable pointers to manifests.

use std::str::FromStr;
use std::sync::Arc;

use crate::text::validated_text;

/// A tag as the distribution-spec ("Pulling manifests") has it:
/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`. It is never `.` or `..`, so it can be a component
/// of a path.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Tag(Arc<str>);

/// Why a text is not a [`Tag`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TagError {
    /// It does not follow the grammar.
    #[error("a tag has letters, digits, `_`, `.` and `-`, and starts with neither `.` nor `-`")]
    Invalid,
    /// It has too many characters.
    #[error("a tag has at most {} characters", Tag::MAX_LEN)]
    TooLong,
}

// === impl Tag ===

impl Tag {
    /// The longest tag, in characters.
    pub const MAX_LEN: usize = 128;

    /// Whether a text is a tag, for those who need no [`Tag`].
    ///
    /// # Errors
    /// Why it is none.
    pub fn check(text: &str) -> Result<(), TagError> {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let is_legal = |byte: u8| is_word(byte) || matches!(byte, b'.' | b'-');
        if text.len() > Self::MAX_LEN {
            Err(TagError::TooLong)
        } else if text.bytes().next().is_some_and(is_word) && text.bytes().all(is_legal) {
            Ok(())
        } else {
            Err(TagError::Invalid)
        }
    }
}

validated_text!(Tag);

impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::check(text).map(|()| Self(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_follow_the_grammar() {
        let long = "x".repeat(128);
        for good in [
            "latest", "1.2.3", "_", "A", "0", "a..b", "list", "v1-", "_.-", &long,
        ] {
            assert_eq!(
                good.parse::<Tag>().map(|tag| tag.to_string()),
                Ok(good.into())
            );
        }
        for bad in [
            "", ".", "..", "-a", ".a", "a/b", "a:b", "a b", "ä", "a\0", "a+b",
        ] {
            assert_eq!(bad.parse::<Tag>(), Err(TagError::Invalid), "{bad:?}");
        }
        assert_eq!("x".repeat(129).parse::<Tag>(), Err(TagError::TooLong));
    }
}
