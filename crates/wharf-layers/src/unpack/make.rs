//! What entries bring.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags, ftruncate, makedev, mkdirat, mknodat, openat, symlinkat};
use rustix::io::{Errno, pwrite};

use crate::archive::{Archive, Device, Entry, Kind};
use crate::error::{Reason, Refusal};
use crate::name::{EntryPath, MOST_DEPTH, check_bytes};

use super::hide::replace;
use super::metadata::{self, Target};
use super::notice::Notice;
use super::root::{Place, child};
use super::{Progress, Unpacking};

/// Directories that no entry describes.
const IMPLIED: u32 = 0o755;
const NEW_FILE: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);
const DIRECTORY: OFlags = OFlags::DIRECTORY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

// === impl Unpacking ===

impl Unpacking {
    /// Brings what an entry describes to its path, in place of what is there, except that a
    /// directory keeps what is in it.
    pub(super) fn put(
        &mut self,
        path: &EntryPath,
        entry: &Entry,
        archive: &mut Archive<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), Reason> {
        if path.is_root() {
            return self.describe_root(entry);
        }
        let (parent, name) = path.split();
        if let Kind::HardLink(target) = &entry.kind {
            return self.link(target, parent, name);
        }
        let place = self.place(parent)?;
        match &entry.kind {
            Kind::File { size } => {
                let file = self.new_file(&place, name)?;
                write(&file, *size, archive, progress)?;
                self.describe(Target::Open(file.as_fd()), entry)?;
            }
            Kind::Directory => self.directory(&place, name, entry)?,
            Kind::Symlink(target) => self.symlink(&place, name, target, entry)?,
            Kind::Fifo => self.node(&place, name, FileType::Fifo, 0, entry)?,
            Kind::CharacterDevice(device) => {
                self.node(
                    &place,
                    name,
                    FileType::CharacterDevice,
                    number(*device),
                    entry,
                )?;
            }
            Kind::BlockDevice(device) => {
                self.node(&place, name, FileType::BlockDevice, number(*device), entry)?;
            }
            // Handled above, since its target is looked for before its place is made.
            Kind::HardLink(_) => {}
        }
        self.brought.add(&child(&place.path, name));
        Ok(())
    }

    /// The directory that an entry is put into.
    pub(super) fn place(&mut self, parent: &[u8]) -> Result<std::rc::Rc<Place>, Reason> {
        let place = self.root.make(parent)?;
        for made in self.root.take_made() {
            self.directories.add(made, IMPLIED);
        }
        Ok(place)
    }

    /// Makes something whose name may be taken by something else.
    pub(super) fn make<T>(
        &mut self,
        place: &Place,
        name: &[u8],
        action: &'static str,
        attempt: impl Fn() -> Result<T, Errno>,
    ) -> Result<T, Reason> {
        match attempt() {
            Err(Errno::EXIST) => {
                replace(&mut self.root, &mut self.directories, place, name)?;
                attempt()
            }
            other => other,
        }
        .map_err(Reason::disk(action))
    }

    fn new_file(&mut self, place: &Place, name: &[u8]) -> Result<OwnedFd, Reason> {
        self.make(place, name, "making a file", || {
            openat(&place.fd, name, NEW_FILE, Mode::RUSR | Mode::WUSR)
        })
    }

    fn directory(&mut self, place: &Place, name: &[u8], entry: &Entry) -> Result<(), Reason> {
        if place.depth >= MOST_DEPTH {
            return Err(Refusal::TooDeep.into());
        }
        let open = || openat(&place.fd, name, DIRECTORY, Mode::empty());
        let directory = match open() {
            Ok(directory) => {
                metadata::clear_xattrs(directory.as_fd())?;
                directory
            }
            Err(_) => {
                self.make(place, name, "making a directory", || {
                    mkdirat(&place.fd, name, Mode::RWXU)
                })?;
                open().map_err(Reason::disk("opening a directory"))?
            }
        };
        self.directories.describe(child(&place.path, name), entry);
        metadata::set_xattrs(
            Target::Open(directory.as_fd()),
            &entry.xattrs,
            &mut self.notices,
        )
    }

    fn describe_root(&mut self, entry: &Entry) -> Result<(), Reason> {
        metadata::clear_xattrs(self.root.fd.as_fd())?;
        self.directories.describe(Vec::new(), entry);
        metadata::set_xattrs(
            Target::Open(self.root.fd.as_fd()),
            &entry.xattrs,
            &mut self.notices,
        )
    }

    fn symlink(
        &mut self,
        place: &Place,
        name: &[u8],
        target: &[u8],
        entry: &Entry,
    ) -> Result<(), Reason> {
        if target.is_empty() {
            return Err(Refusal::EmptyTarget.into());
        }
        check_bytes(target)?;
        self.make(place, name, "making a symbolic link", || {
            symlinkat(target, &place.fd, name)
        })?;
        let made = Target::Named(place.fd.as_fd(), name);
        metadata::own(made, entry.uid, entry.gid, 0, &mut self.notices)?;
        metadata::set_xattrs(made, &entry.xattrs, &mut self.notices)?;
        metadata::set_time(made, entry.modified)
    }

    fn node(
        &mut self,
        place: &Place,
        name: &[u8],
        kind: FileType,
        device: u64,
        entry: &Entry,
    ) -> Result<(), Reason> {
        let attempt = || match mknodat(&place.fd, name, kind, Mode::RUSR | Mode::WUSR, device) {
            Ok(()) => Ok(true),
            Err(Errno::PERM) if kind != FileType::Fifo => Ok(false),
            Err(errno) => Err(errno),
        };
        if self.make(place, name, "making a fifo or a device", attempt)? {
            return self.describe(Target::Named(place.fd.as_fd(), name), entry);
        }
        // It cannot be had, but what it replaces is gone all the same.
        replace(&mut self.root, &mut self.directories, place, name)?;
        self.notices.add(Notice::DeviceSkipped);
        Ok(())
    }

    fn describe(&mut self, target: Target<'_>, entry: &Entry) -> Result<(), Reason> {
        let notices = &mut self.notices;
        let mode = metadata::own(target, entry.uid, entry.gid, entry.mode, notices)?;
        metadata::set_mode(target, mode)?;
        metadata::set_xattrs(target, &entry.xattrs, notices)?;
        metadata::set_time(target, entry.modified)
    }
}

/// Writes the content of a new file. Pieces of zeroes, and what the archive leaves out, become
/// holes.
fn write(
    file: &OwnedFd,
    size: u64,
    archive: &mut Archive<'_>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(), Reason> {
    let mut end = 0;
    archive.content(|offset, piece| {
        progress(Progress::Content {
            bytes: piece.len() as u64,
        });
        if piece.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        end = offset + piece.len() as u64;
        write_at(file, offset, piece).map_err(Reason::disk("writing a file"))
    })?;
    if end < size {
        ftruncate(file, size).map_err(Reason::disk("setting the size of a file"))?;
    }
    Ok(())
}

fn write_at(file: &OwnedFd, mut offset: u64, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let written = match pwrite(file, bytes, offset) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => written,
            Err(Errno::INTR) => continue,
            Err(errno) => return Err(errno),
        };
        offset += written as u64;
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}

fn number(device: Device) -> u64 {
    makedev(device.major, device.minor)
}
