//! What a read returns, unchanged from store to socket.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

/// Bytes that nobody between the store and the socket touches.
#[derive(Clone, Debug)]
pub enum Payload {
    /// They are in memory already.
    Bytes(Bytes),
    /// They are a part of a file: the HTTP crate decides how to send them.
    File(FileSpan),
}

/// A part of an open, immutable file.
#[derive(Clone, Debug)]
pub struct FileSpan {
    file: Arc<File>,
    offset: u64,
    len: u64,
}

// === impl Payload ===

impl Payload {
    /// How many bytes it stands for.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(span) => span.len,
        }
    }

    /// True when it stands for no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The part at `range`, which is cut to what is there.
    #[must_use]
    pub fn slice(&self, range: Range<u64>) -> Self {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        match self {
            // Both ends are at most the length of a slice in memory, so they fit.
            Self::Bytes(bytes) => Self::Bytes(bytes.slice(start as usize..end as usize)),
            Self::File(span) => Self::File(FileSpan {
                file: Arc::clone(&span.file),
                offset: span.offset + start,
                len: end - start,
            }),
        }
    }
}

// === impl FileSpan ===

impl FileSpan {
    /// The first `len` bytes of `file`.
    #[must_use]
    pub fn new(file: File, len: u64) -> Self {
        Self {
            file: Arc::new(file),
            offset: 0,
            len,
        }
    }

    /// How many bytes the span has.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// True when the span has no byte.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes up to `most` bytes off the front, reading them now. It blocks on the disk:
    /// never call it on an async worker.
    ///
    /// # Errors
    /// What the disk says; `UnexpectedEof` when the file is shorter than the span.
    pub fn read_front(&mut self, most: usize) -> io::Result<Bytes> {
        let want = most.min(usize::try_from(self.len).unwrap_or(usize::MAX));
        let mut buffer = BytesMut::zeroed(want);
        self.file.read_exact_at(&mut buffer, self.offset)?;
        self.offset += want as u64;
        self.len -= want as u64;
        Ok(buffer.freeze())
    }
}
