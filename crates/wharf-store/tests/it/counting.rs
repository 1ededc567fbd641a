//! The real disk, and how often it is asked.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wharf_store::fs::{Disk, Lock, Locking, Name, RealDisk, Stamp, Stat};

/// Counts how often a directory is read, and how often anything is looked at.
#[derive(Clone, Default)]
pub(crate) struct Counting {
    lists: Arc<AtomicUsize>,
    looks: Arc<AtomicUsize>,
    tells: bool,
}

impl Counting {
    /// The real disk's changes are told of.
    pub(crate) fn telling() -> Self {
        Self {
            tells: true,
            ..Self::default()
        }
    }

    /// How often a directory was read.
    pub(crate) fn lists(&self) -> usize {
        self.lists.load(Ordering::Relaxed)
    }

    /// How often a file or a directory was looked at, in whatever way.
    pub(crate) fn looks(&self) -> usize {
        self.looks.load(Ordering::Relaxed)
    }

    fn look(&self) {
        self.looks.fetch_add(1, Ordering::Relaxed);
    }
}

impl Disk for Counting {
    fn tells_of_changes(&self) -> bool {
        self.tells
    }
    fn list(&self, path: &Path) -> std::io::Result<Vec<Name>> {
        self.look();
        self.lists.fetch_add(1, Ordering::Relaxed);
        RealDisk.list(path)
    }
    fn stamp(&self, path: &Path) -> std::io::Result<Stamp> {
        self.look();
        RealDisk.stamp(path)
    }
    fn stamp_now(&self, path: &Path) -> std::io::Result<Stamp> {
        self.look();
        RealDisk.stamp_now(path)
    }
    fn stamps(&self, directory: &Path, names: &[&str]) -> std::io::Result<Vec<Option<Stamp>>> {
        self.look();
        RealDisk.stamps(directory, names)
    }
    fn open_now(&self, path: &Path) -> std::io::Result<(fs::File, Stat)> {
        self.look();
        RealDisk.open_now(path)
    }
    fn stat_now(&self, path: &Path) -> std::io::Result<Stat> {
        self.look();
        RealDisk.stat_now(path)
    }
    fn read_now(&self, file: &fs::File, size: usize) -> std::io::Result<Vec<u8>> {
        RealDisk.read_now(file, size)
    }
    fn make_directory(&self, path: &Path) -> std::io::Result<()> {
        RealDisk.make_directory(path)
    }
    fn create(&self, path: &Path) -> std::io::Result<fs::File> {
        RealDisk.create(path)
    }
    fn open_to_append(&self, path: &Path) -> std::io::Result<fs::File> {
        RealDisk.open_to_append(path)
    }
    fn open(&self, path: &Path) -> std::io::Result<fs::File> {
        self.look();
        RealDisk.open(path)
    }
    fn append(&self, file: &fs::File, frames: &[bytes::Bytes]) -> std::io::Result<()> {
        RealDisk.append(file, frames)
    }
    fn sync_file(&self, file: &fs::File) -> std::io::Result<()> {
        RealDisk.sync_file(file)
    }
    fn sync_directory(&self, path: &Path) -> std::io::Result<()> {
        RealDisk.sync_directory(path)
    }
    fn sync_everything(&self, directory: &fs::File) -> std::io::Result<()> {
        RealDisk.sync_everything(directory)
    }
    fn open_lock(&self, path: &Path) -> std::io::Result<fs::File> {
        RealDisk.open_lock(path)
    }
    fn lock(&self, file: &fs::File, lock: Lock) -> std::io::Result<Locking> {
        RealDisk.lock(file, lock)
    }
    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        RealDisk.rename(from, to)
    }
    fn unlink(&self, path: &Path) -> std::io::Result<()> {
        RealDisk.unlink(path)
    }
    fn touch(&self, path: &Path) -> std::io::Result<()> {
        RealDisk.touch(path)
    }

    fn set_modified(&self, path: &Path, time: std::time::SystemTime) -> std::io::Result<()> {
        RealDisk.set_modified(path, time)
    }
    fn remove_directory(&self, path: &Path) -> std::io::Result<()> {
        RealDisk.remove_directory(path)
    }
    fn stat(&self, path: &Path) -> std::io::Result<Stat> {
        self.look();
        RealDisk.stat(path)
    }
    fn stat_open(&self, file: &fs::File) -> std::io::Result<Stat> {
        RealDisk.stat_open(file)
    }
    fn read(&self, file: &fs::File, limit: u64) -> std::io::Result<Vec<u8>> {
        RealDisk.read(file, limit)
    }
}
