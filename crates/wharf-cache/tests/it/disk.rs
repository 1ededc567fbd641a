//! A disk that fails, or stands still, when a test says so.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::SystemTime;

use bytes::Bytes;
use wharf_store::fs::{Disk, Lock, Locking, Name, RealDisk, Stat};

/// It; clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Wilful(Arc<(Mutex<Will>, Condvar)>);

#[derive(Default)]
struct Will {
    /// Calls of this name fail so.
    failing: Option<(&'static str, i32)>,
    /// Calls of this name wait.
    stands_still: Option<&'static str>,
}

/// `errno(3)`
pub(crate) const ENOSPC: i32 = 28;
pub(crate) const EIO: i32 = 5;

// === impl Wilful ===

impl Wilful {
    pub(crate) fn fails(&self, call: &'static str, errno: i32) {
        self.0.0.lock().unwrap().failing = Some((call, errno));
    }

    pub(crate) fn stands_still(&self, at: Option<&'static str>) {
        self.0.0.lock().unwrap().stands_still = at;
        self.0.1.notify_all();
    }

    fn ask(&self, call: &'static str) -> io::Result<()> {
        let mut will = self.0.0.lock().unwrap();
        while will.stands_still == Some(call) {
            will = self.0.1.wait(will).unwrap();
        }
        match will.failing {
            Some((failing, errno)) if failing == call => Err(io::Error::from_raw_os_error(errno)),
            Some(_) | None => Ok(()),
        }
    }
}

impl Disk for Wilful {
    fn make_directory(&self, path: &Path) -> io::Result<()> {
        RealDisk.make_directory(path)
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        self.ask("create")?;
        RealDisk.create(path)
    }

    fn open_to_append(&self, path: &Path) -> io::Result<File> {
        RealDisk.open_to_append(path)
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        self.ask("open")?;
        RealDisk.open(path)
    }

    fn append(&self, file: &File, frames: &[Bytes]) -> io::Result<()> {
        self.ask("append").inspect_err(|_| {
            // What fits is written.
            let half = frames.iter().map(|frame| frame.slice(..frame.len() / 2));
            RealDisk.append(file, &half.collect::<Vec<_>>()).unwrap();
        })?;
        RealDisk.append(file, frames)
    }

    fn sync_file(&self, file: &File) -> io::Result<()> {
        self.ask("sync_file")?;
        RealDisk.sync_file(file)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_directory(path)
    }

    fn sync_everything(&self, directory: &File) -> io::Result<()> {
        RealDisk.sync_everything(directory)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.ask("rename")?;
        RealDisk.rename(from, to)
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        self.ask("unlink")?;
        RealDisk.unlink(path)
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_directory(path)
    }

    fn touch(&self, path: &Path) -> io::Result<()> {
        self.ask("touch")?;
        RealDisk.touch(path)
    }

    fn set_modified(&self, path: &Path, time: SystemTime) -> io::Result<()> {
        RealDisk.set_modified(path, time)
    }

    fn open_lock(&self, path: &Path) -> io::Result<File> {
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
}
