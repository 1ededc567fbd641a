//! Bodies on their way in, without HTTP.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;

/// Bytes that arrive in frames, at their sender's pace.
pub trait Frames: Send + Unpin {
    /// The next frame; `None` at the end. An error means that the sender is gone.
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>>;
}

/// A body without bytes.
#[derive(Clone, Copy, Debug)]
pub struct NoFrames;

/// Waits for the next frame.
pub(crate) struct NextFrame<'a, F: ?Sized>(pub(crate) &'a mut F);

// === impl NoFrames ===

impl Frames for NoFrames {
    fn poll_frame(&mut self, _: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        Poll::Ready(None)
    }
}

// === impl Bytes ===

/// Bytes that are all there: one frame.
impl Frames for Bytes {
    fn poll_frame(&mut self, _: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let all = std::mem::take(self);
        Poll::Ready(if all.is_empty() { None } else { Some(Ok(all)) })
    }
}

// === impl NextFrame ===

impl<F: Frames + ?Sized> Future for NextFrame<'_, F> {
    type Output = Option<io::Result<Bytes>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_frame(context)
    }
}
