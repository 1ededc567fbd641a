//! Headers of archives that are written: what does not fit stands in PAX records before them.

use std::io::{self, Write};
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::fs::{Stat, lgetxattr, llistxattr, major, minor};
use tar::{Builder, EntryType, Header};

/// What a header says besides what the system tells of every file.
#[derive(Default)]
pub(super) struct Written {
    path: Vec<u8>,
    pub(super) target: Vec<u8>,
    xattrs: Vec<(String, Vec<u8>)>,
}

/// Of the fields for names.
const FIELD: usize = 100;
/// Linux: `XATTR_SIZE_MAX` and `XATTR_LIST_MAX`
const MOST_XATTR: usize = 65536;

// === impl Written ===

impl Written {
    pub(super) fn at(path: &[u8]) -> Self {
        Self {
            path: path.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn link(path: &[u8], target: Vec<u8>) -> Self {
        Self {
            target,
            ..Self::at(path)
        }
    }

    pub(super) fn end_with_slash(&mut self) {
        self.path.push(b'/');
    }

    /// Those that can be read; without /proc, none.
    pub(super) fn read_xattrs(&mut self, parent: BorrowedFd<'_>, name: &[u8]) {
        let mut path = format!("/proc/self/fd/{}/", parent.as_raw_fd()).into_bytes();
        path.extend(name);
        let mut buffer = vec![0; MOST_XATTR];
        let Ok(len) = llistxattr(path.as_slice(), &mut buffer[..]) else {
            return;
        };
        let names = buffer.get(..len).unwrap_or_default().to_owned();
        for name in names
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty())
        {
            let Ok(key) = std::str::from_utf8(name) else {
                continue;
            };
            if let Ok(len) = lgetxattr(path.as_slice(), name, &mut buffer[..]) {
                let value = buffer.get(..len).unwrap_or_default().to_owned();
                self.xattrs.push((format!("SCHILY.xattr.{key}"), value));
            }
        }
    }

    /// Writes the records, and returns the header that is to follow them.
    pub(super) fn header<W: Write>(
        self,
        builder: &mut Builder<W>,
        kind: EntryType,
        stat: &Stat,
        size: u64,
    ) -> io::Result<Header> {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(stat.st_mode & 0o7777);
        header.set_uid(stat.st_uid.into());
        header.set_gid(stat.st_gid.into());
        header.set_mtime(u64::try_from(stat.st_mtime).unwrap_or_default());
        if matches!(kind, EntryType::Char | EntryType::Block) {
            header.set_device_major(major(stat.st_rdev))?;
            header.set_device_minor(minor(stat.st_rdev))?;
        }
        let old = header.as_old_mut();
        fill(&mut old.name, &self.path);
        fill(&mut old.linkname, &self.target);
        header.set_cksum();
        let mut records = self.xattrs;
        for (key, value) in [("path", self.path), ("linkpath", self.target)] {
            if value.len() > FIELD {
                records.push((key.to_owned(), value));
            }
        }
        if let Some(time) = exact_time(stat) {
            records.push(("mtime".to_owned(), time.into_bytes()));
        }
        if !records.is_empty() {
            let records = records
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_slice()));
            builder.append_pax_extensions(records)?;
        }
        Ok(header)
    }
}

fn fill(field: &mut [u8; FIELD], name: &[u8]) {
    field
        .iter_mut()
        .zip(name)
        .for_each(|(byte, from)| *byte = *from);
}

/// The time as a record, if a header cannot have it.
fn exact_time(stat: &Stat) -> Option<String> {
    let (seconds, nanoseconds) = (stat.st_mtime, stat.st_mtime_nsec);
    match (seconds, nanoseconds) {
        (0.., 0) => None,
        (0.., _) => Some(format!("{seconds}.{nanoseconds:09}")),
        (_, 0) => Some(seconds.to_string()),
        // -1.5 is half a second after -2.
        _ => Some(format!(
            "-{}.{:09}",
            -(seconds + 1),
            1_000_000_000 - nanoseconds
        )),
    }
}
