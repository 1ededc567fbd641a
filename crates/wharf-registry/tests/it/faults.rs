//! A store that fails, or answers nothing, at any one of its calls.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use wharf_registry::Error;
use wharf_store::{Fault, FaultPlan, Faulty, MemoryStore};

use crate::client::{Client, Failure, Scene};
use crate::fixtures::registry;
use crate::ledger::Ledger;
use crate::{legality, script};

#[tokio::test]
async fn the_script_succeeds_as_long_as_the_store_does() {
    let store = MemoryStore::default();
    let client = Client::new(registry(&store));
    for _ in 0..2 {
        script::run(&client).await;
        assert!(client.take_failures().is_empty());
        check_after_a_restart(store.snapshot(), &client.ledger()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_no_effect_and_fails_loses_nothing() {
    every_call_goes_wrong(Fault::Fail(ErrorKind::Other)).await;
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_loses_nothing() {
    every_call_goes_wrong(Fault::Fail(ErrorKind::StorageFull)).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_effect_and_fails_loses_nothing() {
    every_call_goes_wrong(Fault::FailAfter(ErrorKind::Other)).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_returns_loses_nothing_and_holds_up_nothing_for_ever() {
    every_call_goes_wrong(Fault::Hang).await;
}

async fn every_call_goes_wrong(fault: Fault) {
    let calls = calls_of_the_script().await;
    assert!(calls > 100, "the script is long enough: {calls} calls");
    for nth in 1..=calls {
        let plan = FaultPlan::default();
        let store = Faulty::new(MemoryStore::default(), plan.clone());
        let client = Client::with_memory(registry(&store), store.inner().clone());
        plan.arm(nth, fault);
        script::run(&client).await;
        assert!(!plan.is_armed(), "call {nth} was never made");
        let call = &plan.calls()[nth - 1];
        let failures = client.take_failures();
        // What a fault does first is never the client's mistake.
        if let Some((_, failure)) = failures.first() {
            let honest = match failure {
                Failure::Refused(Error::Store(_)) => fault != Fault::Hang,
                Failure::Dropped => fault == Fault::Hang,
                Failure::Refused(_) => false,
            };
            assert!(honest, "{fault:?} at {call:?}: {failures:?}");
        }
        if let Some(Scene { files, ledger }) = client.take_scene() {
            check_after_a_restart(files, &ledger).await;
        }
        check_after_a_restart(store.inner().snapshot(), &client.ledger()).await;

        // A change that hangs keeps its turn until the registry gives it up.
        tokio::time::sleep(Duration::from_mins(6)).await;
        script::run(&client).await;
        let failures = client.take_failures();
        assert!(
            failures.is_empty(),
            "after {fault:?} at {call:?}: {failures:?}"
        );
        check_after_a_restart(store.inner().snapshot(), &client.ledger()).await;
        assert_eq!(client.check().await, Ok(()), "{fault:?} at {call:?}");
    }
}

async fn calls_of_the_script() -> usize {
    let plan = FaultPlan::default();
    let store = Faulty::new(MemoryStore::default(), plan.clone());
    script::run(&Client::new(registry(&store))).await;
    plan.count()
}

/// Looks with another registry, on a copy, since open uploads are continued.
async fn check_after_a_restart(files: BTreeMap<String, Bytes>, ledger: &Ledger) {
    assert_eq!(legality::check(&files), Ok(()));
    let copy = MemoryStore::from_snapshot(files);
    assert_eq!(ledger.check(&registry(&copy)).await, Ok(()));
}
