//! Every system call that the file driver makes, behind one trait, so that a test can
//! record or fail each of them.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;

/// What the driver asks of the operating system. Paths are absolute. All calls block.
pub trait Disk: Send + Sync + 'static {
    /// `mkdir`, mode 0777 less the umask.
    ///
    /// # Errors
    /// As the system call; `AlreadyExists` whatever kind of thing exists.
    fn make_directory(&self, path: &Path) -> io::Result<()>;

    /// Makes a new file, mode 0666 less the umask, open for appending.
    ///
    /// # Errors
    /// As `open` with `O_EXCL`.
    fn create(&self, path: &Path) -> io::Result<File>;

    /// Opens an existing file for appending.
    ///
    /// # Errors
    /// As the system call.
    fn open_to_append(&self, path: &Path) -> io::Result<File>;

    /// Opens a file, or a directory, for reading; a pipe without waiting for who writes to it.
    ///
    /// # Errors
    /// As the system call.
    fn open(&self, path: &Path) -> io::Result<File>;

    /// Appends all of the frames in order. After an error some of them may be there.
    ///
    /// # Errors
    /// As the system call.
    fn append(&self, file: &File, frames: &[Bytes]) -> io::Result<()>;

    /// As [`Disk::append`], to a file of `len` bytes of which nobody will read the end soon:
    /// it may go to the disk at once, and need not stay in memory.
    ///
    /// # Errors
    /// As [`Disk::append`].
    fn append_to_long(&self, file: &File, frames: &[Bytes], _len: u64) -> io::Result<()> {
        self.append(file, frames)
    }

    /// `fdatasync`: the content and what is needed to read it back.
    ///
    /// # Errors
    /// As the system call. After one, what was not synced must be thought lost.
    fn sync_file(&self, file: &File) -> io::Result<()>;

    /// `fsync` of a directory: which names it has and what they stand for.
    ///
    /// # Errors
    /// As `open` and `fsync`.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;

    /// `syncfs`: everything that anybody wrote to the filesystem of the open directory so
    /// far.
    ///
    /// # Errors
    /// As the system call. One error is told once, whosever write it was.
    fn sync_everything(&self, directory: &File) -> io::Result<()>;

    /// The same for what others wrote before this process came: a disk on which nobody did has
    /// nothing to do.
    ///
    /// # Errors
    /// As [`Disk::sync_everything`].
    fn sync_inherited(&self, directory: &File) -> io::Result<()> {
        self.sync_everything(directory)
    }

    /// How many bytes [`Disk::sync_everything`] would have to write, about; `None` where it
    /// is not known to cover all that single syncs do, with their errors.
    fn unwritten(&self, _directory: &File) -> Option<u64> {
        None
    }

    /// Moves a file over whatever file is at `to`.
    ///
    /// # Errors
    /// As the system call.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes the name of a file or of a symbolic link.
    ///
    /// # Errors
    /// As the system call; `IsADirectory` for directories.
    fn unlink(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty directory.
    ///
    /// # Errors
    /// As the system call.
    fn remove_directory(&self, path: &Path) -> io::Result<()>;

    /// Sets the times of a file to now.
    ///
    /// # Errors
    /// As `utimensat`.
    fn touch(&self, path: &Path) -> io::Result<()>;

    /// Sets the time at which a file was changed.
    ///
    /// # Errors
    /// As `utimensat`: unlike for [`Disk::touch`], one has to be the owner.
    fn set_modified(&self, path: &Path, time: SystemTime) -> io::Result<()>;

    /// Opens the file of a lock, which is made if it is missing: for reading and writing, since
    /// some network filesystems want that, or for reading where no more is allowed.
    ///
    /// # Errors
    /// As `open`.
    fn open_lock(&self, path: &Path) -> io::Result<File>;

    /// `flock`: waits only for a shared one. Who holds it is the open file.
    ///
    /// # Errors
    /// As the system call.
    fn lock(&self, file: &File, lock: Lock) -> io::Result<Locking>;

    /// What `path` stands for, links followed.
    ///
    /// # Errors
    /// As the system call.
    fn stat(&self, path: &Path) -> io::Result<Stat>;

    /// What an open file is.
    ///
    /// # Errors
    /// As the system call.
    fn stat_open(&self, file: &File) -> io::Result<Stat>;

    /// At most `limit` bytes from the start of the file.
    ///
    /// # Errors
    /// As the system call.
    fn read(&self, file: &File, limit: u64) -> io::Result<Vec<u8>>;

    /// The names in a directory, in no order, links not followed.
    ///
    /// # Errors
    /// As the system calls.
    fn list(&self, path: &Path) -> io::Result<Vec<Name>>;

    /// What `below` each of these names in a directory stands for, links followed; nothing
    /// where there is nothing.
    ///
    /// # Errors
    /// As [`Disk::stat`]; `NotFound` when the directory itself is not there.
    fn kinds(
        &self,
        directory: &Path,
        names: &[&str],
        below: &str,
    ) -> io::Result<Vec<Option<Kind>>> {
        let stats = names
            .iter()
            .map(|name| self.stat(&directory.join(name).join(below)));
        stats.map(kind_of).collect()
    }

    /// [`Disk::kinds`], as [`Disk::open_now`].
    ///
    /// # Errors
    /// As [`Disk::open_now`].
    fn kinds_now(
        &self,
        _directory: &Path,
        _names: &[&str],
        _below: &str,
    ) -> io::Result<Vec<Option<Kind>>> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// [`Disk::open`] and [`Disk::stat_open`] as far as the kernel need not wait for
    /// anything: this does not block. A disk that cannot tell always says `WouldBlock`.
    ///
    /// # Errors
    /// `WouldBlock` when only the calls that block can tell; else as the system calls.
    fn open_now(&self, _path: &Path) -> io::Result<(File, Stat)> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// [`Disk::stat`], as [`Disk::open_now`].
    ///
    /// # Errors
    /// As [`Disk::open_now`].
    fn stat_now(&self, _path: &Path) -> io::Result<Stat> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// The whole content of a file that has `size` bytes, as [`Disk::open_now`].
    ///
    /// # Errors
    /// As [`Disk::open_now`]; `WouldBlock` also when it has another size by now.
    fn read_now(&self, _file: &File, _size: usize) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// True when the kernel can tell of changes of these paths, by whoever they are made.
    fn tells_of_changes(&self) -> bool {
        false
    }

    /// What changes whenever a name in a directory does.
    ///
    /// # Errors
    /// `Unsupported` when nothing does, or nobody knows; else as the system call.
    fn stamp(&self, _path: &Path) -> io::Result<Stamp> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// [`Disk::stamp`] of each of these names in a directory; nothing where there is none.
    ///
    /// # Errors
    /// When the directory cannot be looked into.
    fn stamps(&self, directory: &Path, names: &[&str]) -> io::Result<Vec<Option<Stamp>>> {
        let stamp = |name: &&str| self.stamp(&directory.join(name)).ok();
        Ok(names.iter().map(stamp).collect())
    }

    /// [`Disk::stamp`], as [`Disk::open_now`].
    ///
    /// # Errors
    /// As [`Disk::open_now`].
    fn stamp_now(&self, _path: &Path) -> io::Result<Stamp> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

/// Which directory it is and when it was last changed. Two stamps of one path that are equal
/// mean the same names, if the earlier one was taken long enough after the change
/// ([`Stamp::is_settled`]).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stamp {
    /// `st_dev`.
    pub device: u64,
    /// `st_ino`.
    pub inode: u64,
    /// `st_mtime`: seconds since 1970, and nanoseconds.
    pub modified: (i64, u32),
    /// `st_ctime`, which nobody can set.
    pub changed: (i64, u32),
}

/// As much of `struct stat` as the driver needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stat {
    /// File, directory or other.
    pub kind: Kind,
    /// Bytes in a file.
    pub size: u64,
    /// When its content was last changed; now, where that is not known.
    pub modified: SystemTime,
    /// Which filesystem it is on.
    pub device: u64,
}

/// What is wanted of a lock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lock {
    /// To have it with others, as soon as nobody has it alone.
    Shared,
    /// To have it alone, if nobody has it.
    Exclusive,
    /// To have it no more.
    None,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Locking {
    /// It is as it was wanted.
    Locked,
    /// Somebody else has it.
    Busy,
    /// The file has no name any more: whoever comes next makes another one.
    Gone,
}

/// One name in a directory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Name {
    /// The name, which need not be UTF-8.
    pub name: OsString,
    /// What it stands for.
    pub kind: Kind,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link; never the answer where links are followed.
    Link,
    /// A socket, a device, a pipe.
    Other,
}

/// What a call of `stat` found; nothing if that is nothing.
pub(super) fn kind_of(stat: io::Result<Stat>) -> io::Result<Option<Kind>> {
    match stat {
        Ok(stat) => Ok(Some(stat.kind)),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(None),
            _ => Err(error),
        },
    }
}

// === impl Kind ===

impl From<std::fs::FileType> for Kind {
    fn from(kind: std::fs::FileType) -> Self {
        if kind.is_file() {
            Self::File
        } else if kind.is_dir() {
            Self::Directory
        } else if kind.is_symlink() {
            Self::Link
        } else {
            Self::Other
        }
    }
}
