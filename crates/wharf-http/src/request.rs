//! The body of a request, as the domain takes it.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use hyper::body::Incoming;
use metrics::Counter;
use tokio::time::Sleep;
use wharf_registry::{Error, Frames};

use crate::budget::Share;
use crate::error::Failure;
use crate::head::Head;

/// A body cannot be had as a whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BodyError {
    TooLarge,
    /// It came a little at a time, for too long.
    Slow,
    Interrupted,
}

/// The body of a request, with a limit on stalls.
pub(crate) struct RequestBody {
    incoming: Incoming,
    stall: Duration,
    /// Counts the bytes that come.
    received: Counter,
    /// Armed while a frame is waited for.
    timer: Option<Pin<Box<Sleep>>>,
    state: State,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum State {
    Untouched,
    Flowing,
    Ended,
}

// === impl RequestBody ===

impl RequestBody {
    pub(crate) fn new(incoming: Incoming, stall: Duration) -> Self {
        let state = if incoming.is_end_stream() {
            State::Ended
        } else {
            State::Untouched
        };
        Self {
            incoming,
            stall,
            received: Counter::noop(),
            timer: None,
            state,
        }
    }

    /// Counts what comes.
    pub(crate) fn count(&mut self, received: Counter) {
        self.received = received;
    }

    /// True when the client said that there is no body.
    pub(crate) fn is_empty(&self) -> bool {
        self.state == State::Ended
    }

    /// All of the body, if it has at most `limit` bytes and all bodies together leave room.
    pub(crate) async fn collect(
        &mut self,
        limit: usize,
        mut share: Share<'_>,
    ) -> Result<Bytes, Failure> {
        let mut collected = BytesMut::new();
        while let Some(frame) = self.next().await {
            let frame = frame.map_err(Error::Interrupted)?;
            if collected.len() + frame.len() > limit {
                return Err(Failure::manifest_too_large(limit));
            }
            if !share.grow(frame.len()) {
                return Err(Failure::too_many_manifests());
            }
            if collected.is_empty() && self.state == State::Ended {
                return Ok(frame);
            }
            collected.extend_from_slice(&frame);
        }
        Ok(collected.freeze())
    }

    /// All of a small body. Anybody may send one, so it has to come at once: else a byte now and
    /// then would keep a connection.
    pub(crate) async fn collect_at_most(&mut self, limit: usize) -> Result<Bytes, BodyError> {
        let patience = self.stall.min(COLLECT_TIME);
        let collected = tokio::time::timeout(patience, self.collect_all(limit)).await;
        collected.unwrap_or(Err(BodyError::Slow))
    }

    async fn collect_all(&mut self, limit: usize) -> Result<Bytes, BodyError> {
        let mut collected = BytesMut::new();
        while let Some(frame) = self.next().await {
            let frame = frame.map_err(|_| BodyError::Interrupted)?;
            if collected.len() + frame.len() > limit {
                return Err(BodyError::TooLarge);
            }
            collected.extend_from_slice(&frame);
        }
        Ok(collected.freeze())
    }

    /// Reads what nobody wanted, within bounds, so that the client comes to read the answer
    /// and may ask again on this connection; false when that was not the end of it. A client
    /// that waits for a sign (`Expect: 100-continue`) must not be given it here.
    #[must_use]
    pub(crate) async fn drain(&mut self, head: &Head) -> bool {
        if self.state == State::Untouched && head.expects_continue() {
            return false;
        }
        let reading = async {
            let mut drained = 0;
            while drained < DRAIN_LIMIT
                && let Some(Ok(frame)) = self.next().await
            {
                drained += frame.len();
            }
        };
        let read = tokio::time::timeout(DRAIN_TIME, reading).await;
        read.is_ok() && self.state == State::Ended
    }

    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        std::future::poll_fn(|context| self.poll_frame(context)).await
    }

    fn poll_incoming(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            match Pin::new(&mut self.incoming).poll_frame(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Some(Err(io::Error::other(error))));
                }
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(bytes) if bytes.is_empty() => {}
                    Ok(bytes) => return Poll::Ready(Some(Ok(bytes))),
                    // Trailers say nothing that the API knows.
                    Err(_) => {}
                },
            }
        }
    }
}

impl Frames for RequestBody {
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.state == State::Ended {
            return Poll::Ready(None);
        }
        self.state = State::Flowing;
        match self.poll_incoming(context) {
            Poll::Ready(frame) => {
                self.timer = None;
                if let Some(Ok(bytes)) = &frame {
                    self.received.increment(bytes.len() as u64);
                }
                if !matches!(frame, Some(Ok(_))) || self.incoming.is_end_stream() {
                    self.state = State::Ended;
                }
                Poll::Ready(frame)
            }
            Poll::Pending => {
                let stall = self.stall;
                let timer = self
                    .timer
                    .get_or_insert_with(|| Box::pin(tokio::time::sleep(stall)));
                match timer.as_mut().poll(context) {
                    Poll::Pending => Poll::Pending,
                    Poll::Ready(()) => {
                        self.state = State::Ended;
                        Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())))
                    }
                }
            }
        }
    }
}

/// For all of a small body.
const COLLECT_TIME: Duration = Duration::from_secs(30);
/// How much of a refused body is read.
const DRAIN_LIMIT: usize = 8 << 20;
/// For how long.
const DRAIN_TIME: Duration = Duration::from_secs(2);
