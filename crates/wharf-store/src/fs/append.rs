//! Appending, frame by frame, to an object that may take hours and many connections.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use super::lanes::Lane;
use super::tree::{Needs, Tree, only_file, parent};
use super::{on_disk, write_failed};
use crate::{Appender, Result, StoreError, StorePath};

/// An open file and its [lane](super::lanes). Each call is one blocking job, which
/// holds the lane: a job whose future was dropped runs to its end before anything else
/// touches the object, and [`Appender::len`] counts its bytes from then on.
pub(super) struct FileAppender {
    pub(super) open: Arc<OpenObject>,
    pub(super) lane: Arc<Lane>,
}

/// Touched only by the job that holds the lane; the atomics are there for `len` and to
/// be shared, not for their order.
pub(super) struct OpenObject {
    tree: Arc<Tree>,
    path: StorePath,
    file: Arc<File>,
    len: AtomicU64,
    unsynced: AtomicBool,
    name_is_durable: AtomicBool,
    failed: AtomicBool,
}

// === impl FileAppender ===

#[async_trait]
impl Appender for FileAppender {
    fn len(&self) -> u64 {
        self.open.len.load(Ordering::Acquire)
    }

    async fn write(&mut self, frames: &[Bytes]) -> Result<()> {
        let turn = Arc::clone(&self.lane).turn().await;
        let (open, frames) = (Arc::clone(&self.open), frames.to_vec());
        on_disk(move || {
            let _turn = turn;
            open.once_failed_never_again(|| open.append(&frames))
                .map_err(|error| write_failed("append to", &open.path, error))
        })
        .await
    }

    async fn sync(&mut self) -> Result<()> {
        if self.open.is_synced() {
            return Ok(());
        }
        let turn = Arc::clone(&self.lane).turn().await;
        let open = Arc::clone(&self.open);
        on_disk(move || {
            let _turn = turn;
            open.once_failed_never_again(|| open.sync())
                .map_err(|error| StoreError::from_io("sync", &open.path, error))
        })
        .await
    }
}

// === impl OpenObject ===

impl OpenObject {
    /// Opens or creates the object. It blocks.
    pub(super) fn open(tree: Arc<Tree>, path: StorePath) -> io::Result<Self> {
        let at = tree.at(path.as_str());
        let open = || match tree.disk.open_to_append(&at) {
            Err(error) if error.kind() == ErrorKind::NotFound => tree.disk.create(&at),
            opened => opened,
        };
        let file = match tree.disk.open_to_append(&at) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                tree.in_directory(parent(path.as_str()), open)?
            }
            Err(error) if error.kind() == ErrorKind::IsADirectory => {
                tree.make_room(path.as_str(), error)?;
                tree.in_directory(parent(path.as_str()), open)?
            }
            opened => opened?,
        };
        let len = only_file(&path, tree.disk.stat_open(&file)?)?.size;
        Ok(Self {
            tree,
            path,
            file: Arc::new(file),
            len: len.into(),
            // The one who wrote what we found may have gone without syncing it.
            unsynced: true.into(),
            name_is_durable: false.into(),
            failed: false.into(),
        })
    }

    fn append(&self, frames: &[Bytes]) -> io::Result<()> {
        self.unsynced.store(true, Ordering::Release);
        let len = self.len.load(Ordering::Acquire);
        if len < LONG {
            self.tree.disk.append(&self.file, frames)?;
        } else {
            self.tree.disk.append_to_long(&self.file, frames, len)?;
        }
        let written: usize = frames.iter().map(Bytes::len).sum();
        self.len.fetch_add(written as u64, Ordering::AcqRel);
        Ok(())
    }

    fn is_synced(&self) -> bool {
        let nothing_new =
            !self.unsynced.load(Ordering::Acquire) && self.name_is_durable.load(Ordering::Acquire);
        nothing_new && !self.failed.load(Ordering::Acquire)
    }

    fn sync(&self) -> io::Result<()> {
        let unsynced = self.unsynced.load(Ordering::Acquire);
        let nameless = !self.name_is_durable.load(Ordering::Acquire);
        // Before the sync: what somebody else appends from now on, it need not cover.
        let stat = self.tree.disk.stat_open(&self.file)?;
        let mut needs = Needs::default();
        needs.files.extend(unsynced.then(|| Arc::clone(&self.file)));
        if nameless {
            needs.name_in(parent(self.path.as_str()));
        }
        self.tree.sync(&needs)?;
        if nameless {
            // Whoever removed it meanwhile has left nothing that could survive.
            self.tree.disk.stat(&self.tree.at(self.path.as_str()))?;
        }
        self.unsynced.store(false, Ordering::Release);
        self.name_is_durable.store(true, Ordering::Release);
        if stat.size == self.len.load(Ordering::Acquire) {
            self.tree.durable.keep(self.path.as_str(), stat);
        }
        Ok(())
    }

    /// After a failed write the length is unknown; after a failed sync the kernel may
    /// say that all is well the next time, though the pages are lost.
    fn once_failed_never_again(&self, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if self.failed.load(Ordering::Acquire) {
            return Err(io::Error::other("an earlier write or sync failed"));
        }
        work().inspect_err(|_| self.failed.store(true, Ordering::Release))
    }
}

/// Bytes of an object that stay in the system's memory, for who reads it soon. What comes
/// after them goes to the disk as it comes, so that the sync at the end, and whoever syncs
/// meanwhile, has little to wait for, and what others read is not driven out.
const LONG: u64 = 16 << 20;
