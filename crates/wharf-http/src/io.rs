//! A connection's bytes, with a limit on how long a client may refuse to take any, and parts
//! of files among them.

mod delivery;
mod promise;
mod transport;

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use self::delivery::Delivery;

pub(crate) use self::promise::{Promise, Promises};
pub(crate) use self::transport::Transport;

/// A connection whose writes may not stall for longer than a limit. Reads have their limits
/// where it is known what is waited for: hyper's on heads, ours on handshakes and bodies.
#[derive(Debug)]
pub(crate) struct Socket {
    transport: Transport,
    /// Bytes that were looked at and are still to be read.
    seen: BytesMut,
    delivery: Delivery,
    stall: Duration,
    /// Since when the client has taken nothing, if it should.
    stalled: Option<Instant>,
    /// Goes off when that may have been too long.
    timer: Option<Pin<Box<Sleep>>>,
}

// === impl Socket ===

impl Socket {
    pub(crate) fn new(transport: Transport, stall: Duration) -> Self {
        Self {
            transport,
            seen: BytesMut::new(),
            delivery: Delivery::new(Promises::default()),
            stall,
            stalled: None,
            timer: None,
        }
    }

    /// By which parts of files can be put among the bytes that are written to this very
    /// socket.
    pub(crate) fn promises(&self) -> Promises {
        self.delivery.promises().clone()
    }

    /// Reads until `judge` has seen enough, and leaves the bytes to be read again. `None`
    /// when the client has said too little and closes its side.
    pub(crate) async fn look_ahead<T>(
        &mut self,
        judge: impl Fn(&[u8]) -> Option<T>,
    ) -> io::Result<Option<T>> {
        loop {
            if let Some(judgement) = judge(&self.seen) {
                return Ok(Some(judgement));
            }
            let read = match &mut self.transport {
                Transport::Tcp(stream) => stream.read_buf(&mut self.seen).await?,
                Transport::Unix(stream) => stream.read_buf(&mut self.seen).await?,
            };
            if read == 0 {
                return Ok(None);
            }
        }
    }

    fn watch<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        // The timer is set again only when it goes off: a client that takes pieces of an
        // answer stalls for a moment after each.
        let stalled = *self.stalled.get_or_insert_with(Instant::now);
        let limit = stalled + self.stall;
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(limit)));
        while timer.as_mut().poll(context).is_ready() {
            if timer.deadline() >= limit {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            timer.as_mut().reset(limit);
        }
        Poll::Pending
    }

    /// Writes what stands before the first promise, or what was promised.
    fn poll_write_or_send(
        &mut self,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let promised = slices
            .iter()
            .position(|slice| promise::is_place_holder(slice));
        if self.delivery.is_broken_by(promised) {
            return Poll::Ready(Err(io::Error::other(
                "what is to be written is not what was promised",
            )));
        }
        match promised {
            None => self.transport.poll_write_vectored(context, slices),
            Some(0) => {
                let run = slices
                    .iter()
                    .take_while(|slice| promise::is_place_holder(slice));
                let most = run.map(|slice| slice.len()).sum();
                self.delivery.poll_send(context, &mut self.transport, most)
            }
            Some(_) => {
                let first = slices.first().map_or(&[][..], |slice| slice);
                self.transport.poll_write_before_more(context, first)
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.seen.is_empty() {
            let take = self.seen.len().min(buffer.remaining());
            buffer.put_slice(self.seen.get(..take).unwrap_or_default());
            self.seen.advance(take);
            if self.seen.is_empty() {
                self.seen = BytesMut::new();
            }
            return Poll::Ready(Ok(()));
        }
        self.transport.poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport.poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.poll_write_or_send(context, slices);
        self.watch(written, context)
    }
}

#[cfg(test)]
mod tests;
