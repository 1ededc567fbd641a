//! Reading a file in pieces, one piece ahead of the socket: two pieces per response are in
//! memory, whatever the file's size.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::task::JoinHandle;
use wharf_store::FileSpan;

/// A file that is being read.
#[derive(Default)]
pub(super) struct Reading {
    next: Option<Next>,
    /// Bytes that are read at once.
    piece: usize,
}

/// The piece that comes next, and what is left of the file after it.
enum Next {
    /// The system had it in memory.
    Read(io::Result<Bytes>, FileSpan),
    /// The disk is waited for.
    Job(JoinHandle<io::Result<(Bytes, FileSpan)>>),
}

// === impl Reading ===

impl Reading {
    /// Begins with another file.
    pub(super) fn start(&mut self, span: FileSpan, piece: usize) {
        self.piece = piece;
        self.next = self.read(span);
    }

    /// The next piece; none when all has been read.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let (read, rest) = match &mut self.next {
            None => return Poll::Ready(None),
            Some(Next::Job(job)) => {
                let done = ready!(Pin::new(job).poll(context));
                match done.map_err(io::Error::from).flatten() {
                    Ok((bytes, rest)) => (Ok(bytes), Some(rest)),
                    Err(error) => (Err(error), None),
                }
            }
            Some(Next::Read(..)) => match self.next.take() {
                Some(Next::Read(read, rest)) => (read, Some(rest)),
                Some(Next::Job(_)) | None => return Poll::Ready(None),
            },
        };
        self.next = match (&read, rest) {
            (Ok(_), Some(rest)) => self.read(rest),
            (Ok(_) | Err(_), _) => None,
        };
        Poll::Ready(Some(read))
    }

    fn read(&self, mut span: FileSpan) -> Option<Next> {
        let most = self.piece;
        if span.is_empty() {
            return None;
        }
        Some(match span.read_front_now(most) {
            Ok(Some(bytes)) => Next::Read(Ok(bytes), span),
            Err(error) => Next::Read(Err(error), span),
            Ok(None) => Next::Job(tokio::task::spawn_blocking(move || {
                let bytes = span.read_front(most)?;
                Ok((bytes, span))
            })),
        })
    }
}
