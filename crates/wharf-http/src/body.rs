//! The body of a response: payloads one after the other, of a known length.
//!
//! A file is read in pieces on the blocking pool, one piece ahead of the socket: two
//! pieces per response are in memory, whatever the file's size.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;
use wharf_store::{FileSpan, Payload};

use crate::exchange::Record;
use crate::metrics::Measured;
use crate::observer::Told;

/// Bytes on their way out.
pub(crate) struct ResponseBody {
    queue: VecDeque<Payload>,
    /// The piece that is being read, and what is left of its file.
    reading: Option<JoinHandle<io::Result<(Bytes, FileSpan)>>>,
    /// Bytes of a file that are read at once.
    piece: usize,
    remaining: u64,
    sent: u64,
    /// Written when the body ends, however it ends.
    record: Option<Record>,
    /// Ends with it.
    measured: Option<Measured>,
    /// Ends with it too.
    told: Option<Told>,
}

// === impl ResponseBody ===

impl ResponseBody {
    pub(crate) fn new(payloads: Vec<Payload>) -> Self {
        let remaining = payloads.iter().map(Payload::len).sum();
        Self {
            queue: payloads.into(),
            reading: None,
            piece: PIECE,
            remaining,
            sent: 0,
            record: None,
            measured: None,
            told: None,
        }
    }

    /// Reads files in pieces of that many bytes.
    pub(crate) fn in_pieces_of(mut self, piece: usize) -> Self {
        self.piece = piece;
        self
    }

    /// Logs the request when this body has been sent, or given up.
    pub(crate) fn record(&mut self, record: Record) {
        self.record = Some(record);
    }

    /// Measures the request to the end of this body.
    pub(crate) fn measure(&mut self, measured: Measured) {
        self.measured = Some(measured);
    }

    /// Tells of the request at the end of this body.
    pub(crate) fn tell(&mut self, told: Told) {
        self.told = Some(told);
    }

    /// Starts to read the next piece, unless the queue goes on with something else.
    fn read_ahead(&mut self, mut span: FileSpan) {
        if !span.is_empty() {
            let most = self.piece;
            self.reading = Some(tokio::task::spawn_blocking(move || {
                let piece = span.read_front(most)?;
                Ok((piece, span))
            }));
        }
    }

    fn poll_bytes(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            if let Some(reading) = &mut self.reading {
                let read = ready!(Pin::new(reading).poll(context));
                self.reading = None;
                let (piece, rest) = read.map_err(io::Error::from).and_then(|read| read)?;
                self.read_ahead(rest);
                return Poll::Ready(Some(Ok(piece)));
            }
            match self.queue.pop_front() {
                None => return Poll::Ready(None),
                Some(Payload::Bytes(bytes)) if bytes.is_empty() => {}
                Some(Payload::Bytes(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                Some(Payload::File(span)) => self.read_ahead(span),
            }
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let polled = ready!(self.poll_bytes(context));
        if let Some(Ok(bytes)) = &polled {
            self.remaining = self.remaining.saturating_sub(bytes.len() as u64);
            self.sent += bytes.len() as u64;
            if let Some(measured) = &mut self.measured {
                measured.sent(bytes.len() as u64);
            }
            if let Some(told) = &mut self.told {
                told.sent(bytes.len() as u64);
            }
        }
        if let Some(Err(error)) = &polled {
            let id = self.record.as_ref().map(|record| record.id);
            let id = id.map(tracing::field::display);
            tracing::error!(
                http.request.id = id,
                %error,
                "a stored object could not be read to its end"
            );
        }
        Poll::Ready(polled.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        if let Some(record) = self.record.take() {
            record.write(self.sent);
        }
    }
}

/// Bytes read at once: large enough that the hop to the blocking pool does not count.
const PIECE: usize = 256 << 10;
