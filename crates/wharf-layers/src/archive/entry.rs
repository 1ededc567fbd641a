//! An entry: what a layer says of one path.

use tar::{EntryType, Header};

use crate::error::{Damage, Reason, Refusal};

use super::extension::Extensions;
use super::number;

/// What a layer says of one path. Names are bytes, and not checked yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The path as the archive has it.
    pub name: Vec<u8>,
    /// What is there.
    pub kind: Kind,
    /// Permissions, with setuid, setgid and sticky: twelve bits.
    pub mode: u32,
    /// Who owns it.
    pub uid: u32,
    /// Whose group it has.
    pub gid: u32,
    /// When its content was last changed.
    pub modified: Time,
    /// Extended attributes (`SCHILY.xattr.*`), by name.
    pub xattrs: Vec<Xattr>,
}

/// What is at a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A file; its content is read from the archive.
    File {
        /// Bytes, with its holes.
        size: u64,
    },
    /// A directory.
    Directory,
    /// A symbolic link to this.
    Symlink(Vec<u8>),
    /// Another name of the file with this path.
    HardLink(Vec<u8>),
    /// A character device.
    CharacterDevice(Device),
    /// A block device.
    BlockDevice(Device),
    /// A named pipe.
    Fifo,
}

/// A device's numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Device {
    /// Which driver.
    pub major: u32,
    /// Which of its devices.
    pub minor: u32,
}

/// A moment: seconds since 1970 and nanoseconds after that.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Time {
    /// Seconds, negative before 1970.
    pub seconds: i64,
    /// Less than a thousand million.
    pub nanoseconds: u32,
}

/// An extended attribute.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Xattr {
    /// With its namespace: `security.capability`.
    pub name: Vec<u8>,
    /// Any bytes.
    pub value: Vec<u8>,
}

pub(super) fn name(header: &Header, found: &Extensions) -> Vec<u8> {
    match found.name() {
        Some(name) => name.to_owned(),
        None => header.path_bytes().into_owned(),
    }
}

pub(super) fn read(name: Vec<u8>, header: &Header, found: &Extensions) -> Result<Entry, Reason> {
    let old = header.as_old();
    let kind = kind(header, found, &name)?;
    let modified = match found.modified {
        Some(modified) => modified,
        None => Time {
            seconds: number::signed(&old.mtime, "time")?,
            nanoseconds: 0,
        },
    };
    Ok(Entry {
        kind,
        mode: (number::signed(&old.mode, "mode")? & 0o7777) as u32,
        uid: identity(found.uid, &old.uid, "owner")?,
        gid: identity(found.gid, &old.gid, "group")?,
        modified,
        xattrs: found.xattrs(),
        name,
    })
}

fn kind(header: &Header, found: &Extensions, name: &[u8]) -> Result<Kind, Reason> {
    let target = || match found.link() {
        Some(target) => target.to_owned(),
        None => header.link_name_bytes().unwrap_or_default().into_owned(),
    };
    let is_old = header.as_old().linkflag == [0];
    Ok(match header.entry_type() {
        // Before POSIX, a slash at the end was all that made a directory.
        EntryType::Regular if is_old && name.ends_with(b"/") => Kind::Directory,
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => Kind::File { size: 0 },
        EntryType::Directory => Kind::Directory,
        EntryType::Symlink => Kind::Symlink(target()),
        EntryType::Link => Kind::HardLink(target()),
        EntryType::Char => Kind::CharacterDevice(device(header)?),
        EntryType::Block => Kind::BlockDevice(device(header)?),
        EntryType::Fifo => Kind::Fifo,
        other => return Err(Refusal::UnknownType(other.as_byte()).into()),
    })
}

fn device(header: &Header) -> Result<Device, Damage> {
    let number = |at: usize| {
        let field = header.as_bytes().get(at..at + 8).unwrap_or_default();
        let number = number::unsigned(field, "device")?;
        u32::try_from(number).map_err(|_| Damage::BadNumber("device"))
    };
    // The same places in the headers of POSIX and of GNU.
    Ok(Device {
        major: number(329)?,
        minor: number(337)?,
    })
}

/// The largest number is no user: to the system it means that nothing be changed.
fn identity(pax: Option<u64>, field: &[u8], what: &'static str) -> Result<u32, Damage> {
    let number = match pax {
        Some(number) => number,
        None => number::unsigned(field, what)?,
    };
    match u32::try_from(number) {
        Ok(identity) if identity < u32::MAX => Ok(identity),
        _ => Err(Damage::BadNumber(what)),
    }
}
