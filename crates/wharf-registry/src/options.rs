//! What an operator can choose about the domain.

use std::time::Duration;

use crate::{Releases, Untagged};

mod classes;
mod platforms;
mod urls;

pub use self::classes::{Class, ClassError, Classes};
pub use self::platforms::{RequiredPlatform, RequiredPlatforms};
pub use self::urls::{UrlLists, UrlPatternError, UrlPolicy};

/// The choices, with the defaults of `wharf serve`.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// May clients delete blobs, manifests and tags?
    pub deletion: Deletion,
    /// May a manifest refer to what the repository does not hold?
    pub sparse: SparseManifests,
    /// Which URLs may the layers of a manifest name?
    pub urls: UrlPolicy,
    /// What may be pushed at all?
    pub classes: Classes,
    /// How many bytes of manifests and of small blobs are kept in memory? None by default.
    pub memory: u64,
    /// How long does a collection leave alone what a client was told of? It decides how often
    /// things are touched; 0 for every time.
    pub grace: Duration,
    /// How long can be restored what was deleted? Not at all by default.
    pub trash: Duration,
    /// What becomes of manifests without a tag?
    pub untagged: Untagged,
    /// In which repositories may a tag that is not there stand for a release?
    pub releases: Releases,
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
/// distributable (see [`UrlPolicy`]), and subjects, may always be missing.
/// distribution: `validation.manifests.indexes.platforms`
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum SparseManifests {
    /// Every config, layer and child must be there (distribution: `all`).
    #[default]
    Refused,
    /// Children of an index may be missing, but not those for these platforms
    /// (distribution: `list`).
    IndexesBut(RequiredPlatforms),
    /// Children of an index may be missing: mirrors that keep a few platforms only
    /// (distribution: `none`).
    Indexes,
    /// Anything may be missing.
    All,
}
