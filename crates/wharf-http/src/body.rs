//! The body of a response: payloads one after the other, of a known length.

mod account;
mod chunk;
mod reading;

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf as _;
use http_body::{Body, Frame, SizeHint};
use uuid::Uuid;
use wharf_store::{Payload, RemoteSpan};

use self::reading::Reading;
use crate::io::Promises;

pub(crate) use self::account::{Account, Entries};
pub(crate) use self::chunk::Chunk;

/// Bytes on their way out.
pub(crate) struct ResponseBody {
    queue: VecDeque<Payload>,
    files: Files,
    reading: Reading,
    /// What another machine has, and sends.
    coming: Option<RemoteSpan>,
    remaining: u64,
    request: Option<Uuid>,
    account: Account,
}

/// How files are sent.
enum Files {
    /// They are read in pieces of that many bytes.
    Read(usize),
    /// Their connection sends them by itself.
    Promise(Promises),
}

// === impl ResponseBody ===

impl ResponseBody {
    pub(crate) fn new(payloads: Vec<Payload>) -> Self {
        let remaining = payloads.iter().map(Payload::len).sum();
        Self {
            queue: payloads.into(),
            files: Files::Read(PIECE),
            reading: Reading::default(),
            coming: None,
            remaining,
            request: None,
            account: Account::default(),
        }
    }

    /// Reads files in pieces of that many bytes.
    pub(crate) fn in_pieces_of(self, piece: usize) -> Self {
        Self {
            files: Files::Read(piece),
            ..self
        }
    }

    /// Leaves files to the connection of `promises`.
    pub(crate) fn promised(self, promises: Promises) -> Self {
        Self {
            files: Files::Promise(promises),
            ..self
        }
    }

    /// Tells what is sent, and the end, of the request with this number.
    pub(crate) fn account(&mut self, request: Uuid, account: Account) {
        self.request = Some(request);
        self.account = account;
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Chunk>>> {
        loop {
            if let Some(span) = &mut self.coming {
                match ready!(span.poll_next(context)) {
                    None => self.coming = None,
                    Some(read) => {
                        let chunk = read.map(|bytes| Chunk::bytes(bytes, self.account.clone()));
                        return Poll::Ready(Some(chunk));
                    }
                }
            }
            if let Some(read) = ready!(self.reading.poll(context)) {
                let chunk = read.map(|bytes| Chunk::bytes(bytes, self.account.clone()));
                return Poll::Ready(Some(chunk));
            }
            match (self.queue.pop_front(), &self.files) {
                (None, _) => return Poll::Ready(None),
                (Some(payload), _) if payload.is_empty() => {}
                (Some(Payload::Bytes(bytes)), _) => {
                    let chunk = Chunk::bytes(bytes, self.account.clone());
                    return Poll::Ready(Some(Ok(chunk)));
                }
                (Some(Payload::Remote(span)), _) => self.coming = Some(span),
                (Some(Payload::File(span)), Files::Promise(promises))
                    if span.len() >= WORTH_PROMISING =>
                {
                    let chunk = Chunk::promise(promises.promise(span), self.account.clone());
                    return Poll::Ready(Some(Ok(chunk)));
                }
                (Some(Payload::File(span)), Files::Promise(_)) => self.reading.start(span, PIECE),
                (Some(Payload::File(span)), Files::Read(piece)) => self.reading.start(span, *piece),
            }
        }
    }
}

impl Body for ResponseBody {
    type Data = Chunk;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Chunk>, io::Error>>> {
        let polled = ready!(self.poll_chunk(context));
        match &polled {
            Some(Ok(chunk)) => {
                self.remaining = self.remaining.saturating_sub(chunk.remaining() as u64);
            }
            Some(Err(error)) => {
                let id = self.request.map(tracing::field::display);
                tracing::error!(
                    http.request.id = id,
                    %error,
                    "a stored object could not be read to its end"
                );
            }
            None => {}
        }
        Poll::Ready(polled.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

/// Bytes read at once: large enough that the hop to the blocking pool does not count.
const PIECE: usize = 256 << 10;
/// Shorter parts of files are copied for less than it takes to promise them.
const WORTH_PROMISING: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::Arc;

    use bytes::Bytes;
    use futures_core::Stream;
    use http_body_util::BodyExt as _;
    use wharf_store::{RemoteBytes, RemoteObject};

    use super::*;

    /// Sends what it is asked for, byte by byte, and then breaks.
    struct Elsewhere;

    struct Coming(Range<u64>);

    impl Stream for Coming {
        type Item = io::Result<Bytes>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            let next = self.0.next().map(|at| match at {
                0..10 => Ok(Bytes::from(at.to_string())),
                _ => Err(io::ErrorKind::ConnectionReset.into()),
            });
            Poll::Ready(next)
        }
    }

    impl RemoteObject for Elsewhere {
        fn bytes(&self, range: Range<u64>) -> RemoteBytes {
            Box::pin(Coming(range))
        }
    }

    #[tokio::test]
    async fn what_another_machine_has_comes_between_what_is_here() {
        let span = RemoteSpan::new(Arc::new(Elsewhere), 20);
        let here = |text: &'static str| Payload::Bytes(Bytes::from_static(text.as_bytes()));
        let parts = vec![here("<"), Payload::Remote(span.slice(3..7)), here(">")];
        let body = ResponseBody::new(parts);
        assert_eq!(body.size_hint().exact(), Some(6));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "<3456>");
        // It breaks, and so does the answer.
        let body = ResponseBody::new(vec![Payload::Remote(span), here(">")]);
        assert!(body.collect().await.is_err());
    }
}
