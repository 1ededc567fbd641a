//! The name of some content: the algorithm and the hash of its bytes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Algorithm;

/// `sha256:<64 lower-case hexadecimal digits>`, or the like for `sha512`
/// (image-spec: descriptor.md, "Digests"). It sorts as its text does.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest(Hash);

/// Why a text is not a [`Digest`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DigestError {
    /// It does not have the form `algorithm:encoded`, or its hash is not lower-case
    /// hexadecimal.
    #[error("a digest has the form `sha256:` followed by 64 lower-case hexadecimal digits")]
    Malformed,
    /// Its form is right, but this registry cannot compute that hash.
    #[error("the digest algorithm {0:?} is not supported: use sha256 or sha512")]
    UnsupportedAlgorithm(String),
    /// The hash has the wrong number of digits for its algorithm.
    #[error("a {algorithm} digest has {} hexadecimal digits, not {found}", algorithm.len() * 2)]
    WrongLength {
        /// What the digest claims to be.
        algorithm: Algorithm,
        /// How many digits it has.
        found: usize,
    },
}

// === impl Digest ===

impl Digest {
    /// The digest whose hash is `bytes`, if they have the length that `algorithm` gives.
    #[must_use]
    pub fn new(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        match algorithm {
            Algorithm::Sha256 => bytes.try_into().ok().map(Self::sha256),
            Algorithm::Sha512 => bytes.try_into().ok().map(Self::sha512),
        }
    }

    /// The digest of a SHA-256 hash.
    #[must_use]
    pub const fn sha256(hash: [u8; 32]) -> Self {
        Self(Hash::Sha256(hash))
    }

    /// The digest of a SHA-512 hash.
    #[must_use]
    pub const fn sha512(hash: [u8; 64]) -> Self {
        Self(Hash::Sha512(hash))
    }

    /// The hash function it was made with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self.0 {
            Hash::Sha256(_) => Algorithm::Sha256,
            Hash::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// The hash itself.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        match &self.0 {
            Hash::Sha256(bytes) => bytes,
            Hash::Sha512(bytes) => bytes,
        }
    }

    /// The hash in lower-case hexadecimal, as paths of the stored tree have it.
    #[must_use]
    pub fn hex(&self) -> String {
        self.digits().as_str().to_owned()
    }

    fn digits(&self) -> Digits {
        let mut digits = Digits {
            text: [0; 128],
            len: self.bytes().len() * 2,
        };
        let (pairs, _) = digits.text.as_chunks_mut();
        for ([high, low], byte) in pairs.iter_mut().zip(self.bytes()) {
            *high = hex_character(byte >> 4);
            *low = hex_character(byte & 15);
        }
        digits
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    // go-digest: digest.go, `Parse` and `Validate`
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, encoded) = text.split_once(':').ok_or(DigestError::Malformed)?;
        if !is_algorithm_name(name) || !is_encoded(encoded) {
            return Err(DigestError::Malformed);
        }
        let algorithm: Algorithm = name.parse()?;
        let found = encoded.len();
        if found != algorithm.len() * 2 {
            return Err(DigestError::WrongLength { algorithm, found });
        }
        let mut bytes = [0; 64];
        let bytes = decode_hex(encoded, &mut bytes).ok_or(DigestError::Malformed)?;
        Self::new(algorithm, bytes).ok_or(DigestError::WrongLength { algorithm, found })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.algorithm().name())?;
        f.write_str(":")?;
        f.write_str(self.digits().as_str())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DigestVisitor)
    }
}

// === private ===

#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
enum Hash {
    Sha256([u8; 32]),
    Sha512([u8; 64]),
}

/// Hexadecimal digits, without an allocation.
struct Digits {
    text: [u8; 128],
    len: usize,
}

impl Digits {
    fn as_str(&self) -> &str {
        // They are ASCII, as many as there are.
        let text = self.text.get(..self.len).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }
}

struct DigestVisitor;

impl de::Visitor<'_> for DigestVisitor {
    type Value = Digest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a digest")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Digest, E> {
        text.parse().map_err(E::custom)
    }
}

/// `[a-z0-9]+(?:[.+_-][a-z0-9]+)*`
fn is_algorithm_name(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'))
    };
    name.split(['.', '+', '_', '-']).all(is_word)
}

/// `[a-zA-Z0-9=_-]+`
fn is_encoded(encoded: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'=' | b'_' | b'-');
    !encoded.is_empty() && encoded.bytes().all(is_legal)
}

/// The bytes that pairs of digits stand for, in as much of `bytes` as they need.
fn decode_hex<'a>(encoded: &str, bytes: &'a mut [u8]) -> Option<&'a [u8]> {
    let (pairs, []) = encoded.as_bytes().as_chunks() else {
        return None;
    };
    let bytes = bytes.get_mut(..pairs.len())?;
    for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = hex_digit(high)? << 4 | hex_digit(low)?;
    }
    Some(bytes)
}

const fn hex_character(digit: u8) -> u8 {
    match digit {
        0..=9 => b'0' + digit,
        _ => b'a' + digit - 10,
    }
}

const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}
