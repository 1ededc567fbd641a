//! A connection's bytes, with a limit on how long a client may refuse to take any.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::Sleep;

/// What the system gives us.
#[derive(Debug)]
pub(crate) enum Transport {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A connection whose writes may not stall for longer than a limit. Reads have their limits
/// where it is known what is waited for: hyper's on heads, ours on handshakes and bodies.
#[derive(Debug)]
pub(crate) struct Socket {
    transport: Transport,
    /// Bytes that were looked at and are still to be read.
    seen: BytesMut,
    stall: Duration,
    /// Armed while the client takes nothing.
    timer: Option<Pin<Box<Sleep>>>,
}

// === impl Socket ===

impl Socket {
    pub(crate) fn new(transport: Transport, stall: Duration) -> Self {
        Self {
            transport,
            seen: BytesMut::new(),
            stall,
            timer: None,
        }
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
            self.timer = None;
            return written;
        }
        let stall = self.stall;
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(stall)));
        match timer.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
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
        match &mut self.transport {
            Transport::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Transport::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = match &mut self.transport {
            Transport::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Transport::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        };
        self.watch(written, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Transport::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Transport::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = match &mut self.transport {
            Transport::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Transport::Unix(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        };
        self.watch(written, context)
    }
}
