//! A part of an object that another machine has.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;

/// Bytes as they come; nothing is asked for before the first is polled.
pub type RemoteBytes = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// An immutable object of a store that is elsewhere.
pub trait RemoteObject: Send + Sync + 'static {
    /// Its bytes at `range`, which is not empty and within the object, in order.
    fn bytes(&self, range: Range<u64>) -> RemoteBytes;
}

/// A part of an object that is elsewhere. A clone starts anew.
pub struct RemoteSpan {
    object: Arc<dyn RemoteObject>,
    range: Range<u64>,
    coming: Option<RemoteBytes>,
}

// === impl RemoteSpan ===

impl RemoteSpan {
    /// The first `len` bytes of an object.
    #[must_use]
    pub fn new(object: Arc<dyn RemoteObject>, len: u64) -> Self {
        Self::of(object, 0..len)
    }

    fn of(object: Arc<dyn RemoteObject>, range: Range<u64>) -> Self {
        Self {
            object,
            range,
            coming: None,
        }
    }

    /// How many bytes are left of the span.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    /// True when no byte is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The part at `range`, which is cut to what is there.
    #[must_use]
    pub fn slice(&self, range: Range<u64>) -> Self {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        let at = self.range.start;
        Self::of(Arc::clone(&self.object), at + start..at + end)
    }

    /// The object, and which of its bytes are left of the span.
    #[must_use]
    pub fn source(&self) -> (Arc<dyn RemoteObject>, Range<u64>) {
        (Arc::clone(&self.object), self.range.clone())
    }

    /// The next bytes, taken off the front; nothing at the end.
    ///
    /// # Errors
    /// The store's; `UnexpectedEof` when the object is shorter than the span.
    pub async fn next(&mut self) -> Option<io::Result<Bytes>> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// As [`RemoteSpan::next`], for who polls.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.is_empty() {
            return Poll::Ready(None);
        }
        let (object, range) = (&self.object, &self.range);
        let coming = self
            .coming
            .get_or_insert_with(|| object.bytes(range.clone()));
        let next = ready!(coming.as_mut().poll_next(context));
        Poll::Ready(Some(match next {
            Some(Ok(mut bytes)) => {
                // Whoever sends more than was asked for is not believed.
                bytes.truncate(usize::try_from(self.len()).unwrap_or(usize::MAX));
                self.range.start += bytes.len() as u64;
                Ok(bytes)
            }
            Some(Err(error)) => Err(error),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }))
    }
}

impl Clone for RemoteSpan {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.object), self.range.clone())
    }
}

impl fmt::Debug for RemoteSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RemoteSpan").field(&self.range).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends so many frames of three bytes each, whatever is asked for.
    struct Text(&'static str, usize);

    struct Frames(Vec<Bytes>);

    impl Stream for Frames {
        type Item = io::Result<Bytes>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.pop().map(Ok))
        }
    }

    impl RemoteObject for Text {
        fn bytes(&self, range: Range<u64>) -> RemoteBytes {
            let text = self.0.get(range.start as usize..).unwrap();
            let sent = text.as_bytes().chunks(3).take(self.1);
            let frames = sent.rev().map(Bytes::from_static);
            Box::pin(Frames(frames.collect()))
        }
    }

    async fn read(mut span: RemoteSpan) -> io::Result<String> {
        let mut text = Vec::new();
        while let Some(frame) = span.next().await {
            text.extend_from_slice(&frame?);
        }
        Ok(String::from_utf8(text).unwrap())
    }

    #[tokio::test]
    async fn parts_are_what_they_say() {
        let whole = RemoteSpan::new(Arc::new(Text("0123456789", 2)), 10);
        assert_eq!((whole.len(), whole.is_empty()), (10, false));
        let part = whole.slice(2..8).slice(1..5);
        assert_eq!(part.len(), 4);
        // Twice: a clone starts anew. More was sent than asked for.
        assert_eq!(read(part.clone()).await.unwrap(), "3456");
        assert_eq!(read(part).await.unwrap(), "3456");
        assert_eq!(read(whole.slice(7..99)).await.unwrap(), "789");
        assert_eq!(read(whole.slice(10..99)).await.unwrap(), "");
        let short = read(whole).await.unwrap_err();
        assert_eq!(short.kind(), io::ErrorKind::UnexpectedEof);
    }
}
