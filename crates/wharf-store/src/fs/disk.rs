//! Every system call that the file driver makes, behind one trait, so that a test can
//! record or fail each of them.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::num::NonZeroU64;
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

    /// Begins to write these bytes of the file to the disk, so that its sync will be short.
    /// It does not wait for them and promises nothing.
    fn begin_to_write(&self, _file: &File, _offset: u64, _length: NonZeroU64) {}

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
    /// far. A disk on which nobody wrote before has nothing to do.
    ///
    /// # Errors
    /// As the system call. One error is told once, whosever write it was.
    fn sync_everything(&self, _directory: &File) -> io::Result<()> {
        Ok(())
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
