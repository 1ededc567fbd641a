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
        self.text().digits().to_owned()
    }

    /// As [`Self::hex`], to be written somewhere.
    #[must_use]
    pub fn digits(&self) -> impl fmt::Display + use<> {
        let text = self.text();
        fmt::from_fn(move |f| f.write_str(text.digits()))
    }

    fn text(&self) -> Text {
        let mut text = Text {
            bytes: [0; LONGEST],
            len: PREFIX + self.bytes().len() * 2,
        };
        let (prefix, digits) = text.bytes.split_at_mut(PREFIX);
        let name = self.algorithm().name().bytes();
        for (place, byte) in prefix.iter_mut().zip(name.chain([b':'])) {
            *place = byte;
        }
        let (pairs, _) = digits.as_chunks_mut();
        for ([high, low], byte) in pairs.iter_mut().zip(self.bytes()) {
            *high = hex_character(byte >> 4);
            *low = hex_character(byte & 15);
        }
        text
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    // go-digest: digest.go, `Parse` and `Validate`
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, encoded) = text.split_once(':').ok_or(DigestError::Malformed)?;
        let algorithm = match name.parse::<Algorithm>() {
            Ok(algorithm) if encoded.len() == algorithm.len() * 2 => algorithm,
            other => return Err(explained(name, encoded, other)),
        };
        let mut bytes = [0; 64];
        let bytes = decode_hex(encoded, &mut bytes).ok_or(DigestError::Malformed)?;
        Self::new(algorithm, bytes).ok_or(DigestError::Malformed)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // At once, so that a string that it goes into is not made longer twice.
        f.write_str(self.text().as_str())
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

/// A digest as text, without an allocation.
struct Text {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Text {
    fn as_str(&self) -> &str {
        // It is ASCII, as long as that.
        let text = self.bytes.get(..self.len).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }

    fn digits(&self) -> &str {
        self.as_str().get(PREFIX..).unwrap_or_default()
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

/// Why it is no digest, though it has a colon.
fn explained(name: &str, encoded: &str, algorithm: Result<Algorithm, DigestError>) -> DigestError {
    if !is_algorithm_name(name) || !is_encoded(encoded) {
        return DigestError::Malformed;
    }
    match algorithm {
        Ok(algorithm) => DigestError::WrongLength {
            algorithm,
            found: encoded.len(),
        },
        Err(error) => error,
    }
}

/// The bytes that pairs of digits stand for, in as much of `bytes` as they need.
fn decode_hex<'a>(encoded: &str, bytes: &'a mut [u8]) -> Option<&'a [u8]> {
    let (pairs, []) = encoded.as_bytes().as_chunks() else {
        return None;
    };
    let bytes = bytes.get_mut(..pairs.len())?;
    let mut all = 0;
    for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
        let (high, low) = (hex_digit(high), hex_digit(low));
        *byte = high << 4 | low;
        all |= high | low;
    }
    (all < NO_DIGIT).then_some(bytes)
}

const fn hex_character(digit: u8) -> u8 {
    match digit {
        0..=9 => b'0' + digit,
        _ => b'a' + digit - 10,
    }
}

/// The digit's value, or [`NO_DIGIT`].
const fn hex_digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        _ => NO_DIGIT,
    }
}

/// More than the value of any digit, also when they are taken together bit by bit.
const NO_DIGIT: u8 = 16;
/// Bytes of `sha256:` and `sha512:`.
const PREFIX: usize = 7;
/// Bytes of the longest text of a digest.
const LONGEST: usize = PREFIX + 128;
