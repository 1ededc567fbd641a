//! What is remembered of layers beside the store, where several servers can ask for it.
//!
//! It only ever saves questions to the store, and only where the answer promises nothing: a
//! pull that is sent elsewhere. Whoever is told that something stays is told by the store.
// distribution: registry/storage/cache/cachedblobdescriptorstore.go

mod forgetting;

use std::time::Instant;

use async_trait::async_trait;
use wharf_spec::{Digest, RepositoryName};

pub use self::forgetting::Forgetting;

/// A memory of which layers repositories hold, which may lose anything at any time.
#[async_trait]
pub trait Descriptors: Send + Sync + 'static {
    /// What was found when somebody last looked for the layer, if that was not long ago.
    ///
    /// # Errors
    /// When there is no telling; the store is asked then. Whoever waits does not wait long.
    async fn layer(&self, name: &RepositoryName, digest: Digest) -> Result<Option<Layer>, Silence>;

    /// The store has the layer, and had it when it was asked, which was begun at `looked`.
    /// What was forgotten since then stays forgotten.
    async fn remember(&self, name: &RepositoryName, digest: Digest, layer: Layer, looked: Instant);

    /// Returns when it is forgotten, or when that is owed: nobody is told of it from here then.
    async fn forget(&self, gone: Gone);
}

/// A layer as its repository's link has it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Layer {
    /// The digest that its data is stored by.
    pub target: Digest,
    /// Bytes of the data.
    pub size: u64,
}

/// Something that the store does not have any more.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Gone {
    /// The link of a layer or of a manifest.
    Link(RepositoryName, Digest),
    /// The data of one.
    Data(Digest),
}

/// Nothing was answered, which has been logged.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("what is remembered of layers could not be asked for")]
pub struct Silence;
