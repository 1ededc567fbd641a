//! A store that fails, or answers nothing any more, at any one of the calls of a run.

use std::io::ErrorKind;

use wharf_registry::{CollectionEnd, Silent};
use wharf_store::{Fault, FaultPlan, Faulty, MemoryStore};

use super::{data, later, untagged_too};
use crate::fixtures::{pull, pull_blob, push_blob, registry, repository, sha256};
use crate::images::{about, digest_of, index, push, push_image, try_push, whole_image};
use crate::legality;

/// Two images that stay, with a signature, in two repositories, and garbage of every kind.
pub(super) async fn estate() -> MemoryStore {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    let child = whole_image(&app, "child").await;
    push(&app, &child).await;
    try_push(&app, &index(&[&child]), "1").await.unwrap();
    let signature = about(whole_image(&app, "signature").await, &child);
    push(&app, &signature).await;
    push_image(&app, "old", "2").await;
    push_image(&app, "new", "2").await;
    push_blob(&app, "of nobody").await;
    let inner = whole_image(&app, "inner").await;
    push(&app, &inner).await;
    push(&app, &index(&[&inner])).await;
    let gone = repository(&store, "app/gone");
    let digest = push_image(&gone, "gone", "1").await;
    gone.delete_manifest(digest).await.unwrap();
    push_image(&repository(&store, "z"), "new", "1").await;
    later(&store);
    store
}

pub(super) async fn nothing_needed_is_lost(store: &MemoryStore) {
    assert_eq!(legality::check(&store.snapshot()), Ok(()));
    let app = repository(store, "app");
    for tag in ["1", "2"] {
        pull(&app, tag).await.unwrap();
    }
    let parts = ["child", "signature", "new"];
    for name in parts {
        for part in ["config", "layer"] {
            let content = format!("{part} of {name}");
            pull_blob(&app, sha256(content.as_bytes())).await.unwrap();
        }
    }
    let z = repository(store, "z");
    pull(&z, "1").await.unwrap();
    pull_blob(&z, sha256(b"layer of new")).await.unwrap();
}

#[tokio::test]
async fn a_call_that_fails_loses_nothing_and_the_next_run_completes() {
    every_call_goes_wrong(Fault::Fail(ErrorKind::Other)).await;
}

#[tokio::test]
async fn a_call_that_takes_effect_and_fails_loses_nothing() {
    every_call_goes_wrong(Fault::FailAfter(ErrorKind::Other)).await;
}

async fn every_call_goes_wrong(fault: Fault) {
    let whole = estate().await;
    let done = registry(&whole)
        .collect(&untagged_too(), &mut Silent)
        .await
        .unwrap();
    assert_eq!(
        (done.manifests, done.problems, done.repositories),
        (3, 0, 1)
    );
    nothing_needed_is_lost(&whole).await;
    let left = data(&whole);
    for nth in 1.. {
        let plan = FaultPlan::default();
        let store = Faulty::new(estate().await, plan.clone());
        plan.arm(nth, fault);
        let collected = registry(&store).collect(&untagged_too(), &mut Silent).await;
        if plan.is_armed() {
            assert!(nth > 100, "the run is long enough: {nth} calls");
            return;
        }
        let call = &plan.calls()[nth - 1];
        if let Ok(collected) = &collected {
            let is_told = collected.problems > 0 || collected.end != CollectionEnd::Complete;
            let harmless = collected.bytes == done.bytes;
            assert!(is_told || harmless, "{call:?}: {collected:?}");
        }
        nothing_needed_is_lost(store.inner()).await;
        later(store.inner());
        let again = super::run(&registry(store.inner()), &untagged_too()).await;
        assert_eq!(again.problems, 0, "{call:?}");
        nothing_needed_is_lost(store.inner()).await;
        assert_eq!(data(store.inner()), left, "{call:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_at_any_call_leaves_a_legal_tree_and_the_next_one_completes() {
    let whole = estate().await;
    registry(&whole)
        .collect(&untagged_too(), &mut Silent)
        .await
        .unwrap();
    let left = data(&whole);
    for nth in 1.. {
        let plan = FaultPlan::default();
        let store = Faulty::new(estate().await, plan.clone());
        plan.arm(nth, Fault::Hang);
        let options = untagged_too();
        let registry_at_fault = registry(&store);
        let mut events = Silent;
        let collecting = registry_at_fault.collect(&options, &mut events);
        let ended = tokio::time::timeout(std::time::Duration::from_secs(60), collecting).await;
        if plan.is_armed() {
            assert!(ended.is_ok());
            return;
        }
        assert!(ended.is_err());
        nothing_needed_is_lost(store.inner()).await;
        later(store.inner());
        let again = super::run(&registry(store.inner()), &untagged_too()).await;
        assert_eq!(again.problems, 0);
        assert_eq!(data(store.inner()), left);
    }
}

#[tokio::test]
async fn the_estate_has_what_is_expected() {
    let store = estate().await;
    nothing_needed_is_lost(&store).await;
    let manifest = whole_image(&repository(&store, "app"), "new").await;
    assert!(data(&store).contains(&digest_of(&manifest)));
}
