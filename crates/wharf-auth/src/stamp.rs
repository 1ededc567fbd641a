//! Noticing that a file has changed, without reading it.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// What changes when a file does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Stamp {
    modified: SystemTime,
    len: u64,
    /// Two files may be of the same moment, when one is put in the other's place.
    inode: u64,
}

// === impl Stamp ===

impl Stamp {
    /// That of the file as it is now.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a file of the operator's, not of the store"
        )]
        let metadata = std::fs::metadata(path)?;
        Ok(Self {
            modified: metadata.modified()?,
            len: metadata.len(),
            inode: metadata.ino(),
        })
    }
}

/// How long what is known of a file is good enough.
pub(crate) const LOOK: Duration = Duration::from_secs(1);
