//! A request on its way in: the head as parsed once, and the body as the domain takes it.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use http::{HeaderMap, HeaderName};
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::Sleep;
use wharf_registry::{Error, Frames};
use wharf_spec::{Accept, Query};

use crate::budget::Share;
use crate::error::Failure;

/// The head of a request.
pub(crate) struct Head {
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
}

/// The body of a request, with a limit on stalls.
pub(crate) struct RequestBody {
    incoming: Incoming,
    stall: Duration,
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

// === impl Head ===

impl Head {
    /// The header's text, if it is there once or more and is text.
    pub(crate) fn text(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// How long the client says the body is.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.text(&CONTENT_LENGTH)
            .and_then(|text| text.parse().ok())
    }

    /// What the client says the body is.
    pub(crate) fn content_type(&self) -> Option<&str> {
        self.text(&CONTENT_TYPE)
    }

    /// Which manifests the client takes.
    pub(crate) fn accept(&self) -> Accept {
        Accept::parse(
            self.headers
                .get_all(ACCEPT)
                .iter()
                .filter_map(|value| value.to_str().ok()),
        )
    }

    /// True when the client waits for a sign before it sends the body.
    pub(crate) fn expects_continue(&self) -> bool {
        self.headers.contains_key(EXPECT)
    }
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
            timer: None,
            state,
        }
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

    /// Reads what a refused client is still sending, within bounds, so that it comes to
    /// read the answer instead of being cut off. One that waits for a sign
    /// (`Expect: 100-continue`) must not be given it here.
    pub(crate) async fn drain(&mut self, head: &Head) {
        if self.state == State::Untouched && head.expects_continue() {
            return;
        }
        let reading = async {
            let mut drained = 0;
            while drained < DRAIN_LIMIT
                && let Some(Ok(frame)) = self.next().await
            {
                drained += frame.len();
            }
        };
        // Not reading to the end only means that the connection closes after the answer.
        let _ = tokio::time::timeout(DRAIN_TIME, reading).await;
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

/// How much of a refused body is read.
const DRAIN_LIMIT: usize = 8 << 20;
/// For how long.
const DRAIN_TIME: Duration = Duration::from_secs(2);
