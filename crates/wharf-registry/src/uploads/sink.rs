//! The end of the pipe: frames are hashed and written while the next ones arrive.
//!
//! Frames are gathered to 256 KiB; nothing is copied. Where hashing is quick, a batch is hashed
//! while the one before it is written, else by another thread while it is written itself. At
//! most one batch is under way and one is filling: that bounds the memory of an upload, and a
//! slow client holds no thread. Where there are hundreds of uploads, batches are smaller.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use wharf_hash::StreamHasher;
use wharf_store::{Appender, StoreError, StorePath};

use super::sessions::Turn;
use crate::frames::NextFrame;
use crate::{Error, Frames, Result};

/// Counts the sinks of a registry, which share a bounded part of its memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct SinkCount(Arc<()>);

/// Where the bytes of an upload go.
pub(super) struct Sink {
    count: SinkCount,
    path: StorePath,
    len: u64,
    /// `None` while a batch is under way, and after it failed.
    appender: Option<Box<dyn Appender>>,
    /// `None` when the hash has to be computed from the store at the end, and while another
    /// thread has it. Ahead of what is written while there is no appender.
    hasher: Option<StreamHasher>,
}

/// How a body came to its end.
pub(super) enum End {
    /// All of it is here.
    Complete,
    /// Its sender is gone.
    Broken(io::Error),
    /// A later request wants to go on.
    Revoked,
}

/// A batch under way. It is written to its end even if its request is given up.
struct Job {
    /// `None` when that is done.
    writing: Option<BoxFuture<'static, Written>>,
    written: Option<Written>,
    hashing: Option<JoinHandle<StreamHasher>>,
}

type Written = (Box<dyn Appender>, std::result::Result<(), StoreError>);

// === impl SinkCount ===

impl SinkCount {
    /// Bytes worth a job of their own, at the present number of sinks.
    fn batch_size(&self) -> usize {
        // The registry holds one handle itself.
        let sinks = Arc::strong_count(&self.0).saturating_sub(1).max(1);
        (ALL_BATCHES / sinks).clamp(LEAST_BATCH, BATCH)
    }
}

// === impl Sink ===

impl Sink {
    pub(super) fn new(
        count: SinkCount,
        path: StorePath,
        appender: Box<dyn Appender>,
        hasher: Option<StreamHasher>,
    ) -> Self {
        let len = appender.len();
        Self {
            count,
            path,
            len,
            appender: Some(appender),
            hasher,
        }
    }

    /// Bytes in the upload, as far as they were acknowledged by the store.
    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// The hash of everything so far, if it was kept.
    pub(super) fn hasher(&self) -> Option<&StreamHasher> {
        self.hasher.as_ref().filter(|_| self.is_whole())
    }

    /// False after a failed write.
    pub(super) const fn is_whole(&self) -> bool {
        self.appender.is_some()
    }

    /// Takes the frames to their end, whatever it is: what came before it is written.
    pub(super) async fn receive<F: Frames>(
        &mut self,
        frames: &mut F,
        turn: &Arc<Turn>,
    ) -> Result<End> {
        let mut job: Option<Job> = None;
        loop {
            let gathering = gather(frames, self.count.batch_size(), turn);
            let (batch, end) = match job.as_mut() {
                Some(job) => job.beside(gathering).await,
                None => gathering.await,
            };
            let is_hashed = self.hash(&batch);
            if let Some(job) = job.take() {
                self.finish(job).await?;
            }
            if !batch.is_empty() {
                job = Some(self.begin(batch, is_hashed, turn)?);
            }
            if let Some(end) = end {
                if let Some(job) = job.take() {
                    self.finish(job).await?;
                }
                return Ok(end);
            }
        }
    }

    /// Makes everything so far durable.
    pub(super) async fn sync(&mut self) -> Result<()> {
        match self.appender.as_mut() {
            Some(appender) => Ok(appender.sync().await?),
            None => Err(self.broken(EARLIER)),
        }
    }

    /// Lets everything so far be read and published.
    pub(super) async fn flush(&mut self) -> Result<()> {
        match self.appender.as_mut() {
            Some(appender) => Ok(appender.flush().await?),
            None => Err(self.broken(EARLIER)),
        }
    }

    /// As [`Appender::outlives_failures`].
    pub(super) fn outlives_failures(&self) -> bool {
        let appender = self.appender.as_ref();
        appender.is_some_and(|appender| appender.outlives_failures())
    }

    /// Everything so far, where [`Appender::content`] has it.
    pub(super) fn content(&self) -> Option<Bytes> {
        self.appender.as_ref()?.content()
    }

    /// Hashes the batch here, if that is done in less time than it takes to write the one before
    /// it, or to hand it over.
    fn hash(&mut self, batch: &[Bytes]) -> bool {
        let Some(hasher) = self.hasher.as_mut() else {
            return false;
        };
        let size: usize = batch.iter().map(Bytes::len).sum();
        let is_quick = hasher.is_quick() || size <= INLINE;
        if is_quick {
            batch.iter().for_each(|frame| hasher.update(frame));
        }
        is_quick
    }

    fn begin(&mut self, batch: Vec<Bytes>, is_hashed: bool, turn: &Arc<Turn>) -> Result<Job> {
        let appender = self.appender.take();
        let mut appender = appender.ok_or_else(|| self.broken(EARLIER))?;
        let hasher = if is_hashed { None } else { self.hasher.take() };
        let hashing = hasher.map(|mut hasher| {
            // The frames are reference-counted: this copies handles.
            let shared = batch.clone();
            tokio::task::spawn_blocking(move || {
                shared.iter().for_each(|frame| hasher.update(frame));
                hasher
            })
        });
        // Nobody else may write before this write is done, even if its request is given up.
        let turn = Arc::clone(turn);
        let writing = Box::pin(async move {
            let written = appender.write(&batch).await;
            drop(turn);
            (appender, written)
        });
        Ok(Job {
            writing: Some(writing),
            written: None,
            hashing,
        })
    }

    async fn finish(&mut self, mut job: Job) -> Result<()> {
        let (appender, written) = job.written().await;
        if let Some(hashing) = job.hashing.take() {
            // Hashing can only panic; without a hash the upload is hashed at its end.
            self.hasher = hashing.await.ok();
        }
        written?;
        self.len = appender.len();
        self.appender = Some(appender);
        Ok(())
    }

    fn broken(&self, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        StoreError::from_io("append to", &self.path, io::Error::other(why)).into()
    }
}

// === impl Job ===

impl Job {
    /// Lets it go on while something else is waited for.
    async fn beside<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = pin!(other);
        poll_fn(|context| {
            self.go_on(context);
            other.as_mut().poll(context)
        })
        .await
    }

    async fn written(&mut self) -> Written {
        poll_fn(|context| {
            self.go_on(context);
            self.written.take().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    fn go_on(&mut self, context: &mut Context<'_>) {
        // Taken, so that one that panics is not polled again when this is dropped.
        let Some(mut writing) = self.writing.take() else {
            return;
        };
        match writing.as_mut().poll(context) {
            Poll::Ready(written) => self.written = Some(written),
            Poll::Pending => self.writing = Some(writing),
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let (Some(writing), Ok(runtime)) = (self.writing.take(), Handle::try_current()) {
            runtime.spawn(writing);
        }
    }
}

/// Frames worth a job, and the end if it came.
async fn gather<F: Frames>(
    frames: &mut F,
    enough: usize,
    turn: &Turn,
) -> (Vec<Bytes>, Option<End>) {
    let mut batch = Vec::new();
    let mut size = 0;
    while size < enough && batch.len() < MOST_FRAMES {
        let frame = tokio::select! {
            frame = NextFrame(frames) => frame,
            () = turn.revoked() => return (batch, Some(End::Revoked)),
        };
        match frame {
            Some(Ok(frame)) => {
                size += frame.len();
                batch.push(frame);
            }
            Some(Err(error)) => return (batch, Some(End::Broken(error))),
            None => return (batch, Some(End::Complete)),
        }
    }
    (batch, None)
}

const EARLIER: &str = "an earlier write to the upload failed";
/// Large enough that the hop to the blocking pool hardly counts, small enough that a batch
/// is still in the processor's cache when it is written: four times as much took half as
/// much processor time again.
const BATCH: usize = 256 << 10;
/// Bytes that are hashed in less time than it takes to hand them over.
const INLINE: usize = 16 << 10;
/// What is sent even when there are more uploads than memory was planned for.
const LEAST_BATCH: usize = 64 << 10;
/// Bytes that all filling batches together may have; as many again are under way.
const ALL_BATCHES: usize = 128 << 20;
/// Bounds what a client that sends tiny chunks can make us hold.
const MOST_FRAMES: usize = 1024;
