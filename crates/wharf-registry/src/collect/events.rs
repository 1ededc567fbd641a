//! What a collection tells of itself while it runs.

use wharf_spec::{Digest, RepositoryName};

/// One thing that a collection came upon.
#[derive(Clone, Copy, Debug)]
pub enum CollectionEvent<'a> {
    /// It looks at a repository.
    Repository(&'a RepositoryName),
    /// A manifest stays.
    Manifest {
        /// Where it is.
        repository: &'a RepositoryName,
        /// Its digest.
        digest: Digest,
    },
    /// A manifest that stays needs this; told the first time in a run.
    Blob {
        /// Where that manifest is.
        repository: &'a RepositoryName,
        /// What it needs.
        digest: Digest,
    },
    /// A manifest goes, or would.
    ManifestEligible {
        /// Where it is.
        repository: &'a RepositoryName,
        /// Its digest.
        digest: Digest,
        /// All tags of the repository.
        tags: &'a [String],
    },
    /// A layer link goes, or would.
    LinkEligible {
        /// Where it is.
        repository: &'a RepositoryName,
        /// Its digest.
        digest: Digest,
    },
    /// Data goes, or would.
    BlobEligible {
        /// Its digest.
        digest: Digest,
        /// Bytes in it.
        size: u64,
    },
    /// Something could not be read, understood or removed.
    Problem {
        /// Where.
        path: &'a str,
        /// What is wrong.
        what: &'a str,
    },
}

/// Who is told what a collection comes upon.
pub trait CollectionEvents: Send {
    /// It has come upon this. The run goes on when this returns.
    fn tell(&mut self, event: CollectionEvent<'_>);
}

/// Nobody.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

// === impl Silent ===

impl CollectionEvents for Silent {
    fn tell(&mut self, _: CollectionEvent<'_>) {}
}
