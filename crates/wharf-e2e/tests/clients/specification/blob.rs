//! Bytes and their digests, by either hash function.

use bytes::Bytes;
use wharf_e2e::{digest, noise};

/// The hash functions that the image specification registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Sha256,
    Sha512,
}

/// Bytes and their digest.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub(super) bytes: Bytes,
    pub(super) digest: String,
}

// === impl Algorithm ===

impl Algorithm {
    pub(super) const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    pub(super) fn digest(self, bytes: &[u8]) -> String {
        match self {
            Self::Sha256 => digest::sha256(bytes),
            Self::Sha512 => digest::sha512(bytes),
        }
    }

    pub(super) fn blob(self, bytes: impl Into<Bytes>) -> Blob {
        let bytes = bytes.into();
        let digest = self.digest(&bytes);
        Blob { bytes, digest }
    }

    /// A blob of noise.
    pub(super) fn noise(self, seed: u64, length: usize) -> Blob {
        self.blob(noise::bytes(seed, length))
    }
}
