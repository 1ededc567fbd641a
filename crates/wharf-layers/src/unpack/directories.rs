//! Owners, modes and times of directories: they are set when everything is in place, since what
//! is put into a directory changes its time, and since a user who is not root could not put
//! anything into one that is read-only.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;

use rustix::fs::{Mode, OFlags, openat};

use crate::archive::{Entry, Time};
use crate::error::{Reason, Refusal};

use super::metadata::{self, Target};
use super::notice::Notices;
use super::root::{Links, Root};

/// What a directory is to become.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settled {
    pub(super) mode: u32,
    /// `None`: whoever made it.
    pub(super) owner: Option<(u32, u32)>,
    /// `None`: when it was made.
    pub(super) modified: Option<Time>,
}

/// All directories of the image so far, by their paths after symbolic links.
#[derive(Default)]
pub(super) struct Directories {
    settled: BTreeMap<Vec<u8>, Settled>,
    /// Bytes of the paths.
    names: u64,
}

// === impl Directories ===

impl Directories {
    /// An entry describes a directory. The last one counts.
    pub(super) fn describe(&mut self, path: Vec<u8>, entry: &Entry) {
        self.insert(
            path,
            Settled {
                mode: entry.mode,
                owner: Some((entry.uid, entry.gid)),
                modified: Some(entry.modified),
            },
        );
    }

    /// A directory that no entry has described yet.
    pub(super) fn add(&mut self, path: Vec<u8>, mode: u32) {
        if !self.settled.contains_key(&path) {
            self.insert(
                path,
                Settled {
                    mode,
                    owner: None,
                    modified: None,
                },
            );
        }
    }

    pub(super) fn remove(&mut self, path: &[u8]) {
        if self.settled.remove(path).is_some() {
            self.names = self.names.saturating_sub(path.len() as u64);
        }
    }

    /// How many bytes their paths have.
    pub(super) const fn names(&self) -> u64 {
        self.names
    }

    fn insert(&mut self, path: Vec<u8>, settled: Settled) {
        let len = path.len() as u64;
        if self.settled.insert(path, settled).is_none() {
            self.names = self.names.saturating_add(len);
        }
    }

    /// Settles all of them but the root, which it returns. A directory comes after those within,
    /// since it may then be closed to us.
    pub(super) fn settle(&mut self, root: &Root, notices: &mut Notices) -> Result<Settled, Reason> {
        let mut top = Settled {
            mode: 0o755,
            owner: None,
            modified: None,
        };
        for (path, settled) in self.settled.iter().rev() {
            if path.is_empty() {
                top = *settled;
                continue;
            }
            let place = root.find(path, Links::Refused(Refusal::ParentNotDirectory))?;
            let place = place.ok_or(Refusal::ParentNotDirectory)?;
            let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let fd = openat(&place.fd, ".", flags, Mode::empty());
            let fd = fd.map_err(Reason::disk("opening a directory"))?;
            settle(Target::Open(rustix::fd::AsFd::as_fd(&fd)), settled, notices)?;
        }
        Ok(top)
    }
}

/// Settles the root itself.
pub(super) fn settle_root(
    root: &Root,
    settled: &Settled,
    notices: &mut Notices,
) -> Result<(), Reason> {
    let fd: BorrowedFd<'_> = rustix::fd::AsFd::as_fd(&root.fd);
    settle(Target::Open(fd), settled, notices)
}

fn settle(target: Target<'_>, settled: &Settled, notices: &mut Notices) -> Result<(), Reason> {
    let mode = match settled.owner {
        Some((uid, gid)) => metadata::own(target, uid, gid, settled.mode, notices)?,
        None => settled.mode,
    };
    metadata::set_mode(target, mode)?;
    match settled.modified {
        Some(modified) => metadata::set_time(target, modified),
        None => Ok(()),
    }
}
