//! Blobs that another machine has, kept in a directory of this one, up to a bound.
//!
//! Whoever wants the first byte of a blob that is not here begins its *fill*: one task reads it
//! from the store into a temporary file, and everybody who wants it meanwhile reads what has come
//! so far ([`following`]). A file gets its name when its digest is right and its bytes are
//! synced, so what has a name at the next start was right when it was written: it is looked at by
//! its size then, and each time it is opened. Bytes that change on the disk and keep the size are
//! not found here; clients compare digests.
//!
//! The cache is never in the way: where the disk fails, stands still or is full, clients have the
//! bytes from the store, as without it.

mod directory;
mod fill;
mod following;
mod observer;
mod shelf;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wharf_spec::Digest;
use wharf_store::fs::Disk;
use wharf_store::{FileSpan, Payload, RemoteSpan};

use crate::directory::Directory;
use crate::following::Wanted;
use crate::shelf::Shelf;

pub use crate::directory::CacheError;
pub use crate::observer::{Answered, CacheObserver, FillEnd, Unobserved};

/// Blobs in a directory. Clones share it; another process cannot have it at the same time.
#[derive(Clone)]
pub struct BlobCache {
    inner: Arc<Inner>,
}

struct Inner {
    directory: Directory,
    shelf: Mutex<Shelf>,
    observer: Arc<dyn CacheObserver>,
    fills: TaskTracker,
    stop: CancellationToken,
}

// === impl BlobCache ===

impl BlobCache {
    /// Takes a directory, which is made if it is missing, for up to `bytes` bytes. What killed
    /// fills have left there goes. It blocks on the disk.
    ///
    /// # Errors
    /// When it cannot be used, also because another process does.
    pub fn open(
        disk: impl Disk,
        directory: &Path,
        bytes: u64,
        observer: Arc<dyn CacheObserver>,
    ) -> Result<Self, CacheError> {
        let (directory, found) = Directory::open(Arc::new(disk), directory)?;
        let (shelf, surplus) = Shelf::of(bytes, found);
        for victim in surplus {
            directory.remove(victim);
        }
        observer.stands(shelf.bytes());
        Ok(Self {
            inner: Arc::new(Inner {
                directory,
                shelf: Mutex::new(shelf),
                observer,
                fills: TaskTracker::new(),
                stop: CancellationToken::new(),
            }),
        })
    }

    /// Whether the blob is here. It may be gone by the time that it is asked for.
    #[must_use]
    pub fn holds(&self, digest: Digest) -> bool {
        self.size(digest).is_some()
    }

    /// How many bytes the blob has, if it is here.
    #[must_use]
    pub fn size(&self, digest: Digest) -> Option<u64> {
        self.inner.shelf().size(digest)
    }

    /// The blob, if it is here: for who knows by other means that it may be given.
    pub async fn kept(&self, digest: Digest) -> Option<FileSpan> {
        let size = self.inner.shelf().size(digest)?;
        let kept = self.inner.kept(digest, size).await?;
        self.inner.observer.answered(Answered::Hit);
        Some(kept)
    }

    /// The blob that a store has as `payload`: from here if it is here, else so that it will be.
    /// What is no further away than a file stays as it is.
    pub async fn nearer(&self, digest: Digest, payload: Payload) -> Payload {
        let source = match payload {
            near @ (Payload::Bytes(_) | Payload::File(_)) => return near,
            Payload::Remote(source) => source,
        };
        let size = source.len();
        if let Some(kept) = self.inner.kept(digest, size).await {
            self.inner.observer.answered(Answered::Hit);
            return Payload::File(kept);
        }
        let wanted = Wanted::of(Arc::clone(&self.inner), digest, &source);
        Payload::Remote(RemoteSpan::new(Arc::new(wanted), size))
    }

    /// Gives up what is being filled and waits until nothing is written any more.
    pub async fn close(&self) {
        self.inner.stop.cancel();
        self.inner.fills.close();
        self.inner.fills.wait().await;
    }
}

// === impl Inner ===

impl Inner {
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A blob of this size, which counts as used. A file that is not what it was is given up.
    async fn kept(self: &Arc<Self>, digest: Digest, size: u64) -> Option<FileSpan> {
        let used = self.shelf().used(digest, size)?;
        let file = used.file;
        let opening = self.directory.open_file(file);
        let Ok(opened) = tokio::time::timeout(PATIENCE, opening).await else {
            tracing::warn!(%digest, "the disk of the cache stands still");
            return None;
        };
        match opened {
            Ok(span) => {
                if used.is_to_be_stamped {
                    let inner = Arc::clone(self);
                    self.fills
                        .spawn_blocking(move || inner.directory.stamp(file));
                }
                Some(span)
            }
            Err(error) => {
                tracing::warn!(%digest, %error, "a blob in the cache is damaged, and given up");
                let inner = Arc::clone(self);
                let removed = tokio::task::spawn_blocking(move || {
                    inner.directory.remove(file);
                    inner.shelf().forget(file);
                    inner.observer.stands(inner.shelf().bytes());
                });
                _ = removed.await;
                None
            }
        }
    }
}

/// How long the disk may stand still before clients do without it.
const PATIENCE: Duration = Duration::from_secs(2);
