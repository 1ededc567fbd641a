//! Where a scrub has come to, so that a restart does not begin again.

use std::time::SystemTime;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use wharf_spec::Digest;
use wharf_store::{Durability, Store, StorePath};

use super::Scrubbed;
use crate::key::Key;

/// What is behind a scrub.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Position {
    /// The last blob that was looked at.
    pub(super) blob: Option<Digest>,
    /// Whether all blobs were.
    pub(super) blobs_done: bool,
    /// The last repository that was looked through.
    pub(super) repository: Option<String>,
    /// What it came to by then.
    pub(super) scrubbed: Scrubbed,
}

/// What the last scrub came to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Status {
    /// When it ended, in seconds since 1970.
    pub(super) finished: u64,
    /// What it came to.
    pub(super) scrubbed: Scrubbed,
}

// === impl Position ===

impl Position {
    /// The one that was kept last. One that cannot be read counts as none: then the scrub
    /// begins again.
    pub(super) async fn load(store: &dyn Store) -> Option<Self> {
        load(store, &Key::ScrubPosition.path()).await
    }

    pub(super) async fn keep(&self, store: &dyn Store) {
        keep(store, &Key::ScrubPosition.path(), self).await;
    }

    pub(super) async fn forget(store: &dyn Store) {
        let removed = store.remove(&Key::ScrubPosition.path()).await;
        if let Err(error) = removed
            && !error.is_not_found()
        {
            tracing::debug!(%error, "the position of a scrub could not be removed");
        }
    }
}

// === impl Status ===

impl Status {
    pub(super) async fn load(store: &dyn Store) -> Option<Self> {
        load(store, &Key::ScrubStatus.path()).await
    }

    pub(super) async fn keep(scrubbed: Scrubbed, store: &dyn Store) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let status = Self {
            finished: now.unwrap_or_default().as_secs(),
            scrubbed,
        };
        keep(store, &Key::ScrubStatus.path(), &status).await;
    }
}

async fn load<T: for<'a> Deserialize<'a>>(store: &dyn Store, path: &StorePath) -> Option<T> {
    let content = store.read(path, LONGEST).await.ok()?;
    serde_json::from_slice(&content).ok()
}

async fn keep(store: &dyn Store, path: &StorePath, what: &impl Serialize) {
    let Ok(content) = serde_json::to_vec(what) else {
        return;
    };
    let put = store.put(path, Bytes::from(content), Durability::Lazy);
    if let Err(error) = put.await {
        // All that it costs is to look again.
        tracing::debug!(%error, "the state of a scrub could not be kept");
    }
}

const LONGEST: u64 = 64 << 10;
