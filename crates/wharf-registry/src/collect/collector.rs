//! Collecting again and again, beside requests.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::bell::CollectorState;
use super::{Collection, CollectionEvent, CollectionEvents, CollectionStatus};
use crate::Registry;

/// Collects in the background.
pub struct Collector {
    registry: Registry,
    collection: Collection,
    interval: Duration,
    observer: Option<Arc<dyn CollectionObserver>>,
}

/// Who wants to know what becomes of collections.
pub trait CollectionObserver: Send + Sync {
    /// One is over.
    fn ended(&self, status: &CollectionStatus);

    /// One was given up because of an error of the store.
    fn failed(&self);
}

/// Writes what is wrong to the log.
struct Log;

// === impl Collector ===

impl Collector {
    /// One that waits for `interval`, a second at least, from the end of one collection to the
    /// start of the next.
    #[must_use]
    pub fn new(registry: Registry, collection: Collection, interval: Duration) -> Self {
        Self {
            registry,
            collection,
            interval: interval.max(SHORTEST),
            observer: None,
        }
    }

    /// Tells an observer of each collection.
    #[must_use]
    pub fn told_to(self, observer: Arc<dyn CollectionObserver>) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// Collects until `stop` is cancelled. The first time comes after up to an hour, or up to an
    /// interval where that is shorter, so that replicas that were started together do not
    /// collect together; or as soon as somebody asks for it.
    pub async fn run(self, stop: CancellationToken) {
        let bell = &self.registry.inner.bell;
        let collecting = async {
            let _waiting = bell.tell(CollectorState::Waiting);
            // That hashers are seeded at random is randomness enough.
            let random = Duration::from_secs(RandomState::new().hash_one(()) % 3600);
            let mut wait = random.min(self.interval);
            loop {
                tracing::info!(
                    minutes = wait.as_secs() / 60,
                    "waiting for the next collection"
                );
                bell.wait(wait).await;
                let collecting = bell.tell(CollectorState::Collecting);
                self.once().await;
                drop(collecting);
                wait = self.interval;
            }
        };
        // A run that is given up half-way loses nothing: the next one begins anew.
        let _ = stop.run_until_cancelled(collecting).await;
    }

    async fn once(&self) {
        tracing::info!(grace = ?self.collection.grace, "collecting");
        let collected = match self.registry.collect(&self.collection, &mut Log).await {
            Ok(collected) => collected,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                if let Some(observer) = &self.observer {
                    observer.failed();
                }
                return tracing::error!(%error, cause, "the collection was given up");
            }
        };
        let waiting = collected.waiting.bytes;
        tracing::info!(
            end = ?collected.end,
            blobs = collected.blobs,
            bytes = collected.bytes,
            links = collected.links,
            manifests = collected.manifests,
            repositories = collected.repositories,
            waiting,
            problems = collected.problems,
            "collected"
        );
        let status = CollectionStatus::of(&collected, self.collection.grace, "server");
        if let Some(observer) = &self.observer {
            observer.ended(&status);
        }
        if let Err(error) = self.registry.remember_collection(&status).await {
            tracing::warn!(%error, "what the collection came to could not be written down");
        }
    }
}

// === impl Log ===

impl CollectionEvents for Log {
    fn tell(&mut self, event: CollectionEvent<'_>) {
        match event {
            CollectionEvent::Problem { path, what } => {
                tracing::warn!(path, what, "a collection kept what may depend on this");
            }
            CollectionEvent::ManifestEligible {
                repository, digest, ..
            } => {
                tracing::info!(repo = %repository, %digest, "an untagged manifest is removed");
            }
            CollectionEvent::LinkEligible { repository, digest } => {
                tracing::debug!(repo = %repository, %digest, "a layer link is removed");
            }
            CollectionEvent::BlobEligible { digest, size } => {
                tracing::debug!(%digest, size, "data is removed");
            }
            CollectionEvent::Repository(_)
            | CollectionEvent::Manifest { .. }
            | CollectionEvent::Blob { .. } => {}
        }
    }
}

const SHORTEST: Duration = Duration::from_secs(1);
