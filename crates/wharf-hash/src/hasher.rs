//! The digest of a stream, piece by piece.

use wharf_spec::{Algorithm, Digest};

use crate::StateError;
use crate::ffi::{Sha256, Sha512};
use crate::state::Parts;

/// A hash of a stream that has not ended yet. It needs no memory for the stream: a clone or
/// a saved state has some 200 bytes.
#[derive(Clone)]
pub struct StreamHasher(Engine);

// === impl StreamHasher ===

impl StreamHasher {
    /// The hash of nothing yet.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha256 => Engine::Sha256(Sha256::new()),
            Algorithm::Sha512 => Engine::Sha512(Sha512::new()),
        })
    }

    /// Goes on where [`StreamHasher::state`], or Go's `MarshalBinary`, left off. The caller
    /// compares [`StreamHasher::len`] with how much of the stream it has.
    ///
    /// # Errors
    /// When no hasher of that algorithm can have been in that state: hash from the start.
    pub fn resume(algorithm: Algorithm, state: &[u8]) -> Result<Self, StateError> {
        Ok(Self(match algorithm {
            Algorithm::Sha256 => Engine::Sha256(Sha256::from_parts(&Parts::from_go(state)?)),
            Algorithm::Sha512 => Engine::Sha512(Sha512::from_parts(&Parts::from_go(state)?)),
        }))
    }

    /// The hash function.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self.0 {
            Engine::Sha256(_) => Algorithm::Sha256,
            Engine::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// Whether this processor has instructions for the hash function: then hashing takes as
    /// long as copying, and not six times as long.
    #[must_use]
    pub fn is_quick(&self) -> bool {
        match self.0 {
            Engine::Sha256(_) => quick_sha256(),
            Engine::Sha512(_) => false,
        }
    }

    /// Hashes the next piece of the stream.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Engine::Sha256(engine) => engine.update(bytes),
            Engine::Sha512(engine) => engine.update(bytes),
        }
    }

    /// How many bytes of the stream were hashed so far.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.0 {
            Engine::Sha256(engine) => engine.len(),
            Engine::Sha512(engine) => engine.len(),
        }
    }

    /// Whether nothing was hashed yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The digest of the stream, which ends here.
    #[must_use]
    pub fn finish(self) -> Digest {
        match self.0 {
            Engine::Sha256(engine) => Digest::sha256(engine.finish()),
            Engine::Sha512(engine) => Digest::sha512(engine.finish()),
        }
    }

    /// Everything that [`StreamHasher::resume`] needs, byte for byte as Go's
    /// `encoding.BinaryMarshaler` of `crypto/sha256` and `crypto/sha512` writes it.
    /// distribution: storage/blobwriter_resumable.go
    #[must_use]
    pub fn state(&self) -> Vec<u8> {
        match &self.0 {
            Engine::Sha256(engine) => engine.parts().to_go(),
            Engine::Sha512(engine) => engine.parts().to_go(),
        }
    }
}

impl std::fmt::Debug for StreamHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "StreamHasher({} of {} bytes)",
            self.algorithm(),
            self.len()
        )
    }
}

// === private ===

#[cfg(target_arch = "x86_64")]
fn quick_sha256() -> bool {
    std::arch::is_x86_feature_detected!("sha")
}

#[cfg(target_arch = "aarch64")]
fn quick_sha256() -> bool {
    std::arch::is_aarch64_feature_detected!("sha2")
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const fn quick_sha256() -> bool {
    false
}

#[derive(Clone)]
enum Engine {
    Sha256(Sha256),
    Sha512(Sha512),
}
