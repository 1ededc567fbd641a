//! What an operator can choose about the domain.

/// The choices, with the defaults of `wharf serve`.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// May clients delete blobs, manifests and tags?
    pub deletion: Deletion,
    /// May a manifest refer to what the repository does not hold?
    pub sparse: SparseManifests,
}

/// May clients delete? (distribution: `storage.delete.enabled`)
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Deletion {
    /// Yes.
    #[default]
    Enabled,
    /// No: deletions are answered with `UNSUPPORTED`.
    Disabled,
}

/// May a manifest refer to what the repository does not hold?
///
/// OCI distribution-spec, "Push": a registry MAY refuse it. Layers that are not
/// distributable, and subjects, may always be missing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SparseManifests {
    /// Every config, layer and child must be there.
    #[default]
    Refused,
    /// Children of an index may be missing: mirrors that keep a few platforms only.
    Indexes,
    /// Anything may be missing.
    All,
}
