//! The end of the pipe: frames are written and hashed while the next ones arrive.
//!
//! Frames are gathered to 256 KiB and given away as one batch, which the writer and the
//! hasher use without copying. At most one batch is under way and one is filling: that bounds
//! the memory of an upload, and a slow client holds no thread. Where there are hundreds of
//! uploads, batches are smaller.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
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
    // `None` while a batch is under way, and after it failed.
    ends: Option<Ends>,
}

/// What a batch needs; it travels with the batch.
struct Ends {
    appender: Box<dyn Appender>,
    /// `None` when the hash has to be computed from the store at the end.
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

/// A batch under way.
struct Job(JoinHandle<(Ends, std::result::Result<(), StoreError>)>);

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
            ends: Some(Ends { appender, hasher }),
        }
    }

    /// Bytes in the upload, as far as they were acknowledged by the store.
    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// The hash of everything so far, if it was kept.
    pub(super) fn hasher(&self) -> Option<&StreamHasher> {
        self.ends.as_ref().and_then(|ends| ends.hasher.as_ref())
    }

    /// False after a failed write.
    pub(super) const fn is_whole(&self) -> bool {
        self.ends.is_some()
    }

    /// Takes the frames to their end, whatever it is: what came before it is written.
    pub(super) async fn receive<F: Frames>(
        &mut self,
        frames: &mut F,
        turn: &Arc<Turn>,
    ) -> Result<End> {
        let mut job: Option<Job> = None;
        loop {
            let (batch, end) = gather(frames, self.count.batch_size(), turn).await;
            if let Some(job) = job.take() {
                self.finish(job).await?;
            }
            if !batch.is_empty() {
                job = Some(self.begin(batch, turn)?);
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
        match self.ends.as_mut() {
            Some(ends) => Ok(ends.appender.sync().await?),
            None => Err(self.broken(EARLIER)),
        }
    }

    /// Lets everything so far be read and published.
    pub(super) async fn flush(&mut self) -> Result<()> {
        match self.ends.as_mut() {
            Some(ends) => Ok(ends.appender.flush().await?),
            None => Err(self.broken(EARLIER)),
        }
    }

    /// As [`Appender::outlives_failures`].
    pub(super) fn outlives_failures(&self) -> bool {
        let ends = self.ends.as_ref();
        ends.is_some_and(|ends| ends.appender.outlives_failures())
    }

    /// Everything so far, where [`Appender::content`] has it.
    pub(super) fn content(&self) -> Option<Bytes> {
        self.ends.as_ref()?.appender.content()
    }

    fn begin(&mut self, batch: Vec<Bytes>, turn: &Arc<Turn>) -> Result<Job> {
        let ends = self.ends.take().ok_or_else(|| self.broken(EARLIER))?;
        // Nobody else may write before this write is done, even if its request is given up.
        let turn = Arc::clone(turn);
        Ok(Job(tokio::spawn(async move {
            let written = ends.write(batch).await;
            drop(turn);
            written
        })))
    }

    async fn finish(&mut self, job: Job) -> Result<()> {
        let (ends, written) = job.0.await.map_err(|error| self.broken(error))?;
        written?;
        self.len = ends.appender.len();
        self.ends = Some(ends);
        Ok(())
    }

    fn broken(&self, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        StoreError::from_io("append to", &self.path, io::Error::other(why)).into()
    }
}

// === impl Ends ===

impl Ends {
    async fn write(mut self, batch: Vec<Bytes>) -> (Self, std::result::Result<(), StoreError>) {
        let size: usize = batch.iter().map(Bytes::len).sum();
        let hasher = match self.hasher.as_mut() {
            None => None,
            // While the bytes are in this processor's cache: another one would have to fetch them.
            Some(hasher) if hasher.is_quick() || size <= INLINE => {
                batch.iter().for_each(|frame| hasher.update(frame));
                None
            }
            Some(_) => self.hasher.take(),
        };
        let Some(mut hasher) = hasher else {
            let written = self.appender.write(&batch).await;
            return (self, written);
        };
        // The frames are reference-counted: this copies handles.
        let shared = batch.clone();
        let hashing = tokio::task::spawn_blocking(move || {
            shared.iter().for_each(|frame| hasher.update(frame));
            hasher
        });
        let written = self.appender.write(&batch).await;
        // Hashing can only panic; without a hash the upload is hashed at its end.
        self.hasher = hashing.await.ok();
        (self, written)
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
