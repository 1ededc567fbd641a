//! Sending parts of files from the system's memory to a socket.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::task::JoinHandle;
use wharf_store::FileSpan;

use super::promise::Promises;
use super::transport::Transport;

/// Keeps the promises of a connection, one after the other.
#[derive(Debug)]
pub(super) struct Delivery {
    promises: Promises,
    step: Step,
    /// Bytes at the front of the span that are known to be in memory.
    in_memory: usize,
    /// Bytes that are looked for in memory next: the more, the longer nothing was missing.
    reach: usize,
    /// Bytes sent since others could run on this thread.
    burst: usize,
}

#[derive(Debug)]
enum Step {
    /// Nothing is being sent.
    Idle,
    /// The file goes straight into the socket.
    Sending(FileSpan),
    /// The next part of the file is read from the disk.
    Waiting(JoinHandle<io::Result<FileSpan>>),
    /// The file system cannot send: the next part is read into our memory.
    Reading(JoinHandle<io::Result<(Bytes, FileSpan)>>),
    /// That part is written as any other bytes.
    Writing(Bytes, FileSpan),
}

// === impl Delivery ===

impl Delivery {
    pub(super) fn new(promises: Promises) -> Self {
        Self {
            promises,
            step: Step::Idle,
            in_memory: 0,
            reach: WINDOW,
            burst: 0,
        }
    }

    pub(super) const fn promises(&self) -> &Promises {
        &self.promises
    }

    /// Sends up to `most` of the bytes that were promised next.
    pub(super) fn poll_send(
        &mut self,
        context: &mut Context<'_>,
        transport: &mut Transport,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        loop {
            match &mut self.step {
                Step::Idle => {
                    let span = self.promises.next().ok_or_else(nothing_promised)?;
                    self.in_memory = 0;
                    self.step = Step::Sending(span);
                }
                Step::Sending(span) => {
                    if self.burst >= BURST {
                        self.burst = 0;
                        context.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    if self.in_memory == 0 {
                        let front = front(span, self.reach);
                        if !span.is_in_memory(front) {
                            self.reach = WINDOW;
                            let span = span.clone();
                            self.step = Step::Waiting(tokio::task::spawn_blocking(move || {
                                span.bring_into_memory(WINDOW)?;
                                Ok(span)
                            }));
                            continue;
                        }
                        self.in_memory = front;
                        self.reach = FARTHEST.min(self.reach * 2);
                    }
                    let most = most.min(self.in_memory);
                    let sent =
                        transport.poll_write_with(context, |socket| span.send_front(socket, most));
                    let sent = match sent {
                        Poll::Pending => {
                            self.burst = 0;
                            return Poll::Pending;
                        }
                        Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Unsupported => {
                            let span = span.clone();
                            self.step = Step::reading(span);
                            continue;
                        }
                        Poll::Ready(sent) => sent?,
                    };
                    if sent == 0 {
                        let cut_short = io::ErrorKind::UnexpectedEof.into();
                        return Poll::Ready(Err(unreadable(cut_short)));
                    }
                    self.burst += sent;
                    self.in_memory -= sent;
                    if span.is_empty() {
                        self.step = Step::Idle;
                    }
                    return self.kept(sent);
                }
                Step::Waiting(reading) => {
                    let read = ready!(Pin::new(reading).poll(context)).map_err(io::Error::from);
                    let span = read.flatten().map_err(unreadable)?;
                    self.in_memory = front(&span, WINDOW);
                    self.step = Step::Sending(span);
                }
                Step::Reading(reading) => {
                    let read = ready!(Pin::new(reading).poll(context)).map_err(io::Error::from);
                    let (bytes, rest) = read.flatten().map_err(unreadable)?;
                    self.step = Step::Writing(bytes, rest);
                }
                Step::Writing(bytes, rest) => {
                    let most = bytes.get(..most.min(bytes.len())).unwrap_or_default();
                    let sent = ready!(transport.poll_write(context, most))?;
                    bytes.advance(sent);
                    if bytes.is_empty() {
                        self.step = if rest.is_empty() {
                            Step::Idle
                        } else {
                            Step::reading(rest.clone())
                        };
                    }
                    return self.kept(sent);
                }
            }
        }
    }

    /// Whether something would be written that was not promised: the first promise among
    /// what is to be written stands at `promised`.
    pub(super) fn is_broken_by(&self, promised: Option<usize>) -> bool {
        let under_way = match self.step {
            Step::Idle => false,
            Step::Sending(_) | Step::Waiting(_) | Step::Reading(_) | Step::Writing(..) => true,
        };
        (under_way && promised != Some(0)) || self.promises.are_broken()
    }

    fn kept(&self, sent: usize) -> Poll<io::Result<usize>> {
        self.promises.keep(sent);
        Poll::Ready(Ok(sent))
    }
}

// === impl Step ===

impl Step {
    fn reading(mut span: FileSpan) -> Self {
        Self::Reading(tokio::task::spawn_blocking(move || {
            let bytes = span.read_front(PIECE)?;
            Ok((bytes, span))
        }))
    }
}

/// As much of `most` bytes as the span has.
fn front(span: &FileSpan, most: usize) -> usize {
    usize::try_from(span.len()).map_or(most, |len| len.min(most))
}

fn nothing_promised() -> io::Error {
    io::Error::other("a place holder without a promise was to be sent")
}

/// The client has been told a length: all that is left is to close the connection.
fn unreadable(error: io::Error) -> io::Error {
    tracing::error!(%error, "a stored object could not be read to its end");
    error
}

/// Bytes that are looked for in memory at first, and read from the disk at once.
const WINDOW: usize = 1 << 20;
/// Bytes that are looked for in memory, and sent, at once at most. The fewer there are, the more
/// packets are sent that are not full; the more, the likelier something is missing in between.
const FARTHEST: usize = 8 << 20;
/// A client that takes everything at once must not keep a thread from all others.
const BURST: usize = 8 << 20;
/// Bytes in our memory, where the file system cannot do without.
const PIECE: usize = 256 << 10;
