//! Files that are being written, under names that no image has.

use std::ffi::CStr;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use wharf_spec::Digest;

use super::{Directory, Durability};
use crate::ImageError;
use crate::file::FileSpan;
use crate::output::Output;

/// A file under a temporary name.
#[derive(Debug)]
pub(crate) struct Unfinished {
    directory: Directory,
    name: String,
    pub(crate) output: Output,
    end: End,
}

/// What becomes of the file when nobody writes it any more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    Removed,
    /// It stays for whoever goes on with it, if there is anything in it.
    Kept,
    Published,
}

// === impl Directory ===

impl Directory {
    /// Begins a file. A name that begins with a dot is skipped by whoever lists images.
    pub(crate) fn begin(&self) -> Result<Unfinished, ImageError> {
        let name = unique();
        let file = self.create_file(&name, OFlags::EXCL)?;
        // Nobody sweeps it as long as it is open.
        let _locked = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive);
        Ok(self.unfinished(name, file, End::Removed))
    }

    /// Goes on with the file of a blob where an interrupted copy left it, or begins one. If
    /// another copy is at it, this one begins a file of its own.
    pub(crate) fn go_on(&self, digest: &Digest) -> Result<Unfinished, ImageError> {
        let name = format!("{PART}{}", digest.hex());
        let Ok(file) = self.create_file(&name, OFlags::NOFOLLOW | OFlags::APPEND) else {
            // Of another user, perhaps.
            return self.begin();
        };
        let is_free = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive);
        // Another copy may have ended it, and given it its name, before it was locked.
        if is_free.is_err() || !self.is_called(&file, &name)? {
            return self.begin();
        }
        Ok(self.unfinished(name, file, End::Kept))
    }

    /// Removes a file that was left by a copy, if nobody writes it and nobody will go on with
    /// it. What cannot be removed stays.
    pub(super) fn remove_if_abandoned(&self, name: &CStr) {
        let end = name.to_str().ok().and_then(end_of);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = end.and_then(|end| {
            let file = rustix::fs::openat(&*self.handle, name, flags, Mode::empty()).ok()?;
            Some((end, File::from(file)))
        });
        let Some((end, file)) = opened else {
            return;
        };
        let is_old = || {
            let modified = file.metadata().and_then(|metadata| metadata.modified());
            let age = modified.map(|modified| SystemTime::now().duration_since(modified));
            age.is_ok_and(|age| age.is_ok_and(|age| age > FORGOTTEN))
        };
        let is_over = end == End::Removed || is_old();
        let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
        let is_free = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
        if is_over && is_file && is_free {
            let _removed = rustix::fs::unlinkat(&*self.handle, name, AtFlags::empty());
        }
    }

    fn create_file(&self, name: &str, flags: OFlags) -> Result<OwnedFd, ImageError> {
        let flags = flags | OFlags::CREATE | OFlags::RDWR | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o644);
        let file = rustix::fs::openat(&*self.handle, name, flags, mode);
        file.map_err(|error| self.error("write", name)(error.into()))
    }

    fn is_called(&self, file: &OwnedFd, name: &str) -> Result<bool, ImageError> {
        let failed = |error: rustix::io::Errno| self.error("read", name)(error.into());
        let own = rustix::fs::fstat(file).map_err(failed)?;
        match rustix::fs::statat(&*self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(named) => Ok((own.st_dev, own.st_ino) == (named.st_dev, named.st_ino)),
            Err(rustix::io::Errno::NOENT) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    fn unfinished(&self, name: String, file: OwnedFd, end: End) -> Unfinished {
        Unfinished {
            directory: self.clone(),
            name,
            output: Output::new(file.into()),
            end,
        }
    }
}

// === impl Unfinished ===

impl Unfinished {
    /// Where it is.
    pub(crate) const fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(crate) async fn write(&mut self, bytes: Bytes) -> Result<(), ImageError> {
        let written = self.output.write(bytes).await;
        written.map_err(self.directory.error("write", &self.name))
    }

    /// How many bytes are in it.
    pub(crate) fn length(&self) -> Result<u64, ImageError> {
        let metadata = self.output.file().metadata();
        let metadata = metadata.map_err(self.directory.error("read", &self.name))?;
        Ok(metadata.len())
    }

    /// What is in it, to be read.
    pub(crate) fn span(&self) -> Result<FileSpan, ImageError> {
        let file = self.output.file().try_clone();
        let file: File = file.map_err(self.directory.error("read", &self.name))?;
        FileSpan::new(file, &self.directory.path.join(&self.name))
    }

    /// Throws away what is in it.
    pub(crate) fn clear(&mut self) -> Result<(), ImageError> {
        let cleared = self.output.clear();
        cleared.map_err(self.directory.error("write", &self.name))
    }

    /// Gives it its name when all of it is written. That the name survives needs a
    /// [`Directory::sync`].
    pub(crate) async fn publish(self, name: &str) -> Result<(), ImageError> {
        let durability = self.directory.durability;
        self.publish_as(name, durability).await
    }

    /// The same with a durability of its own.
    pub(crate) async fn publish_as(
        mut self,
        name: &str,
        durability: Durability,
    ) -> Result<(), ImageError> {
        let written = match durability {
            Durability::Kernel => self.output.flush().await,
            Durability::Disk => self.output.sync().await,
        };
        written.map_err(self.directory.error("write", name))?;
        let handle = &*self.directory.handle;
        rustix::fs::renameat(handle, self.name.as_str(), handle, name)
            .map_err(|error| self.directory.error("write", name)(error.into()))?;
        self.end = End::Published;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let is_left = match self.end {
            End::Removed => false,
            End::Kept => self.length().is_ok_and(|length| length > 0),
            End::Published => return,
        };
        if !is_left {
            let handle = &*self.directory.handle;
            // What is left is swept by the next one who writes here.
            let _removed = rustix::fs::unlinkat(handle, self.name.as_str(), AtFlags::empty());
        }
    }
}

// === private ===

/// A name that nobody else uses.
pub(crate) fn unique() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let moment = since.map_or(0, |since| since.as_nanos());
    format!("{PREFIX}{}-{moment:x}-{number}", std::process::id())
}

/// Which kind of temporary name this is; `None` if somebody else gave it.
fn end_of(name: &str) -> Option<End> {
    let is_hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let rest = name.strip_prefix(PREFIX)?;
    if let Some(hex) = name.strip_prefix(PART) {
        return (matches!(hex.len(), 64 | 128) && is_hexadecimal(hex)).then_some(End::Kept);
    }
    let parts: Vec<_> = rest.split('-').collect();
    let is_ours = parts.len() == 3 && parts.iter().all(|it| !it.is_empty() && is_hexadecimal(it));
    is_ours.then_some(End::Removed)
}

/// How names of files begin that are being written.
const PREFIX: &str = ".wharf-";
/// The same where the next copy goes on with them; the digest follows.
const PART: &str = ".wharf-part-";
/// Nobody comes back after that.
const FORGOTTEN: Duration = Duration::from_hours(24 * 7);
