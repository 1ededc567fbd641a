//! A directory that is held open: what is read and written in it, so that others only ever
//! see whole files.

mod unfinished;

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, Dir, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

pub(crate) use self::unfinished::{Unfinished, unique};
use crate::ImageError;
use crate::file::FileSpan;

/// It. Clones are the same directory.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    handle: Arc<OwnedFd>,
    path: PathBuf,
    durability: Durability,
}

/// When what was written is said to be there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Durability {
    /// When the kernel has it, as `cp` does: power loss within some seconds may damage it. The
    /// next copy to the same place finds that by the digests, and mends it.
    #[default]
    Kernel,
    /// When the disk has it.
    Disk,
}

// === impl Directory ===

impl Directory {
    pub(crate) fn open(path: &Path) -> Result<Self, ImageError> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
        // The directory of a bare name of a file is this one.
        let named = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        let handle = rustix::fs::openat(CWD, named, flags, Mode::empty());
        let handle = handle.map_err(|error| ImageError::file("open", path)(error.into()))?;
        Ok(Self {
            handle: Arc::new(handle),
            path: path.to_owned(),
            durability: Durability::default(),
        })
    }

    /// The same for what has to be this durable.
    pub(crate) fn with_durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// Opens it, and makes it if it is not there, with those above it.
    pub(crate) fn create(path: &Path, durability: Durability) -> Result<Self, ImageError> {
        let mut missing = path.ancestors().collect::<Vec<_>>();
        missing.reverse();
        for path in missing.into_iter().filter(|it| !it.as_os_str().is_empty()) {
            match rustix::fs::mkdir(path, Mode::from_raw_mode(0o755)) {
                // Somebody may not write where a directory is already: opening it will tell.
                Err(Errno::EXIST | Errno::ROFS | Errno::ACCESS | Errno::PERM) => {}
                Ok(()) => {
                    // One that may be written and not read cannot be synced.
                    if let Ok(parent) = Self::open(path.parent().unwrap_or(path)) {
                        parent.with_durability(durability).sync(".")?;
                    }
                }
                Err(error) => return Err(ImageError::file("make", path)(error.into())),
            }
        }
        Ok(Self::open(path)?.with_durability(durability))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a directory in it.
    pub(crate) fn make(&self, name: &str) -> Result<(), ImageError> {
        match rustix::fs::mkdirat(&*self.handle, name, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(error) => Err(self.error("make", name)(error.into())),
        }
    }

    /// A file in it; `None` if there is none of that name. What is no file does not block.
    pub(crate) fn file(&self, name: &str) -> Result<Option<File>, ImageError> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        match rustix::fs::openat(&*self.handle, name, flags, Mode::empty()) {
            Ok(file) => Ok(Some(file.into())),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(error) => Err(self.error("open", name)(error.into())),
        }
    }

    /// Waits until the disk has the names in a directory of it, if that is wanted; `.` is
    /// itself.
    pub(crate) fn sync(&self, name: &str) -> Result<(), ImageError> {
        match self.durability {
            Durability::Kernel => return Ok(()),
            Durability::Disk => {}
        }
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
        let opened = rustix::fs::openat(&*self.handle, name, flags, Mode::empty());
        let synced = opened.and_then(rustix::fs::fsync);
        synced.map_err(|error| self.error("sync", name)(error.into()))
    }

    /// Waits until the disk has a file of it, if that is wanted.
    pub(crate) fn settle(&self, file: &FileSpan) -> Result<(), ImageError> {
        match self.durability {
            Durability::Kernel => Ok(()),
            Durability::Disk => file.sync(),
        }
    }

    /// Waits for whoever else writes; the lock lasts as long as what is returned.
    pub(crate) fn lock(&self, name: &str) -> Result<File, ImageError> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
        let opened = rustix::fs::openat(&*self.handle, name, flags, Mode::empty());
        let opened = opened.map_err(|error| self.error("open", name)(error.into()))?;
        rustix::fs::flock(&opened, FlockOperation::LockExclusive)
            .map_err(|error| self.error("lock", name)(error.into()))?;
        Ok(opened.into())
    }

    /// Says that somebody writes here, and removes what others left unfinished if nobody else
    /// does.
    pub(crate) fn claim(&self) -> Result<(), ImageError> {
        let alone = rustix::fs::flock(&*self.handle, FlockOperation::NonBlockingLockExclusive);
        if alone.is_ok() {
            self.sweep().map_err(self.error("read", "."))?;
        }
        // Whoever sweeps is soon done. Filesystems without locks have no second writer that is
        // told from a dead one.
        let _shared = rustix::fs::flock(&*self.handle, FlockOperation::LockShared);
        Ok(())
    }

    /// The name of something that is not ours: none of these, and not hidden.
    pub(crate) fn foreign(&self, known: &[&str]) -> Result<Option<String>, ImageError> {
        let find = || -> io::Result<Option<String>> {
            for entry in Dir::read_from(&*self.handle)? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if !name.starts_with('.') && !known.contains(&&*name) {
                    return Ok(Some(name));
                }
            }
            Ok(None)
        };
        find().map_err(self.error("read", "."))
    }

    fn sweep(&self) -> io::Result<()> {
        for entry in Dir::read_from(&*self.handle)? {
            self.remove_if_abandoned(entry?.file_name());
        }
        Ok(())
    }

    fn error(&self, action: &'static str, name: &str) -> impl FnOnce(io::Error) -> ImageError {
        let path = self.path.join(name);
        move |source| ImageError::File {
            action,
            path,
            source,
        }
    }
}
