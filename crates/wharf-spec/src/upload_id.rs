//! Names of upload sessions.

use std::str::FromStr;
use std::sync::Arc;

use crate::text::validated_text;

/// The last component of an upload's URL and of its directory in the stored tree.
///
/// We make UUIDs, but take what distribution's route takes (`[a-zA-Z0-9-_.=]+`), as long as
/// it can be the name of a directory: sessions that another registry left behind go on.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UploadId(Arc<str>);

/// The text cannot name an upload session.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an upload is named by 1 to 128 letters, digits, `-`, `_`, `=` and `.`, the first not `.`")]
pub struct UploadIdError;

// === impl UploadId ===

impl UploadId {
    /// The longest identifier, in characters.
    pub const MAX_LEN: usize = 128;
}

validated_text!(UploadId);

impl FromStr for UploadId {
    type Err = UploadIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_legal =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'=');
        let fits = (1..=Self::MAX_LEN).contains(&text.len());
        if fits && !text.starts_with('.') && text.bytes().all(is_legal) {
            Ok(Self(text.into()))
        } else {
            Err(UploadIdError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upload_ids_can_name_a_directory() {
        let long = "x".repeat(128);
        for good in [
            "0198c3a2-7e5b-7c3e-9f00-0123456789ab",
            "a",
            "-_.=",
            "=",
            "a..b",
            &long,
        ] {
            assert_eq!(
                good.parse::<UploadId>().map(|id| id.to_string()),
                Ok(good.into())
            );
        }
        let too_long = "x".repeat(129);
        for bad in [
            "", ".", "..", ".a", "a/b", "a b", "a\0", "a%2e", "ä", &too_long,
        ] {
            assert_eq!(bad.parse::<UploadId>(), Err(UploadIdError), "{bad:?}");
        }
    }
}
