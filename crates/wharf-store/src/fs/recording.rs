//! A disk that remembers what was asked of it, in the order in which it happened.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;

use super::disk::{Disk, Kind, Lock, Locking, Name, Stamp, Stat};
use super::real::RealDisk;

/// Works on real files below a base directory and logs every change and every sync.
/// One call runs at a time, so that the log's order is the true one. Syncs are logged
/// but not done: the plug is pulled only in [`powerloss`](super::powerloss). Clones
/// share the log.
#[derive(Clone, Debug)]
pub struct RecordingDisk {
    base: PathBuf,
    recorder: Arc<Mutex<Recorder>>,
}

/// One thing that happened on a disk. Paths are relative to its base.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Op {
    /// A directory was made.
    MakeDirectory(String),
    /// An empty file was made.
    Create {
        /// Under which name.
        path: String,
        /// Which file it is from now on.
        file: FileId,
    },
    /// Bytes were appended.
    Append {
        /// To which file.
        file: FileId,
        /// Which bytes.
        content: Bytes,
    },
    /// The content of a file was synced.
    SyncFile(FileId),
    /// The names in a directory were synced.
    SyncDirectory(String),
    /// Everything was synced.
    SyncEverything,
    /// A name was moved.
    Rename {
        /// The old name.
        from: String,
        /// The new one.
        to: String,
    },
    /// The name of a file was removed.
    Unlink(String),
    /// An empty directory was removed.
    RemoveDirectory(String),
    /// The test said something, for example what has been acknowledged.
    Mark(String),
}

/// A file, whatever it is called: what an inode number would be if none were used again.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FileId(pub usize);

#[derive(Debug, Default)]
struct Recorder {
    log: Vec<Op>,
    /// By inode number, the latest file that has it.
    files: HashMap<u64, FileId>,
    next: usize,
}

// === impl RecordingDisk ===

impl RecordingDisk {
    /// Records what happens below `base`, which must be an existing, empty directory.
    ///
    /// # Errors
    /// `DirectoryNotEmpty`, or why `base` cannot be listed.
    pub fn new(base: impl Into<PathBuf>) -> io::Result<Self> {
        let base = base.into();
        if RealDisk.list(&base)?.is_empty() {
            Ok(Self {
                base,
                recorder: Arc::default(),
            })
        } else {
            Err(io::ErrorKind::DirectoryNotEmpty.into())
        }
    }

    /// Notes, at this moment of the log, what the test wants to know later.
    pub fn mark(&self, label: impl Into<String>) {
        self.lock().log.push(Op::Mark(label.into()));
    }

    /// All that has happened so far, in order.
    #[must_use]
    pub fn log(&self) -> Vec<Op> {
        self.lock().log.clone()
    }

    /// Does something and, if it succeeds, logs it before anything else is done.
    fn record<T>(
        &self,
        work: impl FnOnce() -> io::Result<T>,
        op: impl FnOnce(&mut Recorder, &T) -> io::Result<Op>,
    ) -> io::Result<T> {
        let mut recorder = self.lock();
        let done = work()?;
        let op = op(&mut recorder, &done)?;
        recorder.log.push(op);
        Ok(done)
    }

    fn relative(&self, path: &Path) -> io::Result<String> {
        let outside =
            |_| io::Error::new(io::ErrorKind::InvalidInput, "outside of what is recorded");
        Ok(path
            .strip_prefix(&self.base)
            .map_err(outside)?
            .to_string_lossy()
            .into_owned())
    }

    fn lock(&self) -> MutexGuard<'_, Recorder> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for RecordingDisk {
    fn make_directory(&self, path: &Path) -> io::Result<()> {
        self.record(
            || RealDisk.make_directory(path),
            |_, ()| Ok(Op::MakeDirectory(self.relative(path)?)),
        )
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        self.record(
            || RealDisk.create(path),
            |recorder, file| {
                Ok(Op::Create {
                    path: self.relative(path)?,
                    file: recorder.new_file(file)?,
                })
            },
        )
    }

    fn open_to_append(&self, path: &Path) -> io::Result<File> {
        RealDisk.open_to_append(path)
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        RealDisk.open(path)
    }

    fn append(&self, file: &File, frames: &[Bytes]) -> io::Result<()> {
        self.record(
            || RealDisk.append(file, frames),
            |recorder, ()| {
                Ok(Op::Append {
                    file: recorder.file(file)?,
                    content: frames.concat().into(),
                })
            },
        )
    }

    fn sync_file(&self, file: &File) -> io::Result<()> {
        self.record(
            || Ok(()),
            |recorder, ()| Ok(Op::SyncFile(recorder.file(file)?)),
        )
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        if !path.starts_with(&self.base) {
            // Above the base there is nothing that could be lost.
            return Ok(());
        }
        self.record(
            || RealDisk.stat(path),
            |_, _| Ok(Op::SyncDirectory(self.relative(path)?)),
        )
        .map(|_| ())
    }

    fn sync_everything(&self, _: &File) -> io::Result<()> {
        self.record(|| Ok(()), |_, ()| Ok(Op::SyncEverything))
    }

    fn sync_inherited(&self, _: &File) -> io::Result<()> {
        // The base was empty.
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.record(
            || RealDisk.rename(from, to),
            |_, ()| {
                Ok(Op::Rename {
                    from: self.relative(from)?,
                    to: self.relative(to)?,
                })
            },
        )
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        self.record(
            || RealDisk.unlink(path),
            |_, ()| Ok(Op::Unlink(self.relative(path)?)),
        )
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        self.record(
            || RealDisk.remove_directory(path),
            |_, ()| Ok(Op::RemoveDirectory(self.relative(path)?)),
        )
    }

    fn touch(&self, path: &Path) -> io::Result<()> {
        RealDisk.touch(path)
    }

    fn set_modified(&self, path: &Path, time: SystemTime) -> io::Result<()> {
        RealDisk.set_modified(path, time)
    }

    fn open_lock(&self, path: &Path) -> io::Result<File> {
        // Whether it is there after power loss makes no difference to anybody.
        RealDisk.open_lock(path)
    }

    fn lock(&self, file: &File, lock: Lock) -> io::Result<Locking> {
        RealDisk.lock(file, lock)
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        RealDisk.stat(path)
    }

    fn stat_open(&self, file: &File) -> io::Result<Stat> {
        RealDisk.stat_open(file)
    }

    fn read(&self, file: &File, limit: u64) -> io::Result<Vec<u8>> {
        RealDisk.read(file, limit)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Name>> {
        RealDisk.list(path)
    }

    fn kinds_now(
        &self,
        directory: &Path,
        names: &[&str],
        below: &str,
    ) -> io::Result<Vec<Option<Kind>>> {
        RealDisk.kinds_now(directory, names, below)
    }

    fn open_now(&self, path: &Path) -> io::Result<(File, Stat)> {
        RealDisk.open_now(path)
    }

    fn stat_now(&self, path: &Path) -> io::Result<Stat> {
        RealDisk.stat_now(path)
    }

    fn read_now(&self, file: &File, size: usize) -> io::Result<Vec<u8>> {
        RealDisk.read_now(file, size)
    }

    fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        RealDisk.stamp(path)
    }

    fn stamp_now(&self, path: &Path) -> io::Result<Stamp> {
        RealDisk.stamp_now(path)
    }
}

// === impl Recorder ===

impl Recorder {
    fn new_file(&mut self, file: &File) -> io::Result<FileId> {
        let id = FileId(self.next);
        self.next += 1;
        self.files.insert(file.metadata()?.ino(), id);
        Ok(id)
    }

    fn file(&self, file: &File) -> io::Result<FileId> {
        let unknown =
            || io::Error::new(io::ErrorKind::InvalidInput, "a file that was not made here");
        self.files
            .get(&file.metadata()?.ino())
            .copied()
            .ok_or_else(unknown)
    }
}
