//! The domain of a container registry: what a repository holds and how it changes.
//! No HTTP type is in it. Truth is the tree that distribution writes (see `Key`); it is
//! written in an order in which every prefix is legal, and every change of it passes
//! through this crate.

mod blobs;
mod catalog;
mod collect;
mod contents;
mod copying;
mod descriptors;
mod edge;
mod error;
mod explain;
mod frames;
mod key;
mod link;
mod manifests;
mod moment;
mod options;
mod purge;
mod referrers;
mod reliance;
mod repository;
mod scrub;
mod tags;
mod touched;
mod trash;
mod turns;
mod uploads;

use std::sync::Arc;

use wharf_cache::BlobCache;
use wharf_spec::{Digest, RepositoryName, Tag};
use wharf_store::{Hold, Locate, Store};

use crate::turns::Turns;

pub use blobs::{Blob, Mount};
pub use collect::{
    Collected, Collection, CollectionEnd, CollectionEvent, CollectionEvents, CollectionMode,
    CollectionObserver, CollectionStatus, Collector, CollectorState, Pace, Resume, Silent,
    UNTAGGED_BESIDE_CLIENTS, Untagged, UntaggedRule, Waiting,
};
pub use copying::{
    Copied, CopyError, CopyEvents, CopyProblem, CopyProgress, CopyStage, Copying, OnSurplus,
    ProblemKind, Surplus, Verify, copy,
};
pub use descriptors::{Descriptors, Forgetting, Gone, Layer, Silence};
pub use edge::EdgeBlobs;
pub use error::{Error, Result};
pub use explain::{Explained, Holder, HolderKind, Verdict};
pub use frames::{Frames, NoFrames};
pub use manifests::{MANIFEST_LIMIT, PushedManifest, StoredManifest};
pub use moment::moment;
pub use options::{
    Class, ClassError, Classes, Deletion, Options, RequiredPlatform, RequiredPlatforms,
    SparseManifests, UrlLists, UrlPatternError, UrlPolicy,
};
pub use purge::{PurgeMode, Purged, Purger, Purging};
pub use repository::{Deleted, Repository};
pub use scrub::{
    Finding, FindingKind, Outcome, ScrubEvents, ScrubMode, ScrubProgress, ScrubStart, Scrubbed,
    Scrubber, Scrubbing,
};
pub use tags::{Past, Releases, TagList};
pub use trash::{DamagedEntry, NoTrashId, Restored, Trash, TrashEntry, TrashId, TrashPage, What};
pub use uploads::{Upload, UploadStatus};

/// A registry over one store. Cloning it is cheap and gives the same registry.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

/// What stands beside a store, between it and the clients.
#[derive(Clone, Default)]
pub struct Companions {
    /// Who knows where else clients can have blobs from; `None` where they have them from here.
    pub locator: Option<Arc<dyn Locate>>,
    /// Who remembers layers for several servers: asked before the store where that is enough, and
    /// told what is removed.
    pub descriptors: Option<Arc<dyn Descriptors>>,
    /// Where blobs are kept that clients have from here and the store has far away.
    pub cache: Option<BlobCache>,
}

struct Inner {
    store: Arc<dyn Store>,
    around: Companions,
    options: Options,
    contents: contents::Contents,
    sessions: uploads::Sessions,
    sinks: uploads::SinkCount,
    recent: uploads::Recent,
    scans: referrers::Scans,
    touched: touched::Touched,
    bell: collect::bell::Bell,
    /// A manifest is pushed or deleted, not both.
    manifest_turns: Turns<(RepositoryName, Digest)>,
    /// A tag is moved or removed, not both.
    tag_turns: Turns<(RepositoryName, Tag)>,
}

// === impl Registry ===

impl Registry {
    /// The registry whose truth is in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, options: Options) -> Self {
        Self::with(store, Companions::default(), options)
    }

    /// The same, with all that stands around the store.
    #[must_use]
    pub fn with(store: Arc<dyn Store>, around: Companions, options: Options) -> Self {
        let store = match &around.descriptors {
            Some(descriptors) => Arc::new(Forgetting::new(store, Arc::clone(descriptors))),
            None => store,
        };
        Self {
            inner: Arc::new(Inner {
                store,
                around,
                contents: contents::Contents::new(options.memory),
                touched: touched::Touched::for_grace(options.grace),
                bell: collect::bell::Bell::default(),
                options,
                sessions: uploads::Sessions::default(),
                sinks: uploads::SinkCount::default(),
                recent: uploads::Recent::default(),
                scans: referrers::Scans::default(),
                manifest_turns: Turns::default(),
                tag_turns: Turns::default(),
            }),
        }
    }

    /// A handle on one repository, whether anything is in it or not.
    #[must_use]
    pub fn repository(&self, name: RepositoryName) -> Repository {
        Repository {
            registry: Arc::clone(&self.inner),
            name,
        }
    }

    /// How many uploads a request writes to, or waits to write to, at this moment.
    #[must_use]
    pub fn uploads_in_progress(&self) -> usize {
        self.inner.sessions.count()
    }

    /// Says, until the answer is dropped, that a server takes requests for what is stored here:
    /// commands beside it grant a grace then.
    ///
    /// # Errors
    /// The store's.
    pub async fn serving(&self) -> Result<Hold> {
        let hold = self.inner.store.hold(&key::Key::Serving.path()).await?;
        // From then on it is known when anybody last asked, and touches are cheap.
        if let Err(error) = self.inner.store.now().await {
            tracing::debug!(%error, "the store does not tell the time");
        }
        Ok(hold)
    }

    /// Whether any process says so.
    ///
    /// # Errors
    /// The store's.
    pub async fn is_served(&self) -> Result<bool> {
        Ok(self.inner.store.is_held(&key::Key::Serving.path()).await?)
    }

    /// What the operator chose.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.inner.options
    }
}
