//! Files by name, wherever they are: in a directory, or in an archive that is not unpacked.

use std::sync::Arc;

use bytes::Bytes;

use crate::ImageError;
use crate::directory::Directory;
use crate::file::{FileSpan, blocking};

/// Named files.
pub(crate) trait Members: Send + Sync {
    /// The directory or archive, for errors.
    fn place(&self) -> String;

    /// One of the files; `None` if there is none of that name. It waits for the disk.
    fn member(&self, name: &str) -> Result<Option<FileSpan>, ImageError>;
}

impl Members for Directory {
    fn place(&self) -> String {
        self.path().display().to_string()
    }

    fn member(&self, name: &str) -> Result<Option<FileSpan>, ImageError> {
        let file = self.file(name)?;
        let path = self.path().join(name);
        file.map(|file| FileSpan::new(file, &path)).transpose()
    }
}

/// A file of that name.
pub(crate) async fn open(
    members: &Arc<dyn Members>,
    name: &str,
) -> Result<Option<FileSpan>, ImageError> {
    let (members, name) = (Arc::clone(members), name.to_owned());
    blocking(move || members.member(&name)).await
}

/// All of a file of that name, if it has no more than `most` bytes.
pub(crate) async fn read(
    members: &Arc<dyn Members>,
    name: &str,
    most: u64,
) -> Result<Option<Bytes>, ImageError> {
    let (members, name) = (Arc::clone(members), name.to_owned());
    blocking(move || {
        let Some(span) = members.member(&name)? else {
            return Ok(None);
        };
        let what = format!("{name} in {}", members.place());
        span.read(most, &what).map(Some)
    })
    .await
}
