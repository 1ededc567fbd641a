//! The body of a request.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream;
use http_body::{Body, Frame, SizeHint};
use reqwest::{RequestBuilder, Response};
use tokio::sync::watch;
use tokio::time::timeout;

use super::form::Form;
use super::problems::Failure;
use crate::observer::SentContent;

/// Bytes that are to be uploaded: they can be had from any position, and again.
pub trait UploadSource: Send + Sync {
    /// The bytes from a position to the end, in pieces that a caller can hold.
    fn open(&self, offset: u64) -> UploadBytes;
}

/// What [`UploadSource::open`] gives.
pub type UploadBytes = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// What a request carries.
#[derive(Clone)]
pub(crate) enum Content {
    Empty,
    Bytes(Bytes),
    Form(Form),
    /// So many bytes of a source, from a position on.
    Span {
        source: Arc<dyn UploadSource>,
        offset: u64,
        length: u64,
    },
}

/// A span on its way.
struct Outgoing {
    // Only ever reached through `&mut`: the lock is never waited for.
    stream: Mutex<UploadBytes>,
    left: u64,
    /// Told whenever something was taken; gone when all was.
    progress: watch::Sender<()>,
    /// Where the one who sends looks for the reason.
    failed: Arc<Mutex<Option<io::Error>>>,
}

// === impl UploadSource ===

/// What is in memory already.
impl UploadSource for Bytes {
    fn open(&self, offset: u64) -> UploadBytes {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.slice(offset.min(self.len())..);
        Box::pin(stream::iter([Ok(rest)]))
    }
}

// === impl Content ===

impl Content {
    /// What of it others may know.
    pub(super) fn told(&self) -> SentContent {
        match self {
            Self::Empty => SentContent::Nothing,
            Self::Bytes(bytes) => SentContent::Bytes(bytes.len() as u64),
            Self::Form(form) => SentContent::Form(form.told()),
            Self::Span { length, .. } => SentContent::Bytes(*length),
        }
    }

    /// Sends it, as long as something is taken now and then, and gives the head of the
    /// answer.
    pub(super) async fn send(
        &self,
        builder: RequestBuilder,
        patience: Duration,
    ) -> Result<Response, Failure> {
        let (source, offset, length) = match self {
            Self::Empty => return head(builder.send(), patience).await,
            Self::Bytes(bytes) => {
                return head(builder.body(bytes.clone()).send(), patience).await;
            }
            Self::Form(form) => {
                return head(builder.body(form.to_bytes()).send(), patience).await;
            }
            Self::Span {
                source,
                offset,
                length,
            } => (source, *offset, *length),
        };
        let (progress, mut taken) = watch::channel(());
        let failed = Arc::<Mutex<Option<io::Error>>>::default();
        let outgoing = Outgoing {
            stream: Mutex::new(source.open(offset)),
            left: length,
            progress,
            failed: Arc::clone(&failed),
        };
        let mut sending = std::pin::pin!(builder.body(reqwest::Body::wrap(outgoing)).send());
        let answer = loop {
            tokio::select! {
                answer = &mut sending => break answer.map_err(Failure::from),
                next = timeout(patience, taken.changed()) => match next {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => break head(sending, patience).await,
                    Err(_) => break Err(Failure::Stalled(patience)),
                },
            }
        };
        let failed = failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        failed.map_or(answer, |error| Err(Failure::Source(error)))
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Form(form) => form.fmt(f),
            Self::Span { offset, length, .. } => write!(f, "Span({length} from {offset})"),
        }
    }
}

async fn head(
    sending: impl Future<Output = reqwest::Result<Response>>,
    patience: Duration,
) -> Result<Response, Failure> {
    let answer = timeout(patience, sending).await;
    Ok(answer.map_err(|_| Failure::Stalled(patience))??)
}

// === impl Outgoing ===

impl Outgoing {
    fn fail(&self, error: io::Error) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let kind = error.kind();
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed = Some(error);
        Poll::Ready(Some(Err(kind.into())))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if self.left == 0 {
                return Poll::Ready(None);
            }
            let stream = self
                .stream
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner);
            let mut bytes = match ready!(stream.as_mut().poll_next(context)) {
                Some(Ok(bytes)) => bytes,
                Some(Err(error)) => return self.fail(error),
                None => return self.fail(io::ErrorKind::UnexpectedEof.into()),
            };
            if bytes.is_empty() {
                continue;
            }
            bytes.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= bytes.len() as u64;
            self.progress.send_replace(());
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
