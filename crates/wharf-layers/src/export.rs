//! A root filesystem as one archive, as `docker export` gives it.
//!
//! It is written from a directory, so layers are applied to a temporary one first. Two passes
//! over the layers would do without the disk, and need every layer twice, which most sources
//! cannot give.

mod header;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, chmodat, openat, readlinkat, statat,
};
use rustix::io::Errno;
use tar::{Builder, EntryType};

use crate::name::{join, pop};
use crate::unpack::MARK;

use self::header::Written;

/// Writes what is in a directory that was unpacked to, in the order of names, without a name for
/// the root: names, kinds, owners, modes, times to the nanosecond, extended attributes, hard
/// links. Holes are written as zeroes. It blocks.
///
/// # Errors
/// When the directory is marked as incomplete, cannot be read, changes meanwhile, or the output
/// does not take it.
pub fn export<W: Write>(directory: &Path, mut output: W) -> io::Result<()> {
    let root = openat(
        CWD,
        directory,
        DIRECTORY.difference(OFlags::NOFOLLOW),
        Mode::empty(),
    )?;
    match statat(&root, MARK, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => {}
        Ok(_) => return Err(io::Error::other("the image in this directory is not whole")),
        Err(errno) => return Err(errno.into()),
    }
    // Dropped, it would end the archive: one that is not whole must not look as if it were.
    let mut builder = ManuallyDrop::new(Builder::new(&mut output));
    let mut export = Export {
        builder: &mut builder,
        path: Vec::new(),
        links: HashMap::new(),
    };
    match export.directory(&root) {
        Ok(()) => ManuallyDrop::into_inner(builder).finish(),
        Err(error) => {
            // Readers take it that an archive ends between two files, not within a header.
            let _broken = output.write_all(b"incomplete");
            Err(error)
        }
    }
}

const DIRECTORY: OFlags = OFlags::DIRECTORY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::NOFOLLOW
    .union(OFlags::CLOEXEC)
    .union(OFlags::NONBLOCK);

struct Export<'a, W: Write> {
    builder: &'a mut Builder<W>,
    path: Vec<u8>,
    /// The names of files that have several, by file system and inode.
    links: HashMap<(u64, u64), Vec<u8>>,
}

// === impl Export ===

impl<W: Write> Export<'_, W> {
    fn directory(&mut self, directory: &OwnedFd) -> io::Result<()> {
        let mut names = Vec::new();
        for entry in Dir::read_from(directory)? {
            let name = entry?.file_name().to_bytes().to_owned();
            if !matches!(name.as_slice(), b"." | b"..") {
                names.push(name);
            }
        }
        names.sort_unstable();
        for name in names {
            join(&mut self.path, &name);
            self.entry(directory.as_fd(), &name)?;
            pop(&mut self.path);
        }
        Ok(())
    }

    fn entry(&mut self, parent: BorrowedFd<'_>, name: &[u8]) -> io::Result<()> {
        let stat = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        let inode = (stat.st_dev, stat.st_ino);
        if kind != FileType::Directory && stat.st_nlink > 1 {
            if let Some(first) = self.links.get(&inode).cloned() {
                return self.plain(EntryType::Link, &stat, Written::link(&self.path, first));
            }
            self.links.insert(inode, self.path.clone());
        }
        let mut written = Written::at(&self.path);
        written.read_xattrs(parent, name);
        match kind {
            FileType::RegularFile => {
                let file = open(parent, name, FILE, &stat)?;
                self.file(File::from(file), &stat, written)
            }
            FileType::Directory => {
                written.end_with_slash();
                self.plain(EntryType::Directory, &stat, written)?;
                let directory = open(parent, name, DIRECTORY, &stat)?;
                self.directory(&directory)
            }
            FileType::Symlink => {
                written.target = readlinkat(parent, name, Vec::new())?.into_bytes();
                self.plain(EntryType::Symlink, &stat, written)
            }
            FileType::Fifo => self.plain(EntryType::Fifo, &stat, written),
            FileType::CharacterDevice => self.plain(EntryType::Char, &stat, written),
            FileType::BlockDevice => self.plain(EntryType::Block, &stat, written),
            // Sockets are of no use to anybody else; images have none.
            FileType::Socket | FileType::Unknown => Ok(()),
        }
    }

    fn plain(&mut self, kind: EntryType, stat: &Stat, written: Written) -> io::Result<()> {
        let header = written.header(self.builder, kind, stat, 0)?;
        self.builder.append(&header, io::empty())
    }

    fn file(&mut self, file: File, stat: &Stat, written: Written) -> io::Result<()> {
        let size = u64::try_from(stat.st_size).unwrap_or_default();
        let header = written.header(self.builder, EntryType::Regular, stat, size)?;
        let mut content = file.take(size);
        self.builder.append(&header, &mut content)?;
        if content.limit() > 0 {
            return Err(io::Error::other("a file has become shorter meanwhile"));
        }
        Ok(())
    }
}

/// Opens what was looked at. A mode that shuts out the owner, as that of `/etc/shadow` does in
/// some images, is opened up: whoever is not root could not read it.
fn open(parent: BorrowedFd<'_>, name: &[u8], flags: OFlags, stat: &Stat) -> io::Result<OwnedFd> {
    match openat(parent, name, flags, Mode::empty()) {
        Err(Errno::ACCESS) => {
            let mode = Mode::from_raw_mode(stat.st_mode & 0o7777) | Mode::RUSR | Mode::XUSR;
            chmodat(parent, name, mode, AtFlags::empty())?;
            Ok(openat(parent, name, flags, Mode::empty())?)
        }
        opened => Ok(opened?),
    }
}
