//! A store's object that sends what a test says, and counts who reads it.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use tokio::sync::watch;
use wharf_spec::{Algorithm, Digest};
use wharf_store::{Payload, RemoteBytes, RemoteObject, RemoteSpan};

/// It.
#[derive(Clone)]
pub(crate) struct Source {
    bytes: Bytes,
    /// What its bytes are said to be.
    pub(crate) digest: Digest,
    reads: Arc<AtomicUsize>,
    /// It sends what comes before this, and then waits.
    gate: watch::Sender<u64>,
    /// Here it breaks.
    breaks: u64,
}

struct Sending {
    source: Source,
    opened: Pin<Box<dyn Future<Output = u64> + Send>>,
    range: Range<u64>,
}

// === impl Source ===

impl Source {
    pub(crate) fn of(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            digest: wharf_hash::digest(Algorithm::Sha256, &bytes),
            bytes,
            reads: Arc::default(),
            gate: watch::Sender::new(u64::MAX),
            breaks: u64::MAX,
        }
    }

    /// `len` bytes that are those of no other `seed`.
    pub(crate) fn noise(seed: u64, len: usize) -> Self {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let bytes = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        });
        Self::of(bytes.take(len).collect::<Vec<_>>())
    }

    /// Says that it is something else.
    pub(crate) fn said_to_be(mut self, digest: Digest) -> Self {
        self.digest = digest;
        self
    }

    pub(crate) fn that_breaks_at(mut self, at: u64) -> Self {
        self.breaks = at;
        self
    }

    /// Sends no more than this, until it may.
    pub(crate) fn may_send(&self, until: u64) {
        self.gate.send_replace(until);
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// How often anybody began to read.
    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    /// As a store would open it.
    pub(crate) fn payload(&self) -> Payload {
        let object = Arc::new(self.clone());
        Payload::Remote(RemoteSpan::new(object, self.bytes.len() as u64))
    }

    fn opened(&self, at: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
        let mut gate = self.gate.subscribe();
        Box::pin(async move {
            let until = gate.wait_for(|until| *until > at).await;
            until.map_or(at, |until| *until)
        })
    }
}

impl RemoteObject for Source {
    fn bytes(&self, range: Range<u64>) -> RemoteBytes {
        self.reads.fetch_add(1, Ordering::SeqCst);
        Box::pin(Sending {
            opened: self.opened(range.start),
            source: self.clone(),
            range,
        })
    }
}

impl Stream for Sending {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let at = self.range.start;
        if at >= self.range.end {
            return Poll::Ready(None);
        }
        if at >= self.source.breaks {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
        }
        let Poll::Ready(until) = self.opened.as_mut().poll(context) else {
            return Poll::Pending;
        };
        let end = [self.range.end, until, self.source.breaks, at + FRAME];
        let end = end.into_iter().min().unwrap_or(at);
        let frame = self.source.bytes.slice(at as usize..end as usize);
        self.range.start = end;
        self.opened = self.source.opened(end);
        Poll::Ready(Some(Ok(frame)))
    }
}

/// Bytes sent at once.
const FRAME: u64 = 10_000;
