//! How often it helps to remember layers.
// distribution: registry/storage/cache/cachedblobdescriptorstore.go

use std::time::Instant;

use ::metrics::{Counter, Recorder};
use async_trait::async_trait;
use wharf_registry::{Descriptors, Gone, Layer, Silence};
use wharf_spec::{Digest, RepositoryName};

use super::{METADATA, Metrics, key};

/// Passes all questions on, and counts them.
pub struct CountedDescriptors<D> {
    inner: D,
    requests: Counter,
    hits: Counter,
    errors: Counter,
}

// === impl Metrics ===

impl Metrics {
    /// The same descriptors, counted.
    #[must_use]
    pub fn descriptors<D: Descriptors>(&self, inner: D) -> CountedDescriptors<D> {
        let counter = |name| {
            let recorder = &self.inner.recorder;
            recorder.register_counter(&key(name, []), &METADATA)
        };
        CountedDescriptors {
            inner,
            requests: counter(REQUESTS),
            hits: counter(HITS),
            errors: counter(ERRORS),
        }
    }
}

// === impl CountedDescriptors ===

#[async_trait]
impl<D: Descriptors> Descriptors for CountedDescriptors<D> {
    async fn layer(&self, name: &RepositoryName, digest: Digest) -> Result<Option<Layer>, Silence> {
        self.requests.increment(1);
        let found = self.inner.layer(name, digest).await;
        match &found {
            Ok(Some(_)) => self.hits.increment(1),
            Ok(None) => {}
            Err(Silence) => self.errors.increment(1),
        }
        found
    }

    async fn remember(&self, name: &RepositoryName, digest: Digest, layer: Layer, looked: Instant) {
        self.inner.remember(name, digest, layer, looked).await;
    }

    async fn forget(&self, gone: Gone) {
        self.inner.forget(gone).await;
    }
}

pub(super) fn describe(recorder: &impl Recorder) {
    for (name, help) in [
        (REQUESTS, "Times that the descriptor cache was asked."),
        (HITS, "Times that it knew."),
        (ERRORS, "Times that it did not answer."),
    ] {
        recorder.describe_counter(name.into(), None, help.into());
    }
}

const REQUESTS: &str = "registry_storage_cache_requests_total";
const HITS: &str = "registry_storage_cache_hits_total";
const ERRORS: &str = "registry_storage_cache_errors_total";
