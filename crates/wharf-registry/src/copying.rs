//! Copying all that is stored somewhere to somewhere else, as often as it takes.
//!
//! Each pass reads from the outside in: tags before the manifests they lead to, these before
//! layers, and links before bytes. It writes from the inside out: bytes that were hashed on
//! their way, then links, then tags. So whatever comes or goes in the source meanwhile, and
//! wherever a pass ends, what can be found in the target is whole. What is there already is not
//! copied again: an interrupted pass is made once more, and the last one takes as long as it
//! takes to look. Nothing is ever written to the source.

mod blobs;
mod events;
mod links;
mod manifests;
mod pass;
mod repositories;
mod repository;
mod stream;
mod surplus;
mod tags;
mod transfer;
mod trash;

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use wharf_store::{Store, StoreError};

use self::pass::Pass;
use crate::key::Key;
use crate::{Registry, Result};

pub use self::events::{CopyEvents, CopyProblem, CopyProgress, CopyStage, ProblemKind};

/// How to copy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Copying {
    /// Blobs that are under way at once.
    pub at_once: NonZeroUsize,
    /// Bytes that are read of the source in a second; 0 for any number.
    pub rate: u64,
    /// What is believed of blobs that are in the target already.
    pub verify: Verify,
    /// What becomes of what the target has and the source has not.
    pub surplus: OnSurplus,
}

/// What is believed of blobs that are in the target already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verify {
    /// Those of the right size are right.
    Size,
    /// They are hashed.
    Digest,
}

/// What becomes of what the target has and the source has not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OnSurplus {
    /// It stays, and is counted.
    Keep,
    /// It is removed; bytes are left to the next collection there.
    Remove,
}

/// What a pass came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Copied {
    /// Repositories that were looked through.
    pub repositories: u64,
    /// Blobs, those of manifests included, that were in the target already.
    pub present: u64,
    /// Blobs that were copied.
    pub blobs: u64,
    /// The bytes of those.
    pub bytes: u64,
    /// Of those, blobs that were damaged in the target.
    pub repaired: u64,
    /// Links of layers, of manifests and of the history of tags that were written.
    pub links: u64,
    /// Tags that were written: new ones, and those that lead to another manifest.
    pub tags: u64,
    /// Deletions that can be undone in the target too.
    pub trash: u64,
    /// What the target had and the source had not, and that was removed.
    pub removed: Surplus,
    /// The same of what stays.
    pub left: Surplus,
    /// Tags that were moved or removed in the source while they were copied: the next pass
    /// sees to them.
    pub behind: u64,
    /// Things that could not be copied.
    pub problems: u64,
    /// How long it took.
    #[serde(skip)]
    pub duration: Duration,
}

/// What the target has and the source has not.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Surplus {
    /// Tags.
    pub tags: u64,
    /// Manifests.
    pub manifests: u64,
    /// Links of layers.
    pub layers: u64,
    /// Deletions that can be undone.
    pub trash: u64,
}

/// Why a pass did not begin, or did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Both are one.
    #[error(
        "both configurations name the same storage, or somebody copies into the source at this \
         moment: look at their root directories and buckets"
    )]
    SameStorage,
    /// Clients may push there.
    #[error(
        "a server is running on the target: stop it, since what is pushed there would be mixed \
         up with what is copied"
    )]
    TargetServed,
    /// Another one copies to the target.
    #[error("another copy into the target is under way: wait for its end")]
    Busy,
    /// There is no repository.
    #[error(
        "the source holds no repository: look at its root directory, below which there should \
         be docker/registry/v2/repositories"
    )]
    NothingThere,
    /// The target, or what nothing can be done without, failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes one pass from `source` to `target`. What cannot be read of the source is told, and
/// the rest is copied.
///
/// # Errors
/// When it may not begin; when the target fails. What was copied until then is whole, and
/// another pass goes on from there.
pub async fn copy(
    source: Arc<dyn Store>,
    target: Arc<dyn Store>,
    copying: &Copying,
    events: &dyn CopyEvents,
) -> std::result::Result<Copied, CopyError> {
    let began = tokio::time::Instant::now();
    let name = Key::Copying.path();
    if target.is_held(&name).await? {
        return Err(CopyError::Busy);
    }
    let _held = target.hold(&name).await?;
    // Where that cannot be told, it is another one: this one can.
    if source.is_held(&name).await.unwrap_or(false) {
        return Err(CopyError::SameStorage);
    }
    if target.is_held(&Key::Serving.path()).await? {
        return Err(CopyError::TargetServed);
    }
    match source.list(&Key::Repositories.path()).await {
        Ok(listing) if !listing.is_empty() => {}
        Ok(_) | Err(StoreError::NotFound(_)) => return Err(CopyError::NothingThere),
        Err(error) => return Err(error.into()),
    }
    let pass = Pass::new(&*source, &*target, *copying, events);
    pass.run().await?;
    let mut copied = pass.copied();
    copied.duration = began.elapsed();
    Ok(copied)
}

// === impl Copied ===

impl Copied {
    /// How many things are in the target now that were not before, or not like this. Once it is
    /// small, or 0, the next pass is short.
    #[must_use]
    pub const fn changed(&self) -> u64 {
        self.blobs + self.links + self.tags + self.trash + self.removed.total()
    }
}

// === impl Surplus ===

impl Surplus {
    /// All of it.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.tags + self.manifests + self.layers + self.trash
    }
}

// === impl Registry ===

impl Registry {
    /// Blobs come before the links that keep them.
    pub(crate) async fn is_not_copied_to(&self) -> Result<()> {
        let path = Key::Copying.path();
        if self.inner.store.is_held(&path).await? {
            let why = "somebody copies into this storage: collect when that is over";
            return Err(StoreError::from_io("collect", &path, io::Error::other(why)).into());
        }
        Ok(())
    }
}
