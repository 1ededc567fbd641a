//! A registry in files on a disk that loses its power at any moment: everything that was
//! acknowledged is there afterwards, and nothing has wrong bytes.

mod undone;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tempfile::TempDir;
use wharf_registry::Registry;
use wharf_store::fs::powerloss::{self, Covered, Options, State, SyncPoint};
use wharf_store::fs::{Op, RecordingDisk};
use wharf_store::{FileStore, MemoryStore};

use crate::client::Client;
use crate::fixtures::registry;
use crate::ledger::Ledger;
use crate::{legality, script};

/// What clients did, as the disk saw it and as they were told.
struct Recording {
    log: Vec<Op>,
    history: Vec<Ledger>,
}

#[tokio::test]
async fn what_was_acknowledged_survives_power_loss() {
    let recording = record_script().await;
    let thorough = Options {
        exhaustive: 14,
        samples: 200,
        ..Options::default()
    };
    let states = recording.check(&thorough).await.unwrap();
    assert!(states > 2000, "only {states} states");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_to_many_survives_power_loss() {
    let (_base, disk, client) = client_on_a_disk();
    tokio::join!(
        script::push_beside_others(&client, b"one", "one"),
        script::push_beside_others(&client, b"two", "two"),
    );
    let failures = client.take_failures();
    assert!(failures.is_empty(), "{failures:?}");
    let recording = Recording {
        log: disk.log(),
        history: client.history(),
    };
    let states = recording.check(&Options::default()).await.unwrap();
    assert!(states > 1000, "only {states} states");
}

#[tokio::test]
async fn every_kind_of_sync_is_missed_when_it_is_left_out() {
    use Covered::{Content, Create, MakeDirectory, Remove, Rename};
    let recording = record_script().await;
    let syncs = powerloss::syncs(&recording.log);
    let mut kinds: BTreeSet<_> = syncs.into_iter().map(|sync| sync.covers).collect();
    kinds.remove(&BTreeSet::new());
    for kind in [Content, Create, MakeDirectory, Rename, Remove] {
        assert!(
            kinds.iter().any(|kinds| kinds.contains(&kind)),
            "{kind:?} is never synced"
        );
    }
    for kind in kinds {
        let covers = kind.clone();
        recording
            .miss(format!("{kind:?}"), move |sync| sync.covers == covers)
            .await;
    }
}

#[tokio::test]
async fn syncs_of_everything_that_was_promised_are_missed_when_they_are_left_out() {
    let recording = record_script().await;
    for place in [
        "/blobs/",
        "/_layers/",
        "/_manifests/revisions/",
        "/_manifests/tags/latest/current",
        "/_uploads",
    ] {
        recording
            .miss(place.into(), move |sync| sync.path.contains(place))
            .await;
    }
    for place in ["/_layers/", "/_manifests/revisions/", "/_manifests/tags"] {
        let removed = [Covered::Remove].into();
        let what = format!("removals in {place}");
        recording
            .miss(what, move |sync| {
                sync.path.contains(place) && sync.covers == removed
            })
            .await;
    }
}

fn client_on_a_disk() -> (TempDir, RecordingDisk, Client) {
    let base = tempfile::tempdir().unwrap();
    let disk = RecordingDisk::new(base.path()).unwrap();
    let store = FileStore::on(disk.clone(), base.path()).unwrap();
    let registry = Registry::new(Arc::new(store), Default::default());
    let client = Client::with_disk(registry, disk.clone());
    (base, disk, client)
}

async fn record_script() -> Recording {
    let (_base, disk, client) = client_on_a_disk();
    script::run(&client).await;
    let failures = client.take_failures();
    assert!(failures.is_empty(), "{failures:?}");
    Recording {
        log: disk.log(),
        history: client.history(),
    }
}

// === impl Recording ===

impl Recording {
    /// How many states the disk may be in, if a registry stands by its word in all.
    async fn check(&self, options: &Options) -> Result<usize, String> {
        let mut states = 0;
        for state in powerloss::states(&self.log, options) {
            states += 1;
            let State {
                files,
                acknowledged,
                moment,
                lost,
            } = state;
            let ledger = &self.history[acknowledged.len()];
            let told = |why| {
                format!("after {moment} operations, {acknowledged:?}: {why}\nlost: {lost:#?}")
            };
            check_state(files, ledger).await.map_err(told)?;
        }
        Ok(states)
    }

    /// Without these syncs, promises are broken, and the check says so.
    async fn miss(
        &self,
        what: String,
        left_out: impl Fn(&SyncPoint) -> bool + Send + Sync + 'static,
    ) {
        let verdict = self.check(&Options::ignoring(left_out)).await;
        assert!(verdict.is_err(), "nobody misses syncs of {what}");
    }
}

async fn check_state(files: BTreeMap<String, bytes::Bytes>, ledger: &Ledger) -> Result<(), String> {
    legality::check(&files)?;
    let store = MemoryStore::from_snapshot(files);
    ledger.check(&registry(&store)).await
}
