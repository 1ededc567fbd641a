//! The state of a hasher as Go saves it.

/// What a SHA-2 hasher knows of the stream so far.
pub(crate) struct Parts<W, const BLOCK: usize> {
    /// The chaining value after the last whole block.
    pub(crate) words: [W; 8],
    /// The beginning of the next block; zero where nothing came yet.
    pub(crate) block: [u8; BLOCK],
    /// The bytes of the stream so far, less than [`MOST_BYTES`].
    pub(crate) len: u64,
}

/// Why some bytes are not a saved state.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StateError {
    /// There are too few or too many of them.
    #[error("a saved hash state has {expected} bytes, not {found}")]
    WrongLength {
        /// How many the algorithm needs.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// They do not start as the algorithm's states do.
    #[error("this is not a saved state of that hash")]
    WrongMagic,
    /// The length of the stream does not go with the rest.
    #[error("the saved hash state contradicts itself")]
    Inconsistent,
}

/// The word of a SHA-2 variant, and the mark of its states.
pub(crate) trait Word: Copy {
    /// Go: `magic256` and `magic512` in crypto/internal/fips140
    const MAGIC: &'static [u8; 4];
    fn write(self, out: &mut Vec<u8>);
    /// `None` when there are not enough bytes.
    fn split(bytes: &[u8]) -> Option<(Self, &[u8])>;
}

/// SHA-256 counts bits in 64 bits, so no stream is longer.
const MOST_BYTES: u64 = 1 << 61;

// === impl Parts ===

impl<W: Word, const BLOCK: usize> Parts<W, BLOCK> {
    const SIZE: usize = W::MAGIC.len() + 8 * size_of::<W>() + BLOCK + size_of::<u64>();

    /// Go: `MarshalBinary` in crypto/internal/fips140/sha256 and sha512
    pub(crate) fn to_go(&self) -> Vec<u8> {
        let mut state = Vec::with_capacity(Self::SIZE);
        state.extend(W::MAGIC);
        self.words.iter().for_each(|word| word.write(&mut state));
        state.extend(self.block);
        state.extend(self.len.to_be_bytes());
        state
    }

    /// Stricter than Go's `UnmarshalBinary`: what Go writes behind the end of the stream is
    /// zero, so anything else there is damage.
    pub(crate) fn from_go(state: &[u8]) -> Result<Self, StateError> {
        let wrong_length = StateError::WrongLength {
            expected: Self::SIZE,
            found: state.len(),
        };
        if state.len() != Self::SIZE {
            return Err(wrong_length);
        }
        let rest = state.strip_prefix(W::MAGIC).ok_or(StateError::WrongMagic)?;
        let (words, rest) = split_words(rest).ok_or(wrong_length)?;
        let (block, rest) = rest.split_first_chunk::<BLOCK>().ok_or(wrong_length)?;
        let len = u64::from_be_bytes(rest.try_into().map_err(|_| wrong_length)?);
        let filled = (len % BLOCK as u64) as usize;
        if len < MOST_BYTES && block.iter().skip(filled).all(|byte| *byte == 0) {
            Ok(Self {
                words,
                block: *block,
                len,
            })
        } else {
            Err(StateError::Inconsistent)
        }
    }
}

fn split_words<W: Word>(bytes: &[u8]) -> Option<([W; 8], &[u8])> {
    let (first, mut rest) = W::split(bytes)?;
    let mut words = [first; 8];
    for word in words.iter_mut().skip(1) {
        (*word, rest) = W::split(rest)?;
    }
    Some((words, rest))
}

// === impl Word ===

impl Word for u32 {
    const MAGIC: &'static [u8; 4] = b"sha\x03";

    fn write(self, out: &mut Vec<u8>) {
        out.extend(self.to_be_bytes());
    }

    fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (word, rest) = bytes.split_first_chunk()?;
        Some((Self::from_be_bytes(*word), rest))
    }
}

impl Word for u64 {
    const MAGIC: &'static [u8; 4] = b"sha\x07";

    fn write(self, out: &mut Vec<u8>) {
        out.extend(self.to_be_bytes());
    }

    fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (word, rest) = bytes.split_first_chunk()?;
        Some((Self::from_be_bytes(*word), rest))
    }
}
