//! Bytes to push and pull: they do not compress, are the same in every run with the same seed,
//! and any number of distinct ones can be made without hashing each from its beginning.

use bytes::Bytes;
use wharf_hash::StreamHasher;
use wharf_spec::{Algorithm, Digest};

/// A beginning that many contents share, with the state of the hash behind it.
#[derive(Clone, Debug)]
pub struct Mould {
    beginning: Bytes,
    hasher: StreamHasher,
}

/// Bytes with their digest.
#[derive(Clone, Debug)]
pub struct Content {
    /// The bytes, in two pieces.
    pub pieces: [Bytes; 2],
    /// Their digest.
    pub digest: Digest,
}

/// Contents are at least that long.
pub const SHORTEST: usize = 32;

// === impl Mould ===

impl Mould {
    /// For contents of `length` bytes, [`SHORTEST`] at least.
    #[must_use]
    pub fn new(seed: u64, length: usize) -> Self {
        Self::beginning_with(&[], seed, length)
    }

    /// The same for contents that begin with these bytes.
    #[must_use]
    pub fn beginning_with(first: &[u8], seed: u64, length: usize) -> Self {
        let mut beginning = first.to_vec();
        beginning.extend(noise(seed, length.saturating_sub(SHORTEST + first.len())));
        let mut hasher = StreamHasher::new(Algorithm::Sha256);
        hasher.update(&beginning);
        Self {
            beginning: Bytes::from(beginning),
            hasher,
        }
    }

    /// The content with that number.
    #[must_use]
    pub fn cast(&self, number: u128) -> Content {
        let end = format!("{number:0SHORTEST$x}");
        let mut hasher = self.hasher.clone();
        hasher.update(end.as_bytes());
        Content {
            pieces: [self.beginning.clone(), Bytes::from(end)],
            digest: hasher.finish(),
        }
    }
}

// === impl Content ===

impl Content {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            digest: wharf_digest(&bytes),
            pieces: [bytes, Bytes::new()],
        }
    }

    /// How many bytes it has.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.len() as u64).sum()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes from `start` up to `end`, in two pieces.
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> [Bytes; 2] {
        let [first, second] = &self.pieces;
        let cut = |piece: &Bytes, offset: usize| {
            let from = start.saturating_sub(offset).min(piece.len());
            let to = end.saturating_sub(offset).min(piece.len());
            piece.slice(from..to)
        };
        [cut(first, 0), cut(second, first.len())]
    }
}

fn wharf_digest(bytes: &[u8]) -> Digest {
    let mut hasher = StreamHasher::new(Algorithm::Sha256);
    hasher.update(bytes);
    hasher.finish()
}

/// xorshift64*: fast, and nothing that a disk or a proxy could compress.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_bytes() {
        let mould = Mould::new(1, 1000);
        let contents = [mould.cast(1), mould.cast(2)];
        for content in &contents {
            assert_eq!(content.len(), 1000);
            assert_eq!(Content::of(content.pieces.concat()).digest, content.digest);
        }
        assert_ne!(contents[0].digest, contents[1].digest);
    }

    #[test]
    fn slices_join_to_the_whole() {
        let content = Mould::new(1, 100).cast(7);
        let whole = content.pieces.concat();
        for size in 1..=100 {
            let mut joined = Vec::new();
            for start in (0..100).step_by(size) {
                joined.extend(content.slice(start, start + size).concat());
            }
            assert_eq!(joined, whole, "{size}");
        }
    }
}
