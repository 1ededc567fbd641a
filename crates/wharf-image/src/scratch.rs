//! Files without a name, for what can be read only once.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags};

use crate::ImageError;
use crate::directory::unique;
use crate::file::FileSpan;

/// A file in a directory that nobody else can see, and that is gone when it is closed.
pub(crate) fn file(directory: &Path) -> Result<File, ImageError> {
    let unnamed = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let opened = rustix::fs::openat(CWD, directory, unnamed, Mode::RUSR | Mode::WUSR);
    let opened = opened.or_else(|_| {
        // Not every filesystem knows files without names.
        let path = directory.join(unique());
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
        let file = rustix::fs::openat(CWD, &path, flags, Mode::RUSR | Mode::WUSR)?;
        rustix::fs::unlink(&path)?;
        Ok::<_, rustix::io::Errno>(file)
    });
    let opened = opened.map_err(io::Error::from);
    opened
        .map(File::from)
        .map_err(ImageError::file("write a temporary file in", directory))
}

/// Copies all that can be read to such a file. It waits for whoever writes.
pub(crate) fn spool(
    mut from: impl Read,
    name: &Path,
    directory: &Path,
) -> Result<FileSpan, ImageError> {
    let mut file = file(directory)?;
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(ImageError::file("read", name)(error)),
        };
        let bytes = buffer.get(..length).unwrap_or_default();
        file.write_all(bytes)
            .map_err(ImageError::file("write a temporary file in", directory))?;
    }
    FileSpan::new(file, name)
}

/// Bytes that are copied at once.
const BUFFER: usize = 256 << 10;
