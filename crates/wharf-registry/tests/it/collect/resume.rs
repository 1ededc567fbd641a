//! Going on where an interrupted run has stopped.

use std::io::ErrorKind;
use std::time::Duration;

use wharf_registry::{Collected, Collection, CollectionEnd, Error, Resume, Silent};
use wharf_store::{Fault, FaultPlan, Faulty, MemoryStore, Operation, Store as _, StorePath};

use super::faults::{estate, nothing_needed_is_lost};
use super::{HOUR, data, run, truth, untagged_too};
use crate::fixtures::{paths_with, pull, pull_blob, put, registry, repository, sha256};
use crate::images::{image, try_push};
use crate::legality;

const STATE: &str = "wharfinger/state/v1/collection/";

/// Everything is written down as soon as it is done.
fn resuming() -> Collection {
    Collection {
        resume: Some(Resume {
            boot: "a boot".to_owned(),
            every: Duration::ZERO,
        }),
        ..untagged_too()
    }
}

/// How many calls a run takes that is not interrupted, and that before which it removes the
/// first data.
async fn whole() -> (MemoryStore, usize, usize) {
    let store = Faulty::new(estate().await, FaultPlan::default());
    let collected = run(&registry(&store), &resuming()).await;
    assert_eq!(
        (collected.end, collected.problems),
        (CollectionEnd::Complete, 0)
    );
    let calls = store.plan().calls();
    let removes_data = |operation, path: &StorePath| {
        operation == Operation::RemoveUntouched && path.as_str().contains("/v2/blobs/")
    };
    let first = calls
        .iter()
        .position(|call| removes_data(call.operation, &call.path));
    (store.inner().clone(), calls.len(), first.unwrap() + 1)
}

/// A run that hangs at a call, as one whose process is killed there; false if it has come to
/// its end before.
async fn interrupted(store: &MemoryStore, nth: usize) -> bool {
    let plan = FaultPlan::default();
    let store = Faulty::new(store.clone(), plan.clone());
    plan.arm(nth, Fault::Hang);
    let (registry, options, mut events) = (registry(&store), resuming(), Silent);
    let collecting = registry.collect(&options, &mut events);
    let ended = tokio::time::timeout(Duration::from_secs(60), collecting).await;
    assert_eq!(ended.is_ok(), plan.is_armed());
    ended.is_err()
}

/// All but histories of tags: a kill between the removal of a manifest and that of what says
/// that a tag once led to it leaves the latter.
fn current(store: &MemoryStore) -> Vec<String> {
    let mut truth = truth(store);
    truth.retain(|path| !path.contains("/index/"));
    truth
}

/// How many calls the next run takes if it begins anew; much is gone already.
async fn anew(nth: usize) -> usize {
    let store = estate().await;
    assert!(interrupted(&store, nth).await);
    next(&store, &untagged_too()).await.1
}

/// The next run, by another process, and how many calls that takes.
async fn next(store: &MemoryStore, options: &Collection) -> (Collected, usize) {
    let store = Faulty::new(store.clone(), FaultPlan::default());
    let collected = run(&registry(&store), options).await;
    (collected, store.plan().count())
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_at_any_call_is_gone_on_with_and_comes_to_the_same_end() {
    let (done, calls, _) = whole().await;
    assert_eq!(paths_with(&done, STATE), [""; 0]);
    let mut took = Vec::new();
    for nth in 1.. {
        let store = estate().await;
        if !interrupted(&store, nth).await {
            break;
        }
        nothing_needed_is_lost(&store).await;
        let (collected, count) = next(&store, &resuming()).await;
        assert_eq!(
            (collected.end, collected.problems),
            (CollectionEnd::Complete, 0)
        );
        nothing_needed_is_lost(&store).await;
        assert_eq!(current(&store), current(&done), "{nth}");
        assert_eq!(paths_with(&store, STATE), [""; 0]);
        took.push(count);
    }
    assert!(took.len() > 100, "{}", took.len());
    let late = took.iter().rev().skip(4).take(20).max();
    assert!(
        late < Some(&(calls / 4)),
        "{calls} calls, and again {took:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_written_down_is_no_reason_to_break_off() {
    let (done, _, _) = whole().await;
    for nth in 1.. {
        let plan = FaultPlan::default();
        let store = Faulty::new(estate().await, plan.clone());
        plan.arm(nth, Fault::Fail(ErrorKind::Other));
        let collected = registry(&store).collect(&resuming(), &mut Silent).await;
        if plan.is_armed() {
            return;
        }
        if !plan.calls()[nth - 1].path.as_str().starts_with(STATE) {
            continue;
        }
        assert_eq!(collected.unwrap().end, CollectionEnd::Complete);
        assert_eq!(data(store.inner()), data(&done));
        run(&registry(store.inner()), &resuming()).await;
        nothing_needed_is_lost(store.inner()).await;
        assert_eq!(paths_with(store.inner(), STATE), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_pushed_between_the_halves_is_whole() {
    let (mut acknowledged, mut refused) = (0, 0);
    for nth in 1.. {
        let store = estate().await;
        if !interrupted(&store, nth).await {
            break;
        }
        // An image that had no tag, of layers that nobody pushes again.
        let app = repository(&store, "app");
        let old = image(b"config of old", &[b"layer of old"]);
        match try_push(&app, &old, "back").await {
            Ok(_) => acknowledged += 1,
            Err(Error::ReferencesUnknown(_)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
        next(&store, &resuming()).await;
        nothing_needed_is_lost(&store).await;
        assert_eq!(legality::check(&store.snapshot()), Ok(()));
        if pull(&app, "back").await.is_ok() {
            for part in ["config of old", "layer of old"] {
                pull_blob(&app, sha256(part.as_bytes())).await.unwrap();
            }
        } else {
            assert!(refused > 0);
        }
    }
    assert!(
        acknowledged > 20 && refused > 20,
        "{acknowledged} {refused}"
    );
}

#[tokio::test(start_paused = true)]
async fn another_boot_other_options_an_old_run_and_a_clock_that_went_back_begin_anew() {
    let (done, _, first) = whole().await;
    let anew = anew(first).await;
    let other_boot = Collection {
        resume: Some(Resume {
            boot: "another boot".to_owned(),
            every: Duration::ZERO,
        }),
        ..untagged_too()
    };
    let no_boot = untagged_too();
    let other_options = Collection {
        grace: Duration::from_nanos(1),
        ..resuming()
    };
    type Between = fn(&MemoryStore);
    let nothing: Between = |_| {};
    let cases: [(&str, Collection, Between, bool); 6] = [
        ("the same", resuming(), nothing, false),
        ("another boot", other_boot, nothing, true),
        ("no boot", no_boot, nothing, true),
        ("other options", other_options, nothing, true),
        ("old", resuming(), |store| store.pass(25 * HOUR), true),
        ("back", resuming(), |store| store.set_back(HOUR / 2), true),
    ];
    for (name, options, between, is_anew) in cases {
        let store = estate().await;
        store.pass(HOUR);
        assert!(interrupted(&store, first).await);
        between(&store);
        let (collected, count) = next(&store, &options).await;
        assert_eq!(collected.end, CollectionEnd::Complete, "{name}");
        assert_eq!(count >= anew, is_anew, "{name}: {count}, not {anew}");
        assert_eq!(data(&store), data(&done), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn damage_of_what_was_written_down_begins_anew_and_costs_no_data() {
    let (done, _, first) = whole().await;
    let anew = anew(first).await;
    let store = estate().await;
    interrupted(&store, first).await;
    let kept = store.snapshot();
    let state = paths_with(&store, STATE);
    assert_eq!(state.len(), 2, "{state:?}");
    for path in &state {
        let content = &kept[path];
        let mut flipped = content.to_vec();
        *flipped.last_mut().unwrap() ^= 1;
        let mut early = content.to_vec();
        early[0] ^= 1;
        let short = content[..content.len() - 16].to_vec();
        for damage in [
            Some(flipped),
            Some(early),
            Some(short),
            Some(Vec::new()),
            None,
        ] {
            let store = estate().await;
            assert!(interrupted(&store, first).await);
            let path = StorePath::new(path).unwrap();
            match damage {
                Some(content) => put(&store, &path, content).await,
                None => store.remove(&path).await.unwrap(),
            }
            let (collected, count) = next(&store, &resuming()).await;
            assert_eq!(
                (collected.end, collected.problems),
                (CollectionEnd::Complete, 0)
            );
            assert!(count >= anew, "{path}: {count}, not {anew}");
            nothing_needed_is_lost(&store).await;
            assert_eq!(data(&store), data(&done), "{path}");
            assert_eq!(paths_with(&store, STATE), [""; 0]);
        }
    }
}

#[tokio::test]
async fn while_another_server_writes_down_how_far_it_is_nobody_else_does() {
    let store = estate().await;
    let path = StorePath::new(format!("{STATE}progress")).unwrap();
    let other = store.hold(&path).await.unwrap();
    put(&store, &path, "of the other").await;
    let collected = run(&registry(&store), &resuming()).await;
    assert_eq!(collected.end, CollectionEnd::Complete);
    assert_eq!(paths_with(&store, STATE), [path.as_str()]);
    drop(other);
    run(&registry(&store), &resuming()).await;
    assert_eq!(paths_with(&store, STATE), [""; 0]);
}
