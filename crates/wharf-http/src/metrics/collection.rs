//! What comes back, and what is found to be damaged.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ::metrics::Recorder;
use wharf_registry::{CollectionObserver, CollectionStatus, Finding, ScrubEvents, Scrubbed};

use super::{Inner, METADATA, Metrics, key};

/// Observes collections and scrubs.
pub struct CollectionMetrics(pub(super) Arc<Inner>);

// === impl Metrics ===

impl Metrics {
    /// An observer for what runs in the background.
    #[must_use]
    pub fn collection(&self) -> Arc<CollectionMetrics> {
        Arc::new(CollectionMetrics(Arc::clone(&self.inner)))
    }
}

// === impl CollectionMetrics ===

impl CollectionMetrics {
    fn ran(&self, end: &str) {
        let key = key(RUNS, [("end", end.to_owned().into())]);
        let runs = self.0.recorder.register_counter(&key, &METADATA);
        runs.increment(1);
    }

    fn count(&self, name: &'static str, more: u64) {
        let counter = self.0.recorder.register_counter(&key(name, []), &METADATA);
        counter.increment(more);
    }

    fn set(&self, name: &'static str, value: f64) {
        let gauge = self.0.recorder.register_gauge(&key(name, []), &METADATA);
        gauge.set(value);
    }
}

impl CollectionObserver for CollectionMetrics {
    #[expect(clippy::cast_precision_loss, reason = "gauges are of floats")]
    fn ended(&self, status: &CollectionStatus) {
        self.ran(&status.end);
        let took = Duration::from_millis(status.took_ms);
        self.set(SECONDS, took.as_secs_f64());
        self.count(FREED, status.bytes);
        for (kind, removed) in [
            ("blob", status.blobs),
            ("link", status.links),
            ("manifest", status.manifests),
            ("repository", status.repositories),
        ] {
            let key = key(REMOVED, [("kind", kind.into())]);
            let counter = self.0.recorder.register_counter(&key, &METADATA);
            counter.increment(removed);
        }
        self.set(WAITING, status.waiting_bytes as f64);
        self.set(LAST, now());
    }

    fn failed(&self) {
        self.ran("failed");
    }
}

impl ScrubEvents for CollectionMetrics {
    fn found(&self, finding: &Finding) {
        let key = key(FINDINGS, [("kind", finding.kind.name().into())]);
        let findings = self.0.recorder.register_counter(&key, &METADATA);
        findings.increment(1);
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are of floats")]
    fn ended(&self, scrubbed: &Scrubbed) {
        self.count(SCRUBBED, scrubbed.bytes);
        self.set(REMAINING, scrubbed.remaining as f64);
        self.set(SCRUB_SECONDS, scrubbed.duration.as_secs_f64());
        self.set(LAST_SCRUB, now());
    }
}

pub(super) fn describe(recorder: &impl Recorder) {
    for (name, help) in [
        (RUNS, "Collections that are over, by how they ended."),
        (FREED, "Bytes of data that collections removed."),
        (REMOVED, "What collections removed."),
        (FINDINGS, "What scrubs found, damage or not."),
        (SCRUBBED, "Bytes that scrubs which are over have hashed."),
    ] {
        recorder.describe_counter(name.into(), None, help.into());
    }
    for (name, help) in [
        (SECONDS, "Seconds that the last collection took."),
        (
            WAITING,
            "Bytes that nobody needed, and whose grace was not over, when the last collection ended.",
        ),
        (
            LAST,
            "When the last collection ended, in seconds since 1970.",
        ),
        (
            REMAINING,
            "Findings of the last scrub about which something is to be done.",
        ),
        (SCRUB_SECONDS, "Seconds that the last scrub took."),
        (
            LAST_SCRUB,
            "When the last scrub ended, in seconds since 1970.",
        ),
    ] {
        recorder.describe_gauge(name.into(), None, help.into());
    }
}

fn now() -> f64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap_or_default().as_secs_f64()
}

const RUNS: &str = "wharfinger_collection_runs_total";
const SECONDS: &str = "wharfinger_collection_seconds";
const FREED: &str = "wharfinger_collection_freed_bytes_total";
const REMOVED: &str = "wharfinger_collection_removed_total";
const WAITING: &str = "wharfinger_collection_waiting_bytes";
const LAST: &str = "wharfinger_collection_last_timestamp_seconds";
const FINDINGS: &str = "wharfinger_scrub_findings_total";
const SCRUBBED: &str = "wharfinger_scrub_bytes_total";
const REMAINING: &str = "wharfinger_scrub_remaining";
const SCRUB_SECONDS: &str = "wharfinger_scrub_seconds";
const LAST_SCRUB: &str = "wharfinger_scrub_last_timestamp_seconds";
