//! Bodies as clients send them: in pieces, broken off, stuck, or long.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::mpsc;
use wharf_registry::Frames;

/// Frames that are all there.
pub(crate) struct Pieces(VecDeque<io::Result<Bytes>>);

/// Frames that a test sends while the request runs. It ends when the sender is dropped.
pub(crate) struct Live(mpsc::Receiver<Bytes>);

/// Frames that are made as they are asked for, and counted for as long as they live.
pub(crate) struct Counted {
    left: usize,
    size: usize,
    alive: Arc<AtomicUsize>,
    /// The most frames that were alive at once.
    pub(crate) most_alive: usize,
}

struct CountedFrame {
    bytes: Vec<u8>,
    alive: Arc<AtomicUsize>,
}

// === impl Pieces ===

impl Pieces {
    pub(crate) fn new<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let pieces = pieces.into_iter();
        Self(
            pieces
                .map(|piece| Ok(Bytes::copy_from_slice(piece)))
                .collect(),
        )
    }

    /// One piece, after which the connection is lost.
    pub(crate) fn broken_after(piece: &[u8]) -> Self {
        let mut pieces = Self::new([piece]);
        pieces
            .0
            .push_back(Err(io::ErrorKind::ConnectionReset.into()));
        pieces
    }
}

impl Frames for Pieces {
    fn poll_frame(&mut self, _: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        Poll::Ready(self.0.pop_front())
    }
}

// === impl Live ===

impl Live {
    pub(crate) fn new() -> (mpsc::Sender<Bytes>, Self) {
        let (sender, receiver) = mpsc::channel(16);
        (sender, Self(receiver))
    }
}

impl Frames for Live {
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        self.0.poll_recv(context).map(|frame| frame.map(Ok))
    }
}

// === impl Counted ===

impl Counted {
    pub(crate) fn new(frames: usize, size: usize) -> Self {
        Self {
            left: frames,
            size,
            alive: Arc::default(),
            most_alive: 0,
        }
    }

    /// The frame of which so many follow.
    pub(crate) fn content(left: usize, size: usize) -> Vec<u8> {
        (0..size).map(|at| (at + left) as u8).collect()
    }
}

impl Frames for Counted {
    fn poll_frame(&mut self, _: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let Some(left) = self.left.checked_sub(1) else {
            return Poll::Ready(None);
        };
        self.left = left;
        let alive = self.alive.fetch_add(1, Ordering::AcqRel) + 1;
        self.most_alive = self.most_alive.max(alive);
        let frame = CountedFrame {
            bytes: Self::content(left, self.size),
            alive: Arc::clone(&self.alive),
        };
        Poll::Ready(Some(Ok(Bytes::from_owner(frame))))
    }
}

impl AsRef<[u8]> for CountedFrame {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for CountedFrame {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::AcqRel);
    }
}
