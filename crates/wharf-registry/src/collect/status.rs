//! What the last collection came to, kept beside the tree for whoever asks later.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use wharf_store::{Durability, StoreError};

use super::{Collected, CollectionEnd};
use crate::key::Key;
use crate::moment::moment;
use crate::{Registry, Result};

/// What the last collection came to. Times are in RFC 3339.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CollectionStatus {
    /// When it was over.
    pub ended: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Who ran it: `server` or `command`.
    pub by: String,
    /// `complete`, `without data`, `stopped` or `clock went back`.
    pub end: String,
    /// Manifests and blobs that manifests need.
    pub marked: u64,
    /// Data that was removed.
    pub blobs: u64,
    /// The bytes of that.
    pub bytes: u64,
    /// Layer links that were removed.
    pub links: u64,
    /// Manifests that were removed from their repositories.
    pub manifests: u64,
    /// Repositories in which nothing was left.
    pub repositories: u64,
    /// Data that nobody needs and that waits for the end of its grace.
    pub waiting_blobs: u64,
    /// The bytes of that.
    pub waiting_bytes: u64,
    /// When the first of that may go.
    pub waiting_until: Option<String>,
    /// How long the grace was, in seconds.
    pub grace: u64,
    /// Things that could not be read or understood.
    pub problems: u64,
}

// === impl CollectionStatus ===

impl CollectionStatus {
    /// That of a collection that is just over.
    #[must_use]
    pub fn of(collected: &Collected, grace: Duration, by: &str) -> Self {
        let waiting = collected.waiting;
        Self {
            ended: moment(SystemTime::now()),
            took_ms: u64::try_from(collected.duration.as_millis()).unwrap_or(u64::MAX),
            by: by.to_owned(),
            end: match collected.end {
                CollectionEnd::Complete => "complete",
                CollectionEnd::WithoutData => "without data",
                CollectionEnd::Stopped => "stopped",
                CollectionEnd::ClockWentBack => "clock went back",
            }
            .to_owned(),
            marked: collected.marked,
            blobs: collected.blobs,
            bytes: collected.bytes,
            links: collected.links,
            manifests: collected.manifests,
            repositories: collected.repositories,
            waiting_blobs: waiting.blobs,
            waiting_bytes: waiting.bytes,
            waiting_until: waiting.next.map(moment),
            grace: grace.as_secs(),
            problems: collected.problems,
        }
    }
}

// === impl Registry ===

impl Registry {
    /// What the last collection came to; nothing if there was none, or nobody knows any more.
    ///
    /// # Errors
    /// The store's.
    pub async fn collection_status(&self) -> Result<Option<CollectionStatus>> {
        let path = Key::CollectionStatus.path();
        match self.inner.store.read(&path, LONGEST).await {
            Ok(content) => Ok(serde_json::from_slice(&content).ok()),
            Err(StoreError::NotFound(_) | StoreError::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps what a collection came to.
    ///
    /// # Errors
    /// The store's.
    pub async fn remember_collection(&self, status: &CollectionStatus) -> Result<()> {
        let content = serde_json::to_vec(status).unwrap_or_default();
        let path = Key::CollectionStatus.path();
        let put = self
            .inner
            .store
            .put(&path, Bytes::from(content), Durability::Lazy);
        Ok(put.await?)
    }
}

/// More than it ever has.
const LONGEST: u64 = 64 << 10;
