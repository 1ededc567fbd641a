//! A hundred thousand stale uploads are no burden.

use std::collections::HashMap;

use wharf_registry::PurgeMode;
use wharf_store::fs::{Op, RecordingDisk};
use wharf_store::{FaultPlan, Faulty, FileStore, MemoryStore, Operation};

use super::{leave_upload, purge, purged};
use crate::fixtures::{push_blob, registry};

const OLD: &str = "2026-01-01T00:00:00Z";

/// Named as of the same day, in a repository each for the old and the young.
async fn leave_many(store: &MemoryStore, count: u64) {
    for number in 0..count {
        let old = format!("019b76da-a800-7000-8000-{number:012x}");
        leave_upload(store, "old", &old, OLD).await;
        let young = format!("019ba00d-4000-7000-8000-{number:012x}");
        leave_upload(store, "young", &young, "2026-01-09T00:00:00Z").await;
    }
}

#[tokio::test]
async fn an_old_upload_costs_two_calls_and_a_young_one_none() {
    const COUNT: usize = 1000;
    for (mode, discarded) in [(PurgeMode::DryRun, 0), (PurgeMode::Remove, COUNT)] {
        let memory = MemoryStore::default();
        leave_many(&memory, COUNT as u64).await;
        let plan = FaultPlan::default();
        let registry = registry(&Faulty::new(memory, plan.clone()));
        let found = purge(&registry, mode).await;
        assert_eq!(found, purged(COUNT as u64, COUNT as u64));
        let mut calls: HashMap<_, usize> = HashMap::new();
        for call in plan.calls() {
            *calls.entry(call.operation).or_default() += 1;
        }
        assert_eq!(calls.remove(&Operation::Read), Some(COUNT));
        assert_eq!(calls.remove(&Operation::Discard).unwrap_or(0), discarded);
        assert!(calls.remove(&Operation::List).unwrap() <= 5);
        assert!(calls.is_empty(), "{calls:?}");
    }
}

#[tokio::test]
async fn nothing_waits_for_the_disk() {
    let root = tempfile::tempdir().unwrap();
    let disk = RecordingDisk::new(root.path()).unwrap();
    let store = FileStore::on(disk.clone(), root.path().join("root")).unwrap();
    for number in 0..100 {
        leave_upload(&store, "a", &format!("old-{number}"), OLD).await;
    }
    let before = disk.log().len();
    let found = purge(&registry(&store), PurgeMode::Remove).await;
    assert_eq!(found, purged(100, 0));
    let log = disk.log().split_off(before);
    let unlinked = log.iter().filter(|op| matches!(op, Op::Unlink(_))).count();
    assert_eq!(unlinked, 300);
    let is_sync = |op: &&Op| {
        matches!(
            op,
            Op::SyncFile(_) | Op::SyncDirectory(_) | Op::SyncEverything
        )
    };
    assert_eq!(log.iter().find(is_sync), None);
}

/// The store of this test answers at once, so that only pauses let others in.
#[tokio::test]
async fn others_come_in_between() {
    let store = MemoryStore::default();
    leave_many(&store, 1000).await;
    let registry = registry(&store);
    let purger = registry.clone();
    let purging = tokio::spawn(async move { purge(&purger, PurgeMode::DryRun).await });
    tokio::task::yield_now().await;
    let other = registry.repository("other".parse().unwrap());
    push_blob(&other, "a layer").await;
    assert!(!purging.is_finished());
    assert_eq!(purging.await.unwrap(), purged(1000, 1000));
}
