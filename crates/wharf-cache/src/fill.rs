//! One task that brings one blob here, whoever wants it and whether they still do.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use std::future::poll_fn;
use std::task::Poll;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use wharf_hash::StreamHasher;
use wharf_spec::Digest;
use wharf_store::{FileSpan, RemoteSpan};

use crate::Inner;
use crate::directory::Kept;
use crate::observer::FillEnd;

/// A blob on its way here.
pub(crate) struct Fill {
    file: Kept,
    progress: watch::Sender<Progress>,
    /// What has come can be read from it, although it says that it is as long as all of it.
    reading: OnceLock<FileSpan>,
}

/// How far it has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    /// Bytes that can be read.
    pub(crate) written: u64,
    pub(crate) stage: Stage,
}

/// What it is at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stage {
    /// The store is waited for.
    Coming,
    /// The disk is waited for.
    Writing,
    /// All of it is there and has the right digest.
    Right,
    /// It came to nothing.
    Failed(Failure),
}

/// Why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Failure {
    /// The store did not send all of it.
    Broken,
    /// The store sent something else.
    Wrong,
    /// The disk did not take it.
    Disk,
}

/// A temporary file; the blocking pool has it while it is written.
struct Temporary {
    path: PathBuf,
    open: Arc<File>,
}

// === impl Fill ===

impl Fill {
    pub(crate) fn new(digest: Digest, size: u64) -> Self {
        let begun = Progress {
            written: 0,
            stage: Stage::Writing,
        };
        Self {
            file: Kept { digest, size },
            progress: watch::Sender::new(begun),
            reading: OnceLock::new(),
        }
    }

    pub(crate) const fn size(&self) -> u64 {
        self.file.size
    }

    /// Whether it has come to nothing: what it wrote may still be there.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.progress.borrow().stage, Stage::Failed(_))
    }

    /// Tells how far it has come, now and later.
    pub(crate) fn follow(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Where to read what has come; nothing before there is any.
    pub(crate) fn reading(&self) -> Option<&FileSpan> {
        self.reading.get()
    }

    fn at(&self, stage: Stage) {
        self.progress.send_modify(|progress| progress.stage = stage);
    }

    fn wrote(&self, more: u64) {
        self.progress.send_modify(|progress| {
            progress.written += more;
            progress.stage = Stage::Coming;
        });
    }

    /// Does it, to its end. Those who follow it are told of a failure first.
    pub(crate) async fn run(
        self: Arc<Self>,
        cache: Arc<Inner>,
        source: RemoteSpan,
        victims: Vec<Kept>,
    ) {
        let stop = cache.stop.clone();
        // Not given up half-way: nobody would know of the file.
        let begun = self.begin(&cache, victims).await;
        let (filled, temporary) = match begun {
            Ok(temporary) => {
                let filled = tokio::select! {
                    filled = self.fill(&cache, source, &temporary) => filled,
                    () = stop.cancelled() => Err(Failure::Broken),
                };
                (filled, Some(temporary))
            }
            Err(failure) => (Err(failure), None),
        };
        let end = match filled {
            Ok(()) => FillEnd::Kept,
            Err(failure) => {
                if self.progress.borrow().stage != Stage::Right {
                    self.at(Stage::Failed(failure));
                }
                match failure {
                    Failure::Broken => FillEnd::Broken,
                    Failure::Wrong => FillEnd::Wrong,
                    Failure::Disk => FillEnd::Disk,
                }
            }
        };
        let fill = Arc::clone(&self);
        let ended = spawn_blocking(move || {
            match end {
                FillEnd::Kept => cache.shelf().filled(fill.file),
                FillEnd::Broken | FillEnd::Wrong | FillEnd::Disk => {
                    // Room is there when the bytes are gone.
                    if let Some(Temporary { path, .. }) = temporary {
                        cache.directory.unlink(&path);
                    }
                    cache.shelf().failed(fill.file);
                }
            }
            if end == FillEnd::Disk {
                cache.shelf().distrust();
            }
            let written = fill.progress.borrow().written;
            cache.observer.filled(end, written);
            cache.observer.stands(cache.shelf().bytes());
        });
        _ = ended.await;
    }

    async fn begin(&self, cache: &Arc<Inner>, victims: Vec<Kept>) -> Result<Temporary, Failure> {
        let size = self.file.size;
        let begun = {
            let cache = Arc::clone(cache);
            spawn_blocking(move || {
                for victim in victims {
                    cache.directory.remove(victim);
                }
                cache.directory.begin(size)
            })
        };
        let (path, open, reading) = self.on_disk(begun.await)?;
        _ = self.reading.set(reading);
        self.at(Stage::Coming);
        Ok(Temporary {
            path,
            open: Arc::new(open),
        })
    }

    async fn fill(
        &self,
        cache: &Arc<Inner>,
        mut source: RemoteSpan,
        temporary: &Temporary,
    ) -> Result<(), Failure> {
        let digest = self.file.digest;
        let mut hasher = StreamHasher::new(digest.algorithm());
        let mut batch = self.gather(&mut source).await?;
        while !batch.is_empty() {
            let len: usize = batch.iter().map(Bytes::len).sum();
            let (disk, open) = (cache.directory.disk(), Arc::clone(&temporary.open));
            self.at(Stage::Writing);
            let job = spawn_blocking(move || {
                disk.append(&open, &batch)?;
                for frame in &batch {
                    hasher.update(frame);
                }
                Ok(hasher)
            });
            let write = async {
                let hasher = self.on_disk(job.await)?;
                self.wrote(len as u64);
                Ok(hasher)
            };
            (hasher, batch) = tokio::try_join!(write, self.gather(&mut source))?;
        }
        let found = hasher.finish();
        if found != digest {
            tracing::error!(%digest, %found, "the storage has sent a blob that is damaged: it is not kept");
            return Err(Failure::Wrong);
        }
        self.at(Stage::Right);
        let (cache, file) = (Arc::clone(cache), self.file);
        let (path, open) = (temporary.path.clone(), Arc::clone(&temporary.open));
        let kept = spawn_blocking(move || cache.directory.keep(&path, &open, file));
        self.on_disk(kept.await)
    }

    /// What comes next, as much as is there, up to a batch; nothing at the end.
    async fn gather(&self, source: &mut RemoteSpan) -> Result<Vec<Bytes>, Failure> {
        let digest = self.file.digest;
        let broken = |error: io::Error| {
            tracing::warn!(%digest, %error, "a blob has not come to the cache: the storage did not send all of it");
            Failure::Broken
        };
        let stalled = |_| io::Error::from(io::ErrorKind::TimedOut);
        let next = tokio::time::timeout(STALL, source.next()).await;
        let Some(first) = next.map_err(stalled).map_err(broken)? else {
            return Ok(Vec::new());
        };
        let mut batch = vec![first.map_err(broken)?];
        let mut len = batch.iter().map(Bytes::len).sum::<usize>();
        while len < BATCH {
            let next = poll_fn(|context| match source.poll_next(context) {
                Poll::Ready(next) => Poll::Ready(next),
                // What has come is not held up.
                Poll::Pending => Poll::Ready(None),
            });
            let Some(next) = next.await else { break };
            let next = next.map_err(broken)?;
            len += next.len();
            batch.push(next);
        }
        Ok(batch)
    }

    fn on_disk<T>(
        &self,
        done: Result<io::Result<T>, tokio::task::JoinError>,
    ) -> Result<T, Failure> {
        done.map_err(io::Error::from).flatten().map_err(|error| {
            let digest = self.file.digest;
            tracing::warn!(
                %digest, %error,
                "a blob has not come to the cache: the disk did not take it; clients have it \
                 from the storage"
            );
            Failure::Disk
        })
    }
}

/// Bytes that are written at once.
const BATCH: usize = 1 << 20;
/// How long the store may send nothing.
const STALL: Duration = Duration::from_secs(120);
