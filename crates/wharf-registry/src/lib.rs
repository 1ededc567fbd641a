//! The domain of a container registry: what a repository holds and how it changes.
//! No HTTP type is in it. Truth is the tree that distribution writes (see `Key`); it is
//! written in an order in which every prefix is legal, and every change of it passes
//! through this crate.

mod blobs;
mod catalog;
mod contents;
mod error;
mod frames;
mod key;
mod link;
mod manifests;
mod options;
mod purge;
mod referrers;
mod repository;
mod tags;
mod turns;
mod uploads;

use std::sync::Arc;

use wharf_spec::{Digest, RepositoryName, Tag};
use wharf_store::Store;

use crate::turns::Turns;

pub use blobs::{Blob, Mount};
pub use error::{Error, Result};
pub use frames::{Frames, NoFrames};
pub use manifests::{MANIFEST_LIMIT, PushedManifest, StoredManifest};
pub use options::{
    Class, ClassError, Classes, Deletion, Options, RequiredPlatform, RequiredPlatforms,
    SparseManifests, UrlLists, UrlPatternError, UrlPolicy,
};
pub use purge::{PurgeMode, Purged, Purger, Purging};
pub use repository::Repository;
pub use tags::TagList;
pub use uploads::{Upload, UploadStatus};

/// A registry over one store. Cloning it is cheap and gives the same registry.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    options: Options,
    contents: contents::Contents,
    sessions: uploads::Sessions,
    sinks: uploads::SinkCount,
    scans: referrers::Scans,
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
        Self {
            inner: Arc::new(Inner {
                store,
                contents: contents::Contents::new(options.memory),
                options,
                sessions: uploads::Sessions::default(),
                sinks: uploads::SinkCount::default(),
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

    /// What the operator chose.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.inner.options
    }
}
