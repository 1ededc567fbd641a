//! Archives that hold layouts: how they are opened, and how they are written.

mod compression;
mod listing;
mod target;

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags};

use self::compression::Compression;
pub(crate) use self::target::{ArchiveForm, ArchiveTarget};
use crate::file::{FileSpan, blocking};
use crate::members::Members;
use crate::place::Stream;
use crate::tar::Contents;
use crate::{ImageError, scratch};

impl Members for Contents {
    fn place(&self) -> String {
        self.archive().path().display().to_string()
    }

    fn member(&self, name: &str) -> Result<Option<FileSpan>, ImageError> {
        Ok(self.file(name))
    }
}

/// Opens an archive that may be a pipe, or compressed: then all of it goes to a file without a
/// name in `scratch` first, since it cannot be read twice.
pub(crate) async fn open(stream: &Stream, scratch: &Path) -> Result<Arc<dyn Members>, ImageError> {
    let (stream, scratch) = (stream.clone(), scratch.to_owned());
    blocking(move || {
        let path = stream.path();
        let file = file(&stream)?;
        let metadata = file.metadata().map_err(ImageError::file("read", path))?;
        if metadata.is_dir() {
            let problem = "it is a directory, and no archive";
            return Err(ImageError::damaged(path.display().to_string(), problem));
        }
        let head = compression::head(&file).map_err(ImageError::file("read", path))?;
        let compression = Compression::of(&head);
        let all = io::Cursor::new(head).chain(&file);
        contents(match compression {
            Some(compression) => compression.undo(all, path, &scratch)?,
            None if metadata.is_file() => FileSpan::new(file, path)?,
            None => scratch::spool(all, path, &scratch)?,
        })
    })
    .await
}

/// The files of an archive. It waits for the disk.
pub(crate) fn contents(span: FileSpan) -> Result<Arc<dyn Members>, ImageError> {
    Ok(Arc::new(Contents::read(span)?))
}

// === private ===

fn file(stream: &Stream) -> Result<File, ImageError> {
    let path = stream.path();
    let opened = match stream {
        Stream::Standard => rustix::io::fcntl_dupfd_cloexec(io::stdin().as_fd(), 0),
        Stream::File(path) => {
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            rustix::fs::openat(CWD, path, flags, Mode::empty())
        }
    };
    let opened = opened.map_err(|error| ImageError::file("open", path)(error.into()));
    opened.map(File::from)
}
