//! What a read returns, unchanged from store to socket.

mod buffers;
mod remote;
mod span;

use std::ops::Range;

use bytes::Bytes;

pub use self::remote::{RemoteBytes, RemoteObject, RemoteSpan};
pub use self::span::FileSpan;

/// Bytes that nobody between the store and the socket touches.
#[derive(Clone, Debug)]
pub enum Payload {
    /// They are in memory already.
    Bytes(Bytes),
    /// They are a part of a file: the HTTP crate decides how to send them.
    File(FileSpan),
    /// They are a part of an object that another machine has.
    Remote(RemoteSpan),
}

// === impl Payload ===

impl Payload {
    /// How many bytes it stands for.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(span) => span.len(),
            Self::Remote(span) => span.len(),
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
            Self::File(span) => Self::File(span.slice(start..end)),
            Self::Remote(span) => Self::Remote(span.slice(start..end)),
        }
    }
}
