//! Noticing that a file has changed, without reading it.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// What changes when a file does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Stamp {
    modified: SystemTime,
    len: u64,
    /// Two files may be of the same moment, when one is put in the other's place.
    inode: u64,
}

/// When a file was last looked at.
#[derive(Debug)]
pub(crate) struct Looked(Instant);

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

// === impl Looked ===

impl Looked {
    /// Just now.
    pub(crate) fn now() -> Self {
        Self(Instant::now())
    }

    /// Whether it is time to look again, which of all who ask the one does who is told so.
    pub(crate) fn is_due(&mut self) -> bool {
        let is_due = self.0.elapsed() >= LOOK;
        if is_due {
            self.0 = Instant::now();
        }
        is_due
    }
}

/// How long what is known of a file is good enough.
const LOOK: Duration = Duration::from_secs(1);
