//! Collection: what nobody needs goes, and nothing else.

mod background;
mod clock;
mod damage;
mod explain;
mod faults;
mod images;
mod kept;
mod repositories;
mod resume;
mod time;
mod untagged;

use std::collections::BTreeSet;
use std::time::Duration;

use wharf_registry::{
    Collected, Collection, CollectionEvent, CollectionEvents, CollectionMode, Registry, Silent,
    Untagged,
};
use wharf_spec::Digest;
use wharf_store::{MemoryStore, Store};

use crate::fixtures::registry;

const HOUR: Duration = Duration::from_secs(3600);

/// What a command without a server does: nothing is too young.
fn at_once() -> Collection {
    Collection::default()
}

fn untagged_too() -> Collection {
    Collection {
        untagged: Untagged::All,
        ..Collection::default()
    }
}

fn with_grace(grace: Duration) -> Collection {
    Collection {
        grace,
        ..Collection::default()
    }
}

fn dry(options: &Collection) -> Collection {
    Collection {
        mode: CollectionMode::DryRun,
        ..options.clone()
    }
}

/// Collects with another registry over the same store, as a command does. A dry run before it
/// must change nothing and tell exactly what comes.
async fn collect(store: &MemoryStore, options: &Collection) -> Collected {
    let before = store.snapshot();
    let promised = run(&registry(store), &dry(options)).await;
    assert_eq!(store.snapshot(), before, "a dry run changes nothing");
    let collected = run(&registry(store), options).await;
    let told = |collected: &Collected| Collected {
        duration: Duration::ZERO,
        ..collected.clone()
    };
    assert_eq!(told(&promised), told(&collected), "{options:?}");
    let freed = data_bytes(&before) - data_bytes(&store.snapshot());
    assert_eq!(collected.bytes, freed);
    collected
}

async fn run(registry: &Registry, options: &Collection) -> Collected {
    registry.collect(options, &mut Silent).await.unwrap()
}

fn data_bytes(files: &std::collections::BTreeMap<String, bytes::Bytes>) -> u64 {
    let data = files
        .iter()
        .filter(|(path, _)| path.starts_with("docker/registry/v2/blobs/"));
    data.map(|(_, content)| content.len() as u64).sum()
}

/// All problems, by path.
#[derive(Default)]
struct Problems(Vec<String>);

impl CollectionEvents for Problems {
    fn tell(&mut self, event: CollectionEvent<'_>) {
        if let CollectionEvent::Problem { path, what } = event {
            self.0.push(format!("{path}: {what}"));
        }
    }
}

async fn problems(store: &(impl Store + Clone), options: &Collection) -> Vec<String> {
    let mut problems = Problems::default();
    let collected = registry(store)
        .collect(options, &mut problems)
        .await
        .unwrap();
    assert_eq!(collected.problems, problems.0.len() as u64);
    problems.0
}

/// The digests under which there is data.
fn data(store: &MemoryStore) -> BTreeSet<Digest> {
    let files = store.snapshot();
    let paths = files.keys();
    paths
        .filter_map(|path| {
            let mut parts = path.strip_prefix("docker/registry/v2/blobs/")?.split('/');
            let (algorithm, hex) = (parts.next()?, parts.nth(1)?);
            format!("{algorithm}:{hex}").parse().ok()
        })
        .collect()
}

/// Everything but what is beside the truth.
fn truth(store: &MemoryStore) -> Vec<String> {
    let paths = store.snapshot().into_keys();
    paths.filter(|path| path.starts_with("docker/")).collect()
}

/// A moment passes, so that what was done so far is older than what comes.
fn later(store: &MemoryStore) {
    store.pass(Duration::from_millis(1));
}
