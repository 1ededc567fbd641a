//! What the cache of blobs does.

use std::sync::Arc;

use ::metrics::Recorder;
use wharf_cache::{Answered, CacheObserver, FillEnd};

use super::{Inner, METADATA, Metrics, key};

/// Observes a cache of blobs.
pub struct CacheMetrics(Arc<Inner>);

// === impl Metrics ===

impl Metrics {
    /// An observer for the cache of blobs.
    #[must_use]
    pub fn cache(&self) -> Arc<CacheMetrics> {
        Arc::new(CacheMetrics(Arc::clone(&self.inner)))
    }
}

// === impl CacheMetrics ===

impl CacheMetrics {
    fn count(&self, name: &'static str, label: (&'static str, &'static str), more: u64) {
        let (label, value) = label;
        let key = key(name, [(label, value.into())]);
        let counter = self.0.recorder.register_counter(&key, &METADATA);
        counter.increment(more);
    }
}

impl CacheObserver for CacheMetrics {
    fn answered(&self, answered: Answered) {
        let from = match answered {
            Answered::Hit => "disk",
            Answered::Joined => "fill",
            Answered::Began => "new_fill",
            Answered::Passed => "storage",
        };
        self.count(REQUESTS, ("from", from), 1);
    }

    fn filled(&self, end: FillEnd, bytes: u64) {
        let end = match end {
            FillEnd::Kept => "kept",
            FillEnd::Broken => "broken",
            FillEnd::Wrong => "wrong",
            FillEnd::Disk => "disk",
        };
        self.count(FILLS, ("end", end), 1);
        self.count(FILLED, ("end", end), bytes);
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are of floats")]
    fn stands(&self, bytes: u64) {
        let key = key(BYTES, []);
        let gauge = self.0.recorder.register_gauge(&key, &METADATA);
        gauge.set(bytes as f64);
    }
}

pub(super) fn describe(recorder: &impl Recorder) {
    for (name, help) in [
        (
            REQUESTS,
            "Blobs that were wanted, by where the client has them from.",
        ),
        (
            FILLS,
            "Blobs that were on their way to the cache, by how that ended.",
        ),
        (FILLED, "Bytes that came to the cache with them."),
    ] {
        recorder.describe_counter(name.into(), None, help.into());
    }
    let help = "Bytes in the cache, those included that there is to be room for.";
    recorder.describe_gauge(BYTES.into(), None, help.into());
}

const REQUESTS: &str = "wharfinger_cache_requests_total";
const FILLS: &str = "wharfinger_cache_fills_total";
const FILLED: &str = "wharfinger_cache_filled_bytes_total";
const BYTES: &str = "wharfinger_cache_bytes";
