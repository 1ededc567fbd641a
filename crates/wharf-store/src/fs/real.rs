//! The disk of the machine: the only module that touches files.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the module that the ban sends everyone to"
)]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use rustix::fs::{
    AtFlags, CWD, FlockOperation, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, flock, utimensat,
};
use rustix::io::Errno;

use super::disk::{Disk, Kind, Lock, Locking, Name, Stamp, Stat};
use super::{everything, now};

mod append;

/// Does what it is asked, nothing more.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

// === impl RealDisk ===

impl Disk for RealDisk {
    fn make_directory(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().append(true).create_new(true).open(path)
    }

    fn open_to_append(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().append(true).open(path)
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        // To files and directories it makes no difference.
        let without_waiting = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        OpenOptions::new()
            .read(true)
            .custom_flags(without_waiting)
            .open(path)
    }

    fn append(&self, mut file: &File, frames: &[Bytes]) -> io::Result<()> {
        append::all(frames, |slices| file.write_vectored(slices))
    }

    fn append_to_long(&self, file: &File, frames: &[Bytes], len: u64) -> io::Result<()> {
        append::past_the_cache(self, file, frames, len)
    }

    fn sync_file(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        match rustix::fs::fsync(File::open(path)?) {
            // fsync(2): "does not support synchronization"; some network file systems
            // say so of directories, and there is nothing more to be done.
            Ok(()) | Err(Errno::INVAL) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn sync_everything(&self, directory: &File) -> io::Result<()> {
        rustix::fs::syncfs(directory)?;
        // ext4 without a journal flushes the disk's own cache before it writes the last of
        // its metadata; where nothing is left to flush, this costs next to nothing.
        Ok(rustix::fs::fsync(directory)?)
    }

    fn unwritten(&self, directory: &File) -> Option<u64> {
        if everything::is_covered(directory) {
            // In one piece: the kernel writes it anew for each.
            let mut meminfo = [0; 4096];
            let read = File::open("/proc/meminfo").ok()?.read(&mut meminfo).ok()?;
            everything::unwritten(&String::from_utf8_lossy(meminfo.get(..read)?))
        } else {
            None
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn touch(&self, path: &Path) -> io::Result<()> {
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_NOW,
        };
        let times = Timestamps {
            last_access: now,
            last_modification: now,
        };
        Ok(utimensat(CWD, path, &times, AtFlags::empty())?)
    }

    fn set_modified(&self, path: &Path, time: SystemTime) -> io::Result<()> {
        let since = time
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_err(io::Error::other)?;
        let times = Timestamps {
            last_access: Timespec {
                tv_sec: 0,
                tv_nsec: UTIME_OMIT,
            },
            last_modification: Timespec {
                tv_sec: i64::try_from(since.as_secs()).map_err(io::Error::other)?,
                tv_nsec: since.subsec_nanos().into(),
            },
        };
        Ok(utimensat(CWD, path, &times, AtFlags::empty())?)
    }

    fn open_lock(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        match options.open(path) {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
                ) =>
            {
                File::open(path).map_err(|_| error)
            }
            opened => opened,
        }
    }

    fn lock(&self, file: &File, lock: Lock) -> io::Result<Locking> {
        let operation = match lock {
            Lock::Shared => FlockOperation::LockShared,
            Lock::Exclusive => FlockOperation::NonBlockingLockExclusive,
            Lock::None => return Ok(flock(file, FlockOperation::Unlock).map(|()| Locking::Locked)?),
        };
        match rustix::io::retry_on_intr(|| flock(file, operation)) {
            Ok(()) if rustix::fs::fstat(file)?.st_nlink == 0 => Ok(Locking::Gone),
            Ok(()) => Ok(Locking::Locked),
            Err(Errno::WOULDBLOCK) => Ok(Locking::Busy),
            Err(error) => Err(error.into()),
        }
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        fs::metadata(path).map(Stat::from)
    }

    fn tells_of_changes(&self) -> bool {
        true
    }

    fn stat_open(&self, file: &File) -> io::Result<Stat> {
        file.metadata().map(Stat::from)
    }

    fn read(&self, file: &File, limit: u64) -> io::Result<Vec<u8>> {
        let expected = self.stat_open(file)?.size.min(limit);
        let mut content = Vec::new();
        // A file that claims more than the machine has is an error, not an abort.
        content.try_reserve_exact(usize::try_from(expected).unwrap_or(usize::MAX))?;
        file.take(limit).read_to_end(&mut content)?;
        Ok(content)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<Name>> {
        let name = |entry: fs::DirEntry| {
            let kind = Kind::from(entry.file_type()?);
            Ok(Name {
                name: entry.file_name(),
                kind,
            })
        };
        // An entry that vanishes while we look (`file_type` may have to ask) is gone.
        let vanished = |name: &io::Result<Name>| matches!(name, Err(error) if error.kind() == io::ErrorKind::NotFound);
        fs::read_dir(path)?
            .map(|entry| entry.and_then(name))
            .filter(|name| !vanished(name))
            .collect()
    }

    fn kinds(
        &self,
        directory: &Path,
        names: &[&str],
        below: &str,
    ) -> io::Result<Vec<Option<Kind>>> {
        now::kinds(directory, names, below)
    }

    fn kinds_now(
        &self,
        directory: &Path,
        names: &[&str],
        below: &str,
    ) -> io::Result<Vec<Option<Kind>>> {
        now::kinds_now(directory, names, below)
    }

    fn open_now(&self, path: &Path) -> io::Result<(File, Stat)> {
        now::open(path)
    }

    fn stat_now(&self, path: &Path) -> io::Result<Stat> {
        now::stat(path)
    }

    fn read_now(&self, file: &File, size: usize) -> io::Result<Vec<u8>> {
        now::read(file, size)
    }

    fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        now::stamp(path)
    }

    fn stamps(&self, directory: &Path, names: &[&str]) -> io::Result<Vec<Option<Stamp>>> {
        now::stamps(directory, names)
    }

    fn stamp_now(&self, path: &Path) -> io::Result<Stamp> {
        now::stamp_now(path)
    }
}

// === impl Stat ===

impl From<fs::Metadata> for Stat {
    fn from(metadata: fs::Metadata) -> Self {
        Self {
            kind: metadata.file_type().into(),
            size: metadata.len(),
            modified: metadata.modified().unwrap_or_else(|_| SystemTime::now()),
            device: metadata.dev(),
        }
    }
}
