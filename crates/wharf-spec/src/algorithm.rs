//! The hash functions that a digest may be made with.

use std::fmt;
use std::str::FromStr;

use crate::DigestError;

/// A registered hash function (image-spec: descriptor.md, "Registered algorithms").
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Algorithm {
    /// SHA-256: what every client uses unless told otherwise.
    Sha256,
    /// SHA-512: the alternative that the image-spec registers.
    Sha512,
}

// === impl Algorithm ===

impl Algorithm {
    /// All of them, the default first.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

    /// The part of a digest before the colon.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// How many bytes the hash has; its hexadecimal form has twice as many characters.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "the length of what it produces: there is no empty hash"
    )]
    pub const fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl FromStr for Algorithm {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == text)
            .ok_or_else(|| DigestError::UnsupportedAlgorithm(text.to_owned()))
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
