//! Request bodies with and without a length.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// hyper frames a body by its size hint: exact means `Content-Length`, else it is chunked.
pub(super) struct Outgoing {
    bytes: Bytes,
    announced: bool,
    frame: usize,
}

impl Outgoing {
    pub(super) fn sized(bytes: Bytes) -> Self {
        Self {
            announced: true,
            frame: bytes.len(),
            bytes,
        }
    }

    /// In three frames, so that there are several chunks on the wire.
    pub(super) fn streamed(bytes: Bytes) -> Self {
        Self {
            announced: false,
            frame: bytes.len().div_ceil(3),
            bytes,
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.frame.min(self.bytes.len());
        let frame = self.bytes.split_to(length);
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.announced && self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if self.announced {
            SizeHint::with_exact(self.bytes.len() as u64)
        } else {
            SizeHint::default()
        }
    }
}
