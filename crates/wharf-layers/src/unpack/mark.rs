//! The mark of a directory that does not have the whole image.

use std::fmt::Display;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, Dir, FlockOperation, Mode, OFlags, Stat, fchmod, flock, fstat, mkdirat, openat,
    statat, unlinkat,
};
use rustix::io::{Errno, pwrite};

use crate::error::Reason;

use super::UnpackError;
use super::brought::Brought;
use super::directories::Directories;
use super::hide::Removal;
use super::root::Root;

/// A file of this name in a directory says that the image in it is not whole, and why. No image
/// can bring or hide it: names that begin with `.wh.` are whiteouts, and those that begin with
/// `.wh..wh.` in the root were AUFS's.
pub const MARK: &str = ".wh..wh.wharf-incomplete";
/// What only a file system that does not tell cases apart has.
const MARK_IN_CAPITALS: &str = ".WH..WH.WHARF-INCOMPLETE";

const BEGINNING: &str = "This directory does not have the whole image: it is being unpacked, or \
                         that was interrupted.\nUnpacking to it again begins anew.\n";

/// What is in a directory.
struct Found {
    is_marked: bool,
    /// But for the mark.
    is_empty: bool,
}

/// The mark, held by a lock as long as somebody is at work.
pub(super) struct Mark {
    path: PathBuf,
    file: OwnedFd,
}

pub(super) fn begin(path: &Path) -> Result<(Root, Mark, Directories), UnpackError> {
    let failed = |action| move |errno: Errno| disk(path, action, errno.into());
    let made = match mkdirat(CWD, path, Mode::RWXU) {
        Ok(()) => true,
        Err(Errno::EXIST) => false,
        Err(errno) => return Err(failed("making the directory")(errno)),
    };
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = openat(CWD, path, flags, Mode::empty()).map_err(failed("opening it"))?;
    let found = fstat(&fd).map_err(failed("looking at it"))?;
    look(&fd, path)?.check(path)?;
    let (file, marked) = take(&fd, path)?;
    if !marked && !look(&fd, path)?.is_empty {
        // Somebody has just completed an image here.
        unlinkat(&fd, MARK, AtFlags::empty()).map_err(failed("removing the mark"))?;
        return Err(UnpackError::NotEmpty(path.to_owned()));
    }
    let mark = Mark {
        path: path.to_owned(),
        file,
    };
    let root = Root::new(fd, found.st_dev);
    fchmod(&root.fd, Mode::RWXU).map_err(failed("closing it to others"))?;
    let mut directories = Directories::default();
    if marked {
        clear(&root, &mut directories).map_err(|reason| disk_error(path, reason))?;
    }
    if statat(&root.fd, MARK_IN_CAPITALS, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
        return Err(UnpackError::CaseInsensitive(path.to_owned()));
    }
    // A directory that was there keeps its mode, unless it was closed by one that was interrupted.
    let mode = if made || marked {
        0o755
    } else {
        found.st_mode & 0o7777
    };
    directories.add(Vec::new(), mode);
    Ok((root, mark, directories))
}

/// Removes a directory that was unpacked to with all that is in it, whatever modes that has. It
/// blocks.
///
/// # Errors
/// When somebody else is at it, or the disk does not let it.
pub fn remove(path: &Path) -> Result<(), UnpackError> {
    let failed = |action| move |errno: Errno| disk(path, action, errno.into());
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = openat(CWD, path, flags, Mode::empty()).map_err(failed("opening it"))?;
    let device = fstat(&fd).map_err(failed("looking at it"))?.st_dev;
    // From here on it is no image any more, whatever happens.
    fchmod(&fd, Mode::RWXU).map_err(failed("closing it to others"))?;
    let (_mark, _) = take(&fd, path)?;
    let root = Root::new(fd, device);
    clear(&root, &mut Directories::default()).map_err(|reason| disk_error(path, reason))?;
    unlinkat(&root.fd, MARK, AtFlags::empty()).map_err(failed("removing the mark"))?;
    unlinkat(CWD, path, AtFlags::REMOVEDIR).map_err(failed("removing it"))
}

pub(super) fn disk_error(path: &Path, reason: Reason) -> UnpackError {
    match reason {
        Reason::Disk { action, source } => disk(path, action, source),
        // Somebody has replaced our directories by something else.
        other => disk(path, "completing it", io::Error::other(other)),
    }
}

// === impl Found ===

impl Found {
    /// Without a mark there must not be anything.
    fn check(&self, path: &Path) -> Result<(), UnpackError> {
        if self.is_marked || self.is_empty {
            Ok(())
        } else {
            Err(UnpackError::NotEmpty(path.to_owned()))
        }
    }
}

// === impl Mark ===

impl Mark {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes down why there is no whole image. The directory is as incomplete if that fails.
    pub(super) fn tell(&self, why: &impl Display) {
        let text = format!("{BEGINNING}{why}\n");
        let _ = pwrite(&self.file, text.as_bytes(), 0);
    }

    pub(super) fn remove(&self, root: &Root) -> Result<(), UnpackError> {
        unlinkat(&root.fd, MARK, AtFlags::empty())
            .map_err(|errno| disk(&self.path, "removing the mark", errno.into()))
    }
}

fn look(fd: &OwnedFd, path: &Path) -> Result<Found, UnpackError> {
    let failed = |errno: Errno| disk(path, "listing it", errno.into());
    let mut found = Found {
        is_marked: false,
        is_empty: true,
    };
    for entry in Dir::read_from(fd).map_err(failed)? {
        match entry.map_err(failed)?.file_name().to_bytes() {
            b"." | b".." => {}
            name if name == MARK.as_bytes() => found.is_marked = true,
            _ => found.is_empty = false,
        }
    }
    Ok(found)
}

/// Makes the mark, or takes that of one who did not come to his end; and whether it was there.
fn take(fd: &OwnedFd, path: &Path) -> Result<(OwnedFd, bool), UnpackError> {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let failed = |errno: Errno| disk(path, "marking it as incomplete", errno.into());
    let in_use = || UnpackError::InUse(path.to_owned());
    let new = flags | OFlags::CREATE | OFlags::EXCL;
    let (mark, was_there) = match openat(fd, MARK, new, Mode::RUSR | Mode::WUSR) {
        Ok(mark) => (mark, false),
        Err(Errno::EXIST) => match openat(fd, MARK, flags, Mode::empty()) {
            Ok(mark) => (mark, true),
            Err(Errno::NOENT) => return Err(in_use()),
            Err(errno) => return Err(failed(errno)),
        },
        Err(errno) => return Err(failed(errno)),
    };
    match flock(&mark, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Err(in_use()),
        Err(errno) => return Err(failed(errno)),
    }
    // Whoever had it may have completed the image, and removed it, before it was locked.
    let own = fstat(&mark).map_err(failed)?;
    let named = statat(fd, MARK, AtFlags::SYMLINK_NOFOLLOW);
    let is_same = |named: Stat| (named.st_dev, named.st_ino) == (own.st_dev, own.st_ino);
    if !named.is_ok_and(is_same) {
        return Err(in_use());
    }
    rustix::fs::ftruncate(&mark, 0).map_err(failed)?;
    pwrite(mark.as_fd(), BEGINNING.as_bytes(), 0).map_err(failed)?;
    Ok((mark, was_there))
}

fn clear(root: &Root, directories: &mut Directories) -> Result<(), Reason> {
    let kept = &Brought::default();
    let mut removal = Removal {
        device: root.device,
        kept,
        directories,
    };
    removal.remove_all_in(&root.fd, &mut Vec::new()).map(drop)
}

fn disk(path: &Path, action: &'static str, source: io::Error) -> UnpackError {
    UnpackError::Disk {
        path: path.to_owned(),
        action,
        source,
    }
}
