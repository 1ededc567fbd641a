//! Purges among requests.

use std::time::Duration;

use bytes::Bytes;
use wharf_registry::{Error, PurgeMode, Repository};
use wharf_spec::UploadId;
use wharf_store::{Fault, FaultPlan, Faulty, FileStore, MemoryStore, Operation, Store};

use super::{ANY_ID, leave_upload, purge, purged};
use crate::bodies::Live;
use crate::fixtures::{pull_blob, registry, sha256};
use crate::slow::{DELAY, Slow};

fn id() -> UploadId {
    ANY_ID.parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_is_written_to_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    while_it_is_written_to(MemoryStore::default()).await;
    while_it_is_written_to(FileStore::new(root.path()).unwrap()).await;
}

async fn while_it_is_written_to(store: impl Store + Clone) {
    leave_upload(&store, "a", ANY_ID, "2026-01-01T00:00:00Z").await;
    let registry = registry(&store);
    let a = registry.repository("a".parse().unwrap());
    let (sender, mut live) = Live::new();
    let upload = a.upload(&id()).await.unwrap();
    let request = tokio::spawn(async move {
        let digest = sha256(b"half done");
        upload.finish(None, &mut live, digest).await
    });
    sender.send(Bytes::from(" do")).await.unwrap();
    for mode in [PurgeMode::DryRun, PurgeMode::Remove] {
        assert_eq!(purge(&registry, mode).await, purged(0, 1));
    }
    sender.send(Bytes::from("ne")).await.unwrap();
    drop(sender);
    request.await.unwrap().unwrap();
    assert_eq!(
        pull_blob(&a, sha256(b"half done")).await.unwrap(),
        "half done"
    );
    assert_eq!(purge(&registry, PurgeMode::Remove).await, purged(0, 0));
}

#[tokio::test(start_paused = true)]
async fn who_comes_while_an_upload_goes_waits_and_is_told() {
    let store = Slow::new(MemoryStore::default(), Operation::Remove);
    leave_upload(&store, "a", ANY_ID, "2026-01-01T00:00:00Z").await;
    let registry = registry(&store);
    let a = registry.repository("a".parse().unwrap());
    let purger = registry.clone();
    let purging = tokio::spawn(async move { purge(&purger, PurgeMode::Remove).await });
    tokio::time::sleep(DELAY / 2).await;
    let refused = a.upload(&id()).await.err().unwrap();
    assert!(matches!(refused, Error::UploadUnknown(_)), "{refused:?}");
    assert_eq!(purging.await.unwrap(), purged(1, 0));
    assert_eq!(registry.uploads_in_progress(), 0);
}

/// Otherwise a request would write into what is being removed.
#[tokio::test(start_paused = true)]
async fn a_purge_that_is_given_up_keeps_its_turn_until_the_store_is_done() {
    let store = Slow::new(MemoryStore::default(), Operation::Remove);
    leave_upload(&store, "a", ANY_ID, "2026-01-01T00:00:00Z").await;
    let registry = registry(&store);
    let a = registry.repository("a".parse().unwrap());
    let given_up = purge(&registry, PurgeMode::Remove);
    assert!(tokio::time::timeout(DELAY / 2, given_up).await.is_err());
    assert_eq!(registry.uploads_in_progress(), 1);
    let refused = a.upload(&id()).await.err().unwrap();
    assert!(matches!(refused, Error::UploadUnknown(_)), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_at_one_upload_does_not_hold_up_the_rest_for_ever() {
    let plan = FaultPlan::default();
    let store = Faulty::new(MemoryStore::default(), plan.clone());
    for repository in ["a", "b"] {
        leave_upload(store.inner(), repository, ANY_ID, "2026-01-01T00:00:00Z").await;
    }
    let removal = first_removal(&store).await;
    plan.arm(removal, Fault::Hang);
    let registry = registry(&store);
    let purging = purge(&registry, PurgeMode::Remove);
    let purged = tokio::time::timeout(Duration::from_mins(10), purging).await;
    let purged = purged.unwrap();
    assert_eq!((purged.uploads, purged.failed), (1, 1));
}

/// The number of the first call that removes something.
async fn first_removal(store: &Faulty<MemoryStore>) -> usize {
    let copy = MemoryStore::from_snapshot(store.inner().snapshot());
    let plan = FaultPlan::default();
    let copy = Faulty::new(copy, plan.clone());
    purge(&registry(&copy), PurgeMode::Remove).await;
    let removal = |call: &wharf_store::Call| call.operation == Operation::Discard;
    plan.calls().iter().position(removal).unwrap() + 1
}

#[tokio::test]
async fn an_upload_that_is_done_meanwhile_is_a_blob() {
    let store = MemoryStore::default();
    leave_upload(&store, "a", ANY_ID, "2026-01-01T00:00:00Z").await;
    let registry = registry(&store);
    let a: Repository = registry.repository("a".parse().unwrap());
    let finishing = async {
        let upload = a.upload(&id()).await.unwrap();
        let mut nothing = Bytes::new();
        upload.finish(None, &mut nothing, sha256(b"half")).await
    };
    let (finished, purged) = tokio::join!(finishing, purge(&registry, PurgeMode::Remove));
    finished.unwrap();
    assert_eq!((purged.uploads, purged.failed), (0, 0));
    assert_eq!(pull_blob(&a, sha256(b"half")).await.unwrap(), "half");
}
