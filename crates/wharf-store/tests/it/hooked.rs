//! A disk on which something happens just before a call that changes it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use wharf_store::fs::{Disk, Lock, Locking, Name, Stat};

/// Asks a hook before each change and each sync; the call fails if the hook says so.
#[derive(Clone)]
pub(crate) struct HookedDisk<D> {
    inner: D,
    hook: Hook,
    unwritten: Arc<Mutex<Option<u64>>>,
}

/// It is told the name of the call.
pub(crate) type Hook = Arc<dyn Fn(&'static str) -> io::Result<()> + Send + Sync>;

// === impl HookedDisk ===

impl<D: Disk> HookedDisk<D> {
    pub(crate) fn new(
        inner: D,
        hook: impl Fn(&'static str) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self {
            inner,
            hook: Arc::new(hook),
            unwritten: Arc::default(),
        }
    }

    /// A disk on which everything can be synced at once, as long as there is not much of it.
    pub(crate) fn that_syncs_everything(self, unwritten: &Arc<Mutex<Option<u64>>>) -> Self {
        Self {
            unwritten: Arc::clone(unwritten),
            ..self
        }
    }
}

impl<D: Disk> Disk for HookedDisk<D> {
    fn make_directory(&self, path: &Path) -> io::Result<()> {
        (self.hook)("make_directory")?;
        self.inner.make_directory(path)
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        (self.hook)("create")?;
        self.inner.create(path)
    }

    fn open_to_append(&self, path: &Path) -> io::Result<File> {
        self.inner.open_to_append(path)
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        self.inner.open(path)
    }

    fn append(&self, file: &File, frames: &[Bytes]) -> io::Result<()> {
        (self.hook)("append").inspect_err(|_| {
            // What fits is written.
            let half: Vec<_> = frames
                .iter()
                .map(|frame| frame.slice(..frame.len() / 2))
                .collect();
            self.inner.append(file, &half).unwrap();
        })?;
        self.inner.append(file, frames)
    }

    fn sync_file(&self, file: &File) -> io::Result<()> {
        (self.hook)("sync_file")?;
        self.inner.sync_file(file)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        (self.hook)("sync_directory")?;
        self.inner.sync_directory(path)
    }

    fn sync_everything(&self, directory: &File) -> io::Result<()> {
        (self.hook)("sync_everything")?;
        self.inner.sync_everything(directory)
    }

    fn sync_inherited(&self, directory: &File) -> io::Result<()> {
        (self.hook)("sync_everything")?;
        self.inner.sync_inherited(directory)
    }

    fn unwritten(&self, _: &File) -> Option<u64> {
        *self.unwritten.lock().unwrap()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        (self.hook)("rename")?;
        self.inner.rename(from, to)
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        (self.hook)("unlink")?;
        self.inner.unlink(path)
    }

    fn touch(&self, path: &Path) -> io::Result<()> {
        (self.hook)("touch")?;
        self.inner.touch(path)
    }

    fn set_modified(&self, path: &Path, time: std::time::SystemTime) -> io::Result<()> {
        (self.hook)("set_modified")?;
        self.inner.set_modified(path, time)
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        (self.hook)("remove_directory")?;
        self.inner.remove_directory(path)
    }

    fn open_lock(&self, path: &Path) -> io::Result<File> {
        self.inner.open_lock(path)
    }

    fn lock(&self, file: &File, lock: Lock) -> io::Result<Locking> {
        self.inner.lock(file, lock)
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        self.inner.stat(path)
    }

    fn stat_open(&self, file: &File) -> io::Result<Stat> {
        self.inner.stat_open(file)
    }

    fn read(&self, file: &File, limit: u64) -> io::Result<Vec<u8>> {
        self.inner.read(file, limit)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Name>> {
        self.inner.list(path)
    }

    fn open_now(&self, path: &Path) -> io::Result<(File, Stat)> {
        self.inner.open_now(path)
    }

    fn read_now(&self, file: &File, size: usize) -> io::Result<Vec<u8>> {
        self.inner.read_now(file, size)
    }
}
