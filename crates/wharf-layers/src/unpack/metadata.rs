//! Owners, modes, extended attributes and times.

use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::fs::{
    AtFlags, Gid, Mode, Timespec, Timestamps, Uid, XattrFlags, chmodat, chownat, fchmod, fchown,
    flistxattr, fremovexattr, fsetxattr, futimens, lsetxattr, utimensat,
};
use rustix::io::Errno;

use crate::archive::{Time, Xattr};
use crate::error::Reason;

use super::notice::{Notice, Notices};

/// What is being described.
#[derive(Clone, Copy)]
pub(super) enum Target<'a> {
    /// An open file or directory.
    Open(BorrowedFd<'a>),
    /// Something that was just made in this directory, and that opening would not give: a
    /// symbolic link, a fifo, a device.
    Named(BorrowedFd<'a>, &'a [u8]),
}

/// setuid and setgid.
const SET_ID: u32 = 0o6000;

/// Sets owner and group, and returns the mode that may be set then: if the owner is not the
/// image's, a program must not run as somebody else. The mode has to be set afterwards, since
/// this takes setuid away.
pub(super) fn own(
    target: Target<'_>,
    uid: u32,
    gid: u32,
    mode: u32,
    notices: &mut Notices,
) -> Result<u32, Reason> {
    let (owner, group) = (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)));
    let owned = match target {
        Target::Open(fd) => fchown(fd, owner, group),
        Target::Named(parent, name) => {
            chownat(parent, name, owner, group, AtFlags::SYMLINK_NOFOLLOW)
        }
    };
    match owned {
        Ok(()) => Ok(mode),
        // The second: a user namespace that does not know the owner.
        Err(Errno::PERM | Errno::INVAL) => {
            notices.add(Notice::OwnerKept);
            if mode & SET_ID != 0 {
                notices.add(Notice::SetIdDropped);
            }
            Ok(mode & !SET_ID)
        }
        Err(errno) => Err(Reason::disk("setting the owner")(errno)),
    }
}

/// Sets all twelve bits. Not for symbolic links, which have none.
pub(super) fn set_mode(target: Target<'_>, mode: u32) -> Result<(), Reason> {
    let mode = Mode::from_raw_mode(mode);
    match target {
        Target::Open(fd) => fchmod(fd, mode),
        Target::Named(parent, name) => chmodat(parent, name, mode, AtFlags::empty()),
    }
    .map_err(Reason::disk("setting the mode"))
}

pub(super) fn set_time(target: Target<'_>, time: Time) -> Result<(), Reason> {
    let time = Timespec {
        tv_sec: time.seconds,
        tv_nsec: time.nanoseconds.into(),
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    match target {
        Target::Open(fd) => futimens(fd, &times),
        Target::Named(parent, name) => utimensat(parent, name, &times, AtFlags::SYMLINK_NOFOLLOW),
    }
    .map_err(Reason::disk("setting the time"))
}

/// Sets extended attributes, which has to come after the owner: changing that takes capabilities
/// away.
pub(super) fn set_xattrs(
    target: Target<'_>,
    xattrs: &[Xattr],
    notices: &mut Notices,
) -> Result<(), Reason> {
    for Xattr { name, value } in xattrs {
        if !is_allowed(name) {
            notices.add(Notice::XattrSkipped);
            continue;
        }
        let set = match target {
            Target::Open(fd) => fsetxattr(fd, name, value, XattrFlags::empty()),
            Target::Named(parent, file) => {
                lsetxattr(path_of(parent, file), name, value, XattrFlags::empty())
            }
        };
        match set {
            Ok(()) => {}
            // The last: there is no /proc.
            Err(
                Errno::PERM
                | Errno::ACCESS
                | Errno::NOTSUP
                | Errno::INVAL
                | Errno::RANGE
                | Errno::NOENT,
            ) => notices.add(Notice::XattrSkipped),
            Err(errno) => return Err(Reason::disk("setting an extended attribute")(errno)),
        }
    }
    Ok(())
}

/// Takes away what a lower layer's description of a directory has set: a description replaces
/// the one below as a whole.
pub(super) fn clear_xattrs(directory: BorrowedFd<'_>) -> Result<(), Reason> {
    let failed = |errno| Reason::disk("listing extended attributes")(errno);
    // Linux: `XATTR_LIST_MAX`
    let mut names = vec![0; 65536];
    let len = match flistxattr(directory, &mut names[..]) {
        Ok(len) => len,
        Err(Errno::NOTSUP) => return Ok(()),
        Err(errno) => return Err(failed(errno)),
    };
    let names = names.get(..len).unwrap_or_default();
    for name in names
        .split(|byte| *byte == 0)
        .filter(|name| is_allowed(name))
    {
        match fremovexattr(directory, name) {
            Ok(()) | Err(Errno::PERM | Errno::NODATA) => {}
            Err(errno) => return Err(failed(errno)),
        }
    }
    Ok(())
}

/// Those that mean something to the image, and not to the machine it is unpacked on: an overlay
/// mounted over the directory would obey `trusted.overlay.*`.
fn is_allowed(name: &[u8]) -> bool {
    const OVERLAY: [&[u8]; 2] = [b"trusted.overlay.", b"user.overlay."];
    const ALLOWED: [&[u8]; 3] = [b"user.", b"trusted.", b"system.posix_acl_"];
    let starts = |prefix: &&[u8]| name.starts_with(prefix);
    name == b"security.capability" || ALLOWED.iter().any(starts) && !OVERLAY.iter().any(starts)
}

/// There is no call that takes a directory and a name.
fn path_of(parent: BorrowedFd<'_>, file: &[u8]) -> Vec<u8> {
    let mut path = format!("/proc/self/fd/{}/", parent.as_raw_fd()).into_bytes();
    path.extend(file);
    path
}
