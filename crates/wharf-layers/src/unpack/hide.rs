//! What layers take away: whiteouts, opaque directories, and what a new entry replaces.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, chmodat, fstat, openat, statat, unlinkat};
use rustix::io::Errno;

use crate::action::is_reserved;
use crate::error::{Reason, Refusal};
use crate::name::{EntryPath, join, pop};

use super::Unpacking;
use super::brought::Brought;
use super::directories::Directories;
use super::root::{Links, Place, Root, child};

/// A removal of everything but what is kept.
pub(super) struct Removal<'a> {
    /// Where nothing is removed from elsewhere: no mount is entered.
    pub(super) device: u64,
    pub(super) kept: &'a Brought,
    /// Those that are gone are forgotten.
    pub(super) directories: &'a mut Directories,
}

// === impl Unpacking ===

impl Unpacking {
    /// Takes away what lower layers have at a path. What is not there need not be taken away.
    pub(super) fn hide(&mut self, path: &EntryPath) -> Result<(), Reason> {
        let (parent, name) = path.split();
        if let Some(place) = self.find_for_whiteout(parent)? {
            let mut path = child(&place.path, name);
            self.root.forget();
            self.removal().remove(place.fd.as_fd(), name, &mut path)?;
        }
        Ok(())
    }

    /// Takes away what lower layers have in a directory.
    pub(super) fn hide_all_in(&mut self, path: &EntryPath) -> Result<(), Reason> {
        if let Some(mut place) = self.find_for_whiteout(path.bytes())? {
            self.root.forget();
            // What a path leads to is not open for reading.
            let directory = open(place.fd.as_fd(), b".").map_err(failed)?;
            self.removal().remove_all_in(&directory, &mut place.path)?;
        }
        Ok(())
    }

    fn find_for_whiteout(&self, path: &[u8]) -> Result<Option<Place>, Reason> {
        self.root
            .find(path, Links::Refused(Refusal::WhiteoutThroughLink))
    }

    fn removal(&mut self) -> Removal<'_> {
        Removal {
            device: self.root.device,
            kept: &self.brought,
            directories: &mut self.directories,
        }
    }
}

/// Removes what is called `name`, whichever layer brought it.
pub(super) fn replace(
    root: &mut Root,
    directories: &mut Directories,
    place: &Place,
    name: &[u8],
) -> Result<(), Reason> {
    root.forget();
    let kept = &Brought::default();
    let mut removal = Removal {
        device: root.device,
        kept,
        directories,
    };
    let mut path = child(&place.path, name);
    removal.remove(place.fd.as_fd(), name, &mut path).map(drop)
}

// === impl Removal ===

impl Removal<'_> {
    /// Removes what is called `name` in a directory and has this `path`. Returns whether it is
    /// still there, for itself or for something below it. Directories are never deeper within
    /// each other than our bound, so neither is the recursion.
    pub(super) fn remove(
        &mut self,
        parent: BorrowedFd<'_>,
        name: &[u8],
        path: &mut Vec<u8>,
    ) -> Result<bool, Reason> {
        let stays = match open(parent, name) {
            Ok(directory) => self.remove_all_in(&directory, path)? || self.kept.has(path),
            Err(Errno::NOTDIR | Errno::LOOP) => return self.remove_file(parent, name, path),
            Err(Errno::NOENT) => return Ok(false),
            Err(errno) => return Err(failed(errno)),
        };
        if !stays {
            unlinkat(parent, name, AtFlags::REMOVEDIR).map_err(failed)?;
            self.directories.remove(path);
        }
        Ok(stays)
    }

    /// Removes what is in a directory. Returns whether anything is still there.
    pub(super) fn remove_all_in(
        &mut self,
        directory: &OwnedFd,
        path: &mut Vec<u8>,
    ) -> Result<bool, Reason> {
        if fstat(directory).map_err(failed)?.st_dev != self.device {
            return Err(failed(Errno::XDEV));
        }
        let is_root = path.is_empty();
        let mut stays = false;
        for entry in Dir::read_from(directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_bytes();
            // Only our own mark has such a name.
            if matches!(name, b"." | b"..") || is_root && is_reserved(name) {
                continue;
            }
            join(path, name);
            let removed = self.remove(directory.as_fd(), name, path);
            pop(path);
            stays |= removed?;
        }
        Ok(stays)
    }

    fn remove_file(
        &self,
        parent: BorrowedFd<'_>,
        name: &[u8],
        path: &[u8],
    ) -> Result<bool, Reason> {
        if self.kept.has(path) {
            return Ok(true);
        }
        unlinkat(parent, name, AtFlags::empty()).map_err(failed)?;
        Ok(false)
    }
}

/// Opens a directory, which an unpacking that was interrupted at its end may have closed to its
/// owner.
fn open(parent: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    const FLAGS: OFlags = OFlags::DIRECTORY
        .union(OFlags::NOFOLLOW)
        .union(OFlags::CLOEXEC);
    match openat(parent, name, FLAGS, Mode::empty()) {
        Err(Errno::ACCESS) => {
            let found = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
            if FileType::from_raw_mode(found.st_mode) == FileType::Directory {
                chmodat(parent, name, Mode::RWXU, AtFlags::empty())?;
            }
            openat(parent, name, FLAGS, Mode::empty())
        }
        opened => opened,
    }
}

fn failed(errno: Errno) -> Reason {
    Reason::disk("removing what a layer takes away")(errno)
}
