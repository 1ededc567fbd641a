//! Reading a blob that is on its way here.
//!
//! The last byte is given out when the digest is right: a client of a blob that is not gets a
//! broken connection. Who wants another part of it has what the store has sent, right or not, as
//! without a cache. Who would have to wait long for its beginning has it from the store.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use tokio::sync::watch;
use wharf_spec::Digest;
use wharf_store::{FileSpan, RemoteBytes, RemoteObject, RemoteSpan};

use crate::fill::{Failure, Fill, Progress, Stage};
use crate::observer::Answered;
use crate::shelf::Begun;
use crate::{Inner, PATIENCE};

/// A blob that was not here when it was asked for.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) cache: Arc<Inner>,
    pub(crate) digest: Digest,
    /// All of it, as the store has it.
    pub(crate) object: Arc<dyn RemoteObject>,
    pub(crate) range: Range<u64>,
}

/// Somebody who reads a part of it.
struct Reader {
    wanted: Wanted,
    at: u64,
    end: u64,
    from: Place,
}

/// Where they read.
enum Place {
    Undecided,
    File(FileSpan),
    Fill(Arc<Fill>, watch::Receiver<Progress>),
    Store(RemoteSpan),
}

/// What there is to be had of a fill.
enum Step {
    /// What comes before this.
    Until(u64),
    /// Nothing, as long as the disk is as it is.
    Elsewhere,
    /// Nothing that is right.
    Broken,
}

impl RemoteObject for Wanted {
    fn bytes(&self, range: Range<u64>) -> RemoteBytes {
        let reader = Reader {
            wanted: self.clone(),
            at: range.start,
            end: range.end,
            from: Place::Undecided,
        };
        Box::pin(stream::try_unfold(reader, Reader::next))
    }
}

// === impl Wanted ===

impl Wanted {
    /// What a store has, where the caller has seen that it is not here.
    pub(crate) fn of(cache: Arc<Inner>, digest: Digest, source: &RemoteSpan) -> Self {
        let (object, range) = source.source();
        Self {
            cache,
            digest,
            object,
            range,
        }
    }

    const fn size(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    /// A part of it, from the store.
    fn source(&self, part: Range<u64>) -> RemoteSpan {
        let all = RemoteSpan::new(Arc::clone(&self.object), self.range.end);
        let start = self.range.start;
        all.slice(start + part.start..start + part.end)
    }

    async fn decide(&self, at: u64, end: u64) -> Place {
        let size = self.size();
        let answered = |answered| self.cache.observer.answered(answered);
        if at > 0 {
            if let Some(kept) = self.cache.kept(self.digest, size).await {
                answered(Answered::Hit);
                return Place::File(kept.slice(at..size));
            }
            // Whoever begins in the middle may want nothing else.
            let fill = self.cache.shelf().coming(self.digest);
            if let Some(fill) = fill.filter(|fill| fill.size() == size) {
                let progress = fill.follow();
                let written = progress.borrow().written;
                if at <= written.saturating_add(AHEAD) {
                    answered(Answered::Joined);
                    return Place::Fill(fill, progress);
                }
            }
            answered(Answered::Passed);
            return self.passed(at..end);
        }
        let begun = self.cache.shelf().begin(self.digest, size);
        match begun {
            Begun::Kept => match self.cache.kept(self.digest, size).await {
                Some(kept) => {
                    answered(Answered::Hit);
                    Place::File(kept)
                }
                None => {
                    answered(Answered::Passed);
                    self.passed(at..end)
                }
            },
            Begun::Joined(fill) => {
                answered(Answered::Joined);
                let progress = fill.follow();
                Place::Fill(fill, progress)
            }
            Begun::New(fill, victims) => {
                answered(Answered::Began);
                let progress = fill.follow();
                let cache = Arc::clone(&self.cache);
                let run = Arc::clone(&fill).run(cache, self.source(0..size), victims);
                self.cache.fills.spawn(run);
                Place::Fill(fill, progress)
            }
            Begun::Refused => {
                answered(Answered::Passed);
                self.passed(at..end)
            }
        }
    }

    fn passed(&self, range: Range<u64>) -> Place {
        Place::Store(self.source(range))
    }
}

// === impl Reader ===

impl Reader {
    /// The next bytes.
    async fn next(mut self) -> io::Result<Option<(Bytes, Self)>> {
        while self.at < self.end {
            let bytes = match &mut self.from {
                Place::Undecided => {
                    self.from = self.wanted.decide(self.at, self.end).await;
                    continue;
                }
                Place::Store(span) => match span.next().await {
                    Some(bytes) => bytes?,
                    None => return Err(io::ErrorKind::UnexpectedEof.into()),
                },
                Place::File(span) => match read(span, self.end - self.at).await {
                    Ok(bytes) => bytes,
                    Err(error) => {
                        self.give_up_disk(&error);
                        continue;
                    }
                },
                Place::Fill(fill, progress) => {
                    let step = step(fill, progress, self.at, self.end).await;
                    match (step, fill.reading()) {
                        (Step::Until(end), Some(reading)) => {
                            let mut span = reading.slice(self.at..end);
                            match read(&mut span, end - self.at).await {
                                Ok(bytes) => bytes,
                                Err(error) => {
                                    self.give_up_disk(&error);
                                    continue;
                                }
                            }
                        }
                        (Step::Until(_) | Step::Elsewhere, _) => {
                            self.from = self.wanted.passed(self.at..self.end);
                            continue;
                        }
                        (Step::Broken, _) => {
                            let text = "what the storage sent was not all, or not right";
                            return Err(io::Error::other(text));
                        }
                    }
                }
            };
            self.at += bytes.len() as u64;
            return Ok(Some((bytes, self)));
        }
        Ok(None)
    }

    fn give_up_disk(&mut self, error: &io::Error) {
        let digest = self.wanted.digest;
        tracing::warn!(%digest, %error, "a blob in the cache cannot be read: the rest comes from the storage");
        self.from = self.wanted.passed(self.at..self.end);
    }
}

/// Waits until there is more to be had.
async fn step(fill: &Fill, progress: &mut watch::Receiver<Progress>, at: u64, end: u64) -> Step {
    // All but the last byte can be had before it is known to be right.
    let before_last = fill.size().saturating_sub(1);
    loop {
        let now = *progress.borrow_and_update();
        let until = match now.stage {
            Stage::Right => end,
            Stage::Coming | Stage::Writing => end.min(now.written).min(before_last),
            Stage::Failed(Failure::Disk) => return Step::Elsewhere,
            Stage::Failed(Failure::Broken | Failure::Wrong) => return Step::Broken,
        };
        if until > at {
            return Step::Until(until);
        }
        match tokio::time::timeout(PATIENCE, progress.changed()).await {
            Ok(Ok(())) => {}
            // Nobody is at it any more.
            Ok(Err(_)) => return Step::Broken,
            Err(_) if progress.borrow().stage == Stage::Writing => return Step::Elsewhere,
            Err(_) => {}
        }
    }
}

/// Takes up to `most` bytes off the front.
async fn read(span: &mut FileSpan, most: u64) -> io::Result<Bytes> {
    let most = usize::try_from(most).unwrap_or(usize::MAX).min(PIECE);
    if let Some(bytes) = span.read_front_now(most)? {
        return Ok(bytes);
    }
    let mut front = span.clone();
    let (bytes, rest) = tokio::task::spawn_blocking(move || {
        let bytes = front.read_front(most)?;
        io::Result::Ok((bytes, front))
    })
    .await??;
    *span = rest;
    Ok(bytes)
}

/// Bytes read at once.
const PIECE: usize = 256 << 10;
/// Bytes that are worth waiting for.
const AHEAD: u64 = 16 << 20;
