//! What goes on on a connection, so that it can be seen whether anything does.
//!
//! A client of HTTP/2 takes answers by granting windows: one that grants none leaves its
//! answers in our memory while the socket shows nothing wrong. So every piece of an answer
//! tells when it is written out.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes};
use http_body::{Body, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use crate::body::ResponseBody;

/// What is under way on a connection.
pub(super) struct Traffic {
    // Guards a few numbers, for a moment.
    state: Mutex<State>,
}

struct State {
    requests: usize,
    /// Pieces of answers that the client has not taken.
    pieces: usize,
    /// When a request began or ended, or a piece was taken.
    last: Instant,
}

/// For how long nothing has gone on, and who is to blame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Standstill {
    /// The client takes none of its answers.
    Delivering(Duration),
    /// The client asks nothing.
    Silent(Duration),
    /// We are at work on requests.
    Working,
}

/// A request that has come and whose answer is not yet taken.
pub(super) struct Ticket {
    traffic: Arc<Traffic>,
}

/// The body of an answer, in pieces that are counted until they are written out.
pub(crate) struct Delivered {
    body: ResponseBody,
    /// What the body gave last and is not handed on.
    rest: Bytes,
    hold: Arc<Hold>,
}

/// What an answer holds until it is written out, or dropped.
struct Hold {
    ticket: Ticket,
    _room: Option<OwnedSemaphorePermit>,
}

/// Bytes on their way, as long as they are in our memory.
struct Piece {
    bytes: Bytes,
    hold: Arc<Hold>,
}

// === impl Traffic ===

impl Traffic {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                requests: 0,
                pieces: 0,
                last: Instant::now(),
            }),
        })
    }

    /// Counts a request until its answer is taken.
    pub(super) fn begin(self: &Arc<Self>) -> Ticket {
        self.change(|state| state.requests += 1);
        Ticket {
            traffic: Arc::clone(self),
        }
    }

    pub(super) fn standstill(&self) -> Standstill {
        let state = self.state();
        let since = state.last.elapsed();
        if state.pieces > 0 {
            Standstill::Delivering(since)
        } else if state.requests > 0 {
            Standstill::Working
        } else {
            Standstill::Silent(since)
        }
    }

    fn hand_over(&self) {
        let mut state = self.state();
        if state.pieces == 0 {
            state.last = Instant::now();
        }
        state.pieces += 1;
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.last = Instant::now();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.traffic.change(|state| state.requests -= 1);
    }
}

// === impl Delivered ===

impl Delivered {
    pub(super) fn new(
        body: ResponseBody,
        ticket: Ticket,
        room: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            body: body.in_pieces_of(READ),
            rest: Bytes::new(),
            hold: Arc::new(Hold {
                ticket,
                _room: room,
            }),
        }
    }

    fn cut(&mut self) -> Bytes {
        let bytes = self.rest.split_to(self.rest.len().min(PIECE));
        self.hold.ticket.traffic.hand_over();
        Bytes::from_owner(Piece {
            bytes,
            hold: Arc::clone(&self.hold),
        })
    }
}

impl Body for Delivered {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(mut chunk) => self.rest = chunk.copy_to_bytes(chunk.remaining()),
                    // There are no trailers.
                    Err(_) => return Poll::Ready(None),
                },
            }
        }
        Poll::Ready(Some(Ok(Frame::data(self.cut()))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        match self.body.size_hint().exact() {
            Some(body) => SizeHint::with_exact(body + rest),
            None => SizeHint::default(),
        }
    }
}

// === impl Piece ===

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.hold.ticket.traffic.change(|state| state.pieces -= 1);
    }
}

/// Bytes of a file at once: less than for HTTP/1.1, since a connection has many answers.
const READ: usize = 64 << 10;
/// A frame of the size that clients take without being asked (RFC 9113, section 4.2).
const PIECE: usize = 16 << 10;
