//! What happens while an image is copied.

use std::fmt;
use std::sync::Arc;

use wharf_spec::{Descriptor, Digest, RepositoryName};

/// Something that happened. Blobs begin and end in any order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// It is known what the copy consists of; of several copies, each has one.
    Planned {
        /// Blobs that the target is asked to take.
        blobs: usize,
        /// Bytes that they have.
        bytes: u64,
        /// Manifests that are written.
        manifests: usize,
    },
    /// A blob is to be copied; whether it has to be read is not known yet.
    Begun(Descriptor),
    /// So many more bytes of a blob were read. After a broken connection, bytes may be read
    /// again, and counted again.
    Bytes {
        /// The blob.
        digest: Digest,
        /// How many.
        bytes: u64,
    },
    /// A blob was written.
    Done(Descriptor),
    /// A blob was there already, or need not be.
    Skipped(Descriptor),
    /// A registry took a blob from another of its repositories.
    Mounted {
        /// The blob.
        descriptor: Descriptor,
        /// That repository.
        from: RepositoryName,
    },
    /// A manifest was written; the last one is the root.
    Manifest(Descriptor),
}

/// Who is told. It is called from within the copy, and should not take long.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(&Event) + Send + Sync>);

// === impl Progress ===

impl Progress {
    /// Whoever this is.
    pub fn new(tell: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    pub(super) fn tell(&self, event: &Event) {
        (self.0)(event);
    }
}

/// Nobody.
impl Default for Progress {
    fn default() -> Self {
        Self::new(|_| {})
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}
