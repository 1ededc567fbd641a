//! What the kernel answers from its own memory, and whether it can be asked for just that.
//!
//! `openat2` with `RESOLVE_CACHED` finds a path in the kernel's cache of names or fails with
//! `EAGAIN`; `preadv2` with `RWF_NOWAIT` reads what is in the page cache. Neither waits for a
//! disk, so an async worker may call them. Both tell the truth of this moment: what another
//! process changes is seen at once.
//!
//! On filesystems of a network or of another process, opening is a conversation whatever is
//! cached, and times of directories say nothing about now: the first file that is found on
//! one ends the attempts.

use std::fs::File;
use std::io::{self, ErrorKind, IoSliceMut};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, StatFs};
use rustix::io::{Errno, ReadWriteFlags};
use rustix::path::Arg;

use super::disk::{Kind, Stamp, Stat, kind_of};

/// What this kernel can do and what the files are kept on: one process has one kernel, and as
/// good as always one storage root.
struct Ability {
    opens: AtomicBool,
    reads: AtomicBool,
    /// A device that is known to be of this machine, plus one; at first none.
    local: AtomicU64,
}

static ABILITY: Ability = Ability {
    opens: AtomicBool::new(true),
    reads: AtomicBool::new(true),
    local: AtomicU64::new(0),
};

/// As `Disk::open_now`.
pub(super) fn open(path: &Path) -> io::Result<(File, Stat)> {
    // Of a pipe, that nobody may be writing to, as in `RealDisk::open`.
    let file = resolve(CWD, path, OFlags::RDONLY | OFlags::NONBLOCK)?;
    let stat = rustix::fs::fstat(&file)?;
    ABILITY.learn_device(stat.st_dev, || rustix::fs::fstatfs(&file));
    Ok((file, Stat::from(&stat)))
}

/// As `Disk::stat_now`.
pub(super) fn stat(path: &Path) -> io::Result<Stat> {
    look(path, OFlags::PATH).map(|stat| Stat::from(&stat))
}

/// As `Disk::stamp_now`.
pub(super) fn stamp_now(path: &Path) -> io::Result<Stamp> {
    let stat = look(path, OFlags::PATH | OFlags::DIRECTORY)?;
    if ABILITY.is_local(stat.st_dev) {
        Ok(Stamp::from(&stat))
    } else {
        Err(ErrorKind::WouldBlock.into())
    }
}

/// As `Disk::stamp`.
pub(super) fn stamp(path: &Path) -> io::Result<Stamp> {
    let stat = rustix::fs::stat(path)?;
    ABILITY.learn_device(stat.st_dev, || rustix::fs::statfs(path));
    if ABILITY.is_local(stat.st_dev) {
        Ok(Stamp::from(&stat))
    } else {
        Err(ErrorKind::Unsupported.into())
    }
}

/// As `Disk::stamps`: one walk to the directory, and one step from there to each name.
pub(super) fn stamps(directory: &Path, names: &[&str]) -> io::Result<Vec<Option<Stamp>>> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::openat(CWD, directory, flags, Mode::empty())?;
    let stamp = |name: &&str| {
        let stat = rustix::fs::statat(&directory, *name, AtFlags::empty()).ok()?;
        ABILITY.is_local(stat.st_dev).then(|| Stamp::from(&stat))
    };
    Ok(names.iter().map(stamp).collect())
}

/// As `Disk::kinds`: one walk to the directory, and a short one from there to each name.
pub(super) fn kinds(
    directory: &Path,
    names: &[&str],
    below: &str,
) -> io::Result<Vec<Option<Kind>>> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::openat(CWD, directory, flags, Mode::empty())?;
    each(names, below, |path| {
        let stat = rustix::fs::statat(&directory, path, AtFlags::empty());
        kind_of(stat.map(|stat| Stat::from(&stat)).map_err(io::Error::from))
    })
}

/// As `Disk::kinds_now`.
pub(super) fn kinds_now(
    directory: &Path,
    names: &[&str],
    below: &str,
) -> io::Result<Vec<Option<Kind>>> {
    let directory = resolve(CWD, directory, OFlags::PATH | OFlags::DIRECTORY)?;
    each(names, below, |path| {
        let place = resolve(directory.as_fd(), path, OFlags::PATH);
        kind_of(place.and_then(|place| Ok(Stat::from(&rustix::fs::fstat(place)?))))
    })
}

/// True where the kernel tells of all changes to who watches a directory: nobody else's machine
/// makes any, and none are undone behind its back, as `zfs rollback` does. May wait for the disk.
pub(super) fn tells_of_changes(directory: &Path) -> bool {
    rustix::fs::statfs(directory).is_ok_and(|filesystem| {
        let kind = filesystem.f_type as u64;
        LOCAL.contains(&kind) && kind != ZFS
    })
}

/// True for a file of which every change is told to who watches its directory: it has no other
/// name, and nobody else's machine writes to it. May wait for the disk.
pub(super) fn is_told_of(path: &Path) -> bool {
    rustix::fs::lstat(path).is_ok_and(|stat| {
        FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
            && stat.st_nlink == 1
            && ABILITY.is_local(stat.st_dev)
    })
}

fn each(
    names: &[&str],
    below: &str,
    look: impl Fn(&str) -> io::Result<Option<Kind>>,
) -> io::Result<Vec<Option<Kind>>> {
    let mut path = String::new();
    let look = |name: &&str| {
        path.clear();
        path.extend([name, "/", below]);
        look(&path)
    };
    names.iter().map(look).collect()
}

/// As `Disk::read_now`.
pub(super) fn read(file: &File, size: usize) -> io::Result<Vec<u8>> {
    if !ABILITY.reads.load(Ordering::Relaxed) {
        return Err(ErrorKind::WouldBlock.into());
    }
    let mut content = vec![0; size];
    let mut beyond = [0];
    let mut into = [IoSliceMut::new(&mut content), IoSliceMut::new(&mut beyond)];
    match rustix::io::preadv2(file, &mut into, 0, ReadWriteFlags::NOWAIT) {
        Ok(read) if read == size => Ok(content),
        // A part of it is not in memory, or it has another size by now.
        Ok(_) | Err(Errno::AGAIN | Errno::INTR) => Err(ErrorKind::WouldBlock.into()),
        Err(error @ (Errno::NOSYS | Errno::PERM | Errno::OPNOTSUPP | Errno::INVAL)) => {
            give_up(&ABILITY.reads, "preadv2 with RWF_NOWAIT", error);
            Err(ErrorKind::WouldBlock.into())
        }
        Err(error) => Err(error.into()),
    }
}

fn look(path: &Path, flags: OFlags) -> io::Result<rustix::fs::Stat> {
    let place = resolve(CWD, path, flags)?;
    let stat = rustix::fs::fstat(&place)?;
    ABILITY.learn_device(stat.st_dev, || rustix::fs::fstatfs(&place));
    Ok(stat)
}

fn resolve(from: BorrowedFd<'_>, path: impl Arg, flags: OFlags) -> io::Result<File> {
    if !ABILITY.opens.load(Ordering::Relaxed) {
        return Err(ErrorKind::WouldBlock.into());
    }
    let flags = flags | OFlags::CLOEXEC;
    match rustix::fs::openat2(from, path, flags, Mode::empty(), ResolveFlags::CACHED) {
        Ok(found) => Ok(found.into()),
        // A name was changed while it was looked up: who may wait will find out.
        Err(Errno::AGAIN | Errno::INTR) => Err(ErrorKind::WouldBlock.into()),
        // An old kernel; a filter of system calls that does not know this one.
        Err(error @ (Errno::NOSYS | Errno::PERM | Errno::OPNOTSUPP | Errno::INVAL)) => {
            give_up(&ABILITY.opens, "openat2 with RESOLVE_CACHED", error);
            Err(ErrorKind::WouldBlock.into())
        }
        Err(error) => Err(error.into()),
    }
}

fn give_up(ability: &AtomicBool, call: &str, error: Errno) {
    if ability.swap(false, Ordering::Relaxed) {
        tracing::debug!(%error, "{call} is not to be had: all files are read on other threads");
    }
}

// === impl Ability ===

impl Ability {
    fn is_local(&self, device: u64) -> bool {
        self.local.load(Ordering::Relaxed) == device.wrapping_add(1)
    }

    /// Asks what a device is that was not the last one.
    fn learn_device(&self, device: u64, filesystem: impl FnOnce() -> rustix::io::Result<StatFs>) {
        if self.is_local(device) {
            return;
        }
        match filesystem() {
            Ok(filesystem) if LOCAL.contains(&(filesystem.f_type as u64)) => {
                self.local.store(device.wrapping_add(1), Ordering::Relaxed);
            }
            Ok(_) => give_up(
                &self.opens,
                "a filesystem that is known to be local",
                Errno::REMOTE,
            ),
            Err(_) => {}
        }
    }
}

/// Filesystems of this machine alone (statfs(2), "f_type"): nobody else changes what is on
/// them, so names and times in the kernel's memory are those of now.
const LOCAL: [u64; 9] = [
    0xEF53,      // ext2, ext3, ext4
    0x5846_5342, // XFS
    0x9123_683E, // Btrfs
    0xF2F5_2010, // F2FS
    ZFS,
    0xCA45_1A4E, // bcachefs
    0x794C_7630, // overlayfs
    0x0102_1994, // tmpfs
    0x8584_58F6, // ramfs
];
const ZFS: u64 = 0x2FC1_2FC1;

// === impl Stat ===

impl From<&rustix::fs::Stat> for Stat {
    fn from(stat: &rustix::fs::Stat) -> Self {
        use std::time::{Duration, SystemTime};

        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Directory,
            FileType::Symlink => Kind::Link,
            FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => Kind::Other,
        };
        let since = u64::try_from(stat.st_mtime)
            .ok()
            .and_then(|seconds| {
                SystemTime::UNIX_EPOCH
                    .checked_add(Duration::new(seconds, nanos(stat.st_mtime_nsec)))
            })
            .unwrap_or_else(SystemTime::now);
        Self {
            kind,
            size: stat.st_size.unsigned_abs(),
            modified: since,
            device: stat.st_dev,
        }
    }
}

// === impl Stamp ===

impl From<&rustix::fs::Stat> for Stamp {
    fn from(stat: &rustix::fs::Stat) -> Self {
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            modified: (stat.st_mtime, nanos(stat.st_mtime_nsec)),
            changed: (stat.st_ctime, nanos(stat.st_ctime_nsec)),
        }
    }
}

/// Less than a second, as the kernel gives them.
fn nanos(nanos: u64) -> u32 {
    u32::try_from(nanos).unwrap_or_default()
}
