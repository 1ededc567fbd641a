//! The files: what they are called, and what is found of them at the start.
//!
//! ```text
//! lock                              held by the process that uses the directory
//! blobs/<algorithm>-<hex>.<size>    whole blobs; used last when they were last changed
//! filling/<number>                  what is not whole; gone at the next start
//! ```

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use wharf_spec::Digest;
use wharf_store::FileSpan;
use wharf_store::fs::{Disk, Kind, Lock, Locking};

/// A directory cannot be used for a cache.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be used as a cache of blobs", path.display())]
pub struct CacheError {
    /// The directory.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// A directory that nobody else uses.
pub(crate) struct Directory {
    disk: Arc<dyn Disk>,
    blobs: PathBuf,
    filling: PathBuf,
    next: AtomicU64,
    /// The lock is that of the open file.
    _lock: File,
}

/// A whole blob that has a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Kept {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
}

/// One that was there at the start.
pub(crate) struct Found {
    pub(crate) file: Kept,
    pub(crate) used: SystemTime,
}

// === impl Directory ===

impl Directory {
    /// Takes it, with what is in it. It blocks.
    pub(crate) fn open(disk: Arc<dyn Disk>, root: &Path) -> Result<(Self, Vec<Found>), CacheError> {
        Self::take(disk, root).map_err(|source| CacheError {
            path: root.to_owned(),
            source,
        })
    }

    fn take(disk: Arc<dyn Disk>, root: &Path) -> io::Result<(Self, Vec<Found>)> {
        make(&*disk, root)?;
        let lock = disk.open_lock(&root.join("lock"))?;
        match disk.lock(&lock, Lock::Exclusive)? {
            Locking::Locked => {}
            Locking::Busy | Locking::Gone => {
                return Err(io::Error::other("another process uses it"));
            }
        }
        let directory = Self {
            disk,
            blobs: root.join("blobs"),
            filling: root.join("filling"),
            next: AtomicU64::new(0),
            _lock: lock,
        };
        make(&*directory.disk, &directory.blobs)?;
        make(&*directory.disk, &directory.filling)?;
        for name in directory.disk.list(&directory.filling)? {
            directory.disk.unlink(&directory.filling.join(&name.name))?;
        }
        let found = directory.found()?;
        Ok((directory, found))
    }

    /// The blobs that are there, of which those go that are not as long as they were.
    fn found(&self) -> io::Result<Vec<Found>> {
        let mut found = Vec::new();
        for name in self.disk.list(&self.blobs)? {
            let Some(file) = name.name.to_str().and_then(Kept::named) else {
                tracing::warn!("{} in the cache is nothing of ours", name.name.display());
                continue;
            };
            let stat = match self.disk.stat(&self.path(file)) {
                Ok(stat) => stat,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if (stat.kind, stat.size) == (Kind::File, file.size) {
                let used = stat.modified;
                found.push(Found { file, used });
            } else {
                tracing::warn!(digest = %file.digest, "a blob in the cache is damaged, and given up");
                self.remove(file);
            }
        }
        Ok(found)
    }

    /// The file, as long as it was when it was kept.
    pub(crate) async fn open_file(&self, file: Kept) -> io::Result<FileSpan> {
        let path = self.path(file);
        let opened = match self.disk.open_now(&path) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let disk = Arc::clone(&self.disk);
                let open = move || {
                    let opened = disk.open(&path)?;
                    let stat = disk.stat_open(&opened)?;
                    Ok((opened, stat))
                };
                tokio::task::spawn_blocking(open).await?
            }
            opened => opened,
        };
        let (opened, stat) = opened?;
        if (stat.kind, stat.size) == (Kind::File, file.size) {
            Ok(FileSpan::new(opened, file.size))
        } else {
            Err(io::Error::other("it has another size"))
        }
    }

    /// A new temporary file, open for appending, and the same for reading, as long as it will be.
    /// It blocks, as all that follows.
    pub(crate) fn begin(&self, size: u64) -> io::Result<(PathBuf, File, FileSpan)> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.filling.join(number.to_string());
        let file = self.disk.create(&path)?;
        let reading = self.disk.open(&path)?;
        Ok((path, file, FileSpan::new(reading, size)))
    }

    pub(crate) fn disk(&self) -> Arc<dyn Disk> {
        Arc::clone(&self.disk)
    }

    /// Gives a temporary file its name, once its bytes will survive power loss. The name need
    /// not: without it, the blob is filled again.
    pub(crate) fn keep(&self, temporary: &Path, open: &File, file: Kept) -> io::Result<()> {
        self.disk.sync_file(open)?;
        self.disk.rename(temporary, &self.path(file))
    }

    /// Says that the file was used now. It is only about what goes first.
    pub(crate) fn stamp(&self, file: Kept) {
        if let Err(error) = self.disk.touch(&self.path(file)) {
            tracing::debug!(digest = %file.digest, %error, "a file of the cache was not touched");
        }
    }

    pub(crate) fn remove(&self, file: Kept) {
        self.unlink(&self.path(file));
    }

    /// What cannot be removed is found, and counted, at the next start.
    pub(crate) fn unlink(&self, path: &Path) {
        match self.disk.unlink(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, "{} stays in the cache", path.display());
            }
            Ok(()) | Err(_) => {}
        }
    }

    fn path(&self, file: Kept) -> PathBuf {
        self.blobs.join(file.name())
    }
}

// === impl Kept ===

impl Kept {
    fn name(self) -> String {
        let (algorithm, hex) = (self.digest.algorithm(), self.digest.hex());
        format!("{algorithm}-{hex}.{}", self.size)
    }

    fn named(name: &str) -> Option<Self> {
        let (digest, size) = name.split_once('.')?;
        let digest: Digest = digest.replacen('-', ":", 1).parse().ok()?;
        let file = Self {
            digest,
            size: size.parse().ok()?,
        };
        // Only as it is written.
        (file.name() == name).then_some(file)
    }
}

fn make(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    let missing = |path: &&Path| {
        let is_here = path.as_os_str().is_empty();
        !is_here
            && disk
                .stat(path)
                .is_err_and(|error| error.kind() == ErrorKind::NotFound)
    };
    let missing: Vec<_> = path.ancestors().take_while(missing).collect();
    for path in missing.into_iter().rev() {
        match disk.make_directory(path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    match disk.stat(path)?.kind {
        Kind::Directory => Ok(()),
        Kind::File | Kind::Link | Kind::Other => Err(ErrorKind::NotADirectory.into()),
    }
}
