//! A scrub whose store fails, or that is killed, at any one of its calls.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use wharf_registry::{ScrubMode, Scrubbed};
use wharf_spec::Digest;
use wharf_store::{Fault, FaultPlan, Faulty, MemoryStore, Store};

use super::{GRACE, damage, quarantine, scrub_by};
use crate::fixtures::{pull, pull_blob, push_blob, put, registry, repository, sha256};
use crate::images::push_image;
use crate::paths::{blob_data, layer_link, tag_current_link};

/// Sound images, and damage of all kinds beside them.
async fn estate() -> (BTreeMap<String, Bytes>, Digest) {
    let store = MemoryStore::default();
    let sound = push_image(&repository(&store, "sound"), "sound", "latest").await;
    let app = repository(&store, "app");
    push_image(&app, "one", "latest").await;
    push_image(&app, "two", "lost").await;
    damage(&store, sha256(b"layer of one"), b"rotten").await;
    store
        .remove(&blob_data(sha256(b"layer of two")))
        .await
        .unwrap();
    let gone = sha256(b"gone").to_string();
    put(&store, &layer_link("app", sha256(b"empty")), "").await;
    put(&store, &tag_current_link("app", "dangling"), gone).await;
    // One that was killed after it had moved something that is right.
    let right = push_blob(&repository(&store, "sound"), "right").await;
    store
        .publish(&blob_data(right), &quarantine(right))
        .await
        .unwrap();
    // And one that was pushed again.
    let again = push_blob(&repository(&store, "sound"), "again").await;
    put(&store, &quarantine(again), "rotten").await;
    (store.snapshot(), sound)
}

async fn repair(store: &(impl Store + Clone)) -> Scrubbed {
    scrub_by(&registry(store), ScrubMode::Repair, GRACE).await.0
}

async fn is_sound(store: &MemoryStore, digest: Digest) {
    let sound = repository(store, "sound");
    assert_eq!(pull(&sound, "latest").await.unwrap().digest, digest);
    for content in [&b"layer of sound"[..], b"config of sound", b"again"] {
        let pulled = pull_blob(&sound, sha256(content)).await.unwrap();
        assert_eq!(pulled, content);
    }
}

async fn every_call(fault: Fault) {
    let (files, sound) = estate().await;
    let whole = MemoryStore::from_snapshot(files.clone());
    whole.pass(2 * GRACE);
    let plan = FaultPlan::default();
    repair(&Faulty::new(whole.clone(), plan.clone())).await;
    let calls = plan.count();
    assert!(calls > 60, "{calls} calls");
    is_sound(&whole, sound).await;
    let right = sha256(b"right");
    for nth in 1..=calls {
        let inner = MemoryStore::from_snapshot(files.clone());
        inner.pass(2 * GRACE);
        let plan = FaultPlan::default();
        let store = Faulty::new(inner.clone(), plan.clone());
        plan.arm(nth, fault);
        let scrub = tokio::time::timeout(Duration::from_mins(30), repair(&store)).await;
        let call = &plan.calls()[nth - 1];
        match fault {
            Fault::Hang => {}
            Fault::Fail(_) | Fault::FailAfter(_) | Fault::Die | Fault::DieAfter => {
                assert!(scrub.is_ok(), "{call:?}");
            }
        }
        is_sound(&inner, sound).await;
        // It is in one place or the other.
        let (data, aside) = (blob_data(right), quarantine(right));
        assert!(inner.size(&data).await.is_ok() || inner.size(&aside).await.is_ok());

        // Later ones complete it: all is as after one to which nothing happened.
        repair(&inner).await;
        inner.pass(2 * GRACE);
        repair(&inner).await;
        let again = inner.snapshot();
        let expected = whole.snapshot();
        let other = again.keys().chain(expected.keys());
        let other: Vec<_> = other
            .filter(|path| again.get(*path) != expected.get(*path))
            .collect();
        assert!(other.is_empty(), "{call:?}: {other:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_harms_nothing() {
    every_call(Fault::Fail(ErrorKind::Other)).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_effect_and_fails_harms_nothing() {
    every_call(Fault::FailAfter(ErrorKind::Other)).await;
}

/// Also as if the scrub were killed there: it is given up.
#[tokio::test(start_paused = true)]
async fn a_call_that_never_returns_harms_nothing() {
    every_call(Fault::Hang).await;
}
