//! Scrubs of stores that are damaged.

mod background;
mod blobs;
mod faults;
mod links;
mod manifests;
mod meanwhile;
mod quarantine;
mod races;

use std::sync::Mutex;
use std::time::Duration;

use wharf_registry::{
    Finding, FindingKind, Outcome, Registry, ScrubEvents, ScrubMode, ScrubStart, Scrubbed,
    Scrubbing,
};
use wharf_spec::Digest;
use wharf_store::{MemoryStore, Store, StorePath};

use crate::fixtures::{put, registry};
use crate::paths::blob_data;

const GRACE: Duration = Duration::from_secs(60 * 60);

/// What a scrub tells of.
#[derive(Default)]
struct Notes(Mutex<Vec<Finding>>);

impl ScrubEvents for Notes {
    fn found(&self, finding: &Finding) {
        self.0.lock().unwrap().push(finding.clone());
    }
}

async fn scrub_by(
    registry: &Registry,
    mode: ScrubMode,
    grace: Duration,
) -> (Scrubbed, Vec<Finding>) {
    let notes = Notes::default();
    let scrubbing = Scrubbing {
        mode,
        rate: 0,
        grace,
    };
    let scrubbed = registry.scrub(&scrubbing, ScrubStart::Anew, &notes).await;
    let findings = notes.0.into_inner().unwrap();
    assert_eq!(scrubbed.findings, findings.len() as u64);
    let remaining = findings.iter().filter(|finding| finding.remains());
    assert_eq!(scrubbed.remaining, remaining.count() as u64);
    (scrubbed, findings)
}

/// A scrub by a process of its own.
async fn scrub(store: &(impl Store + Clone), mode: ScrubMode) -> Vec<Finding> {
    scrub_by(&registry(store), mode, GRACE).await.1
}

/// The kinds of what it finds and what becomes of them.
async fn kinds(store: &(impl Store + Clone), mode: ScrubMode) -> Vec<(FindingKind, Outcome)> {
    let findings = scrub(store, mode).await;
    let kinds = findings.iter();
    kinds
        .map(|finding| (finding.kind, finding.outcome))
        .collect()
}

/// Stores something else in place of a blob, long ago.
async fn damage(store: &MemoryStore, digest: Digest, content: &'static [u8]) {
    put(store, &blob_data(digest), content).await;
    store.pass(2 * GRACE);
}

fn path(text: impl Into<String>) -> StorePath {
    StorePath::new(text).unwrap()
}

fn quarantine(digest: Digest) -> StorePath {
    let (algorithm, hex) = (digest.algorithm(), digest.hex());
    path(format!("wharfinger/state/v1/quarantine/{algorithm}/{hex}"))
}
