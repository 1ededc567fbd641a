//! A store that fails, or answers nothing, at any one of the calls of a pass: as `kill -9`, what
//! is in the target is whole, and the next pass makes it complete.

use std::io::ErrorKind;
use std::time::Duration;

use wharf_store::{Fault, FaultPlan, Faulty, MemoryStore};

use super::{PLAIN, REMOVING, assert_links_same, estate, pull_all, tagged, try_copy};
use crate::fixtures::repository;
use crate::legality;

const APP: &str = "library/app";

/// A source, and a target that was copied to before the source went on.
async fn scene() -> (MemoryStore, MemoryStore) {
    let (from, to) = (estate().await, MemoryStore::default());
    tagged(&from, "gone", "one", "1").await;
    try_copy(&from, &to, PLAIN).await.unwrap();
    tagged(&from, APP, "three", "latest").await;
    tagged(&from, "new", "one", "1").await;
    let app = repository(&from, APP);
    app.delete_tag(&"1.0".parse().unwrap()).await.unwrap();
    repository(&from, "gone").delete().await.unwrap();
    (from, to)
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Failing {
    Source,
    Target,
}

/// A pass into nothing, or into what an earlier one has left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Which {
    First,
    Second,
}

async fn stores(which: Which) -> (MemoryStore, MemoryStore) {
    match which {
        Which::First => (estate().await, MemoryStore::default()),
        Which::Second => scene().await,
    }
}

/// How many calls were made; true if the pass was content.
async fn pass(
    from: &MemoryStore,
    to: &MemoryStore,
    failing: Failing,
    fault: Option<(usize, Fault)>,
) -> (FaultPlan, bool) {
    let plan = FaultPlan::default();
    if let Some((nth, fault)) = fault {
        plan.arm(nth, fault);
    }
    let time = Duration::from_mins(5);
    let done = match failing {
        Failing::Source => {
            let from = Faulty::new(from.clone(), plan.clone());
            tokio::time::timeout(time, Box::pin(try_copy(&from, to, REMOVING))).await
        }
        Failing::Target => {
            let to = Faulty::new(to.clone(), plan.clone());
            tokio::time::timeout(time, Box::pin(try_copy(from, &to, REMOVING))).await
        }
    };
    let is_content = matches!(done, Ok(Ok((_, problems))) if problems.is_empty());
    (plan, is_content)
}

async fn every_call(failing: Failing, fault: Fault) {
    for which in [Which::First, Which::Second] {
        let (from, to) = stores(which).await;
        let calls = pass(&from, &to, failing, None).await.0.count();
        assert!(calls > 40, "{calls} calls");
        assert_links_same(&from, &to, "without a fault");
        for nth in 1..=calls {
            let (from, to) = stores(which).await;
            let before = from.snapshot();
            let (plan, is_content) = pass(&from, &to, failing, Some((nth, fault))).await;
            let call = &plan.calls()[nth - 1];
            let when = format!("{which:?} pass, {failing:?}, {fault:?} at {nth}: {call:?}");
            assert!(!plan.is_armed(), "{when}: never made");
            assert_eq!(from.snapshot(), before, "{when}");
            assert_eq!(legality::check(&to.snapshot()), Ok(()), "{when}");
            if let Err(why) = pull_all(&to).await {
                panic!("{when}: {why}");
            }
            if is_content {
                // Then it was of no account.
                assert_links_same(&from, &to, &when);
            }
            let (_, problems) = try_copy(&from, &to, REMOVING).await.unwrap();
            assert_eq!(problems, [], "{when}");
            assert_links_same(&from, &to, &when);
            let state = to.snapshot().into_keys();
            let state: Vec<_> = state
                .filter(|path| path.starts_with("wharfinger/"))
                .collect();
            assert_eq!(state, [] as [String; 0], "{when}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_target_fails_before_a_call() {
    every_call(Failing::Target, Fault::Fail(ErrorKind::Other)).await;
}

#[tokio::test(start_paused = true)]
async fn the_target_is_full() {
    every_call(Failing::Target, Fault::Fail(ErrorKind::StorageFull)).await;
}

#[tokio::test(start_paused = true)]
async fn the_target_fails_after_a_call() {
    every_call(Failing::Target, Fault::FailAfter(ErrorKind::Other)).await;
}

/// As if the pass were killed there: it is given up.
#[tokio::test(start_paused = true)]
async fn the_target_never_answers() {
    every_call(Failing::Target, Fault::Hang).await;
}

#[tokio::test(start_paused = true)]
async fn the_source_fails() {
    every_call(Failing::Source, Fault::Fail(ErrorKind::Other)).await;
}

#[tokio::test(start_paused = true)]
async fn the_source_never_answers() {
    every_call(Failing::Source, Fault::Hang).await;
}
