//! `Faulty` does what its plan says, at the call that it says; `MemoryStore` shows it.

use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

use wharf_store::{
    Durability, Fault, FaultPlan, Faulty, FileStore, MemoryStore, Operation, Result, Store,
    StoreError,
};

use crate::script::at;

#[tokio::test]
async fn the_chosen_call_fails_and_only_that() {
    for nth in 1..=5 {
        for (fault, effects) in [
            (Fault::Fail(ErrorKind::StorageFull), nth - 1),
            (Fault::FailAfter(ErrorKind::TimedOut), nth),
        ] {
            let memory = MemoryStore::default();
            let store = Faulty::new(memory.clone(), FaultPlan::default());
            store.plan().arm(nth, fault);
            match push(&store).await {
                Err(StoreError::Full { .. }) => {
                    assert_eq!(fault, Fault::Fail(ErrorKind::StorageFull));
                }
                Err(StoreError::Io { source, .. }) => {
                    assert_eq!(source.kind(), ErrorKind::TimedOut);
                }
                other => panic!("{other:?}"),
            }
            assert_eq!(
                (store.plan().count(), store.plan().is_armed()),
                (nth, false)
            );
            let left: Vec<_> = memory
                .snapshot()
                .into_iter()
                .map(|(path, content)| format!("{path}={}", content.len()))
                .collect();
            let expected: &[&[&str]] = &[
                &[],
                &["up=0"],
                &["up=1"],
                &["up=1"],
                &["blob=1"],
                &["blob=1", "link=1"],
            ];
            assert_eq!(left, expected[effects], "{fault:?} at {nth}");
            // Once is enough.
            push(&store).await.unwrap();
        }
    }
}

#[tokio::test]
async fn calls_are_logged() {
    let store = Faulty::new(MemoryStore::default(), FaultPlan::default());
    let plan = store.plan().clone();
    push(&store).await.unwrap();
    _ = store.read(&at("a"), 1).await;
    _ = store.open(&at("b")).await;
    _ = store.size(&at("c")).await;
    _ = store.list(&at("d")).await;
    _ = store.remove(&at("e")).await;
    let calls: Vec<_> = plan
        .calls()
        .into_iter()
        .map(|call| (call.operation, call.path.to_string()))
        .collect();
    let expected = [
        (Operation::Appender, "up"),
        (Operation::Write, "up"),
        (Operation::Sync, "up"),
        (Operation::Publish, "blob"),
        (Operation::Put, "link"),
        (Operation::Read, "a"),
        (Operation::Open, "b"),
        (Operation::Size, "c"),
        (Operation::List, "d"),
        (Operation::Remove, "e"),
    ];
    assert_eq!(
        calls,
        expected.map(|(operation, path)| (operation, path.to_owned()))
    );
}

#[tokio::test]
async fn hung_calls_never_return() {
    let store = Faulty::new(MemoryStore::default(), FaultPlan::default());
    store.plan().arm(2, Fault::Hang);
    assert!(
        tokio::time::timeout(Duration::from_millis(50), push(&store))
            .await
            .is_err()
    );
    store.plan().arm(9, Fault::Hang);
    store.plan().disarm();
    push(&store).await.unwrap();
}

/// The test is its own child, which dies.
#[tokio::test]
async fn processes_die_before_or_after() {
    if let Some(root) = std::env::var_os("WHARF_TEST_DIE") {
        let store = Faulty::new(FileStore::new(root).unwrap(), FaultPlan::default());
        let after = std::env::var_os("WHARF_TEST_DIE_AFTER").is_some();
        store
            .plan()
            .arm(5, if after { Fault::DieAfter } else { Fault::Die });
        _ = push(&store).await;
        return;
    }
    for after in [false, true] {
        let root = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap());
        child
            .args(["--exact", "faulty::processes_die_before_or_after"])
            .env("WHARF_TEST_DIE", root.path());
        if after {
            child.env("WHARF_TEST_DIE_AFTER", "1");
        }
        assert_eq!(child.output().unwrap().status.signal(), Some(9));
        let store = FileStore::new(root.path()).unwrap();
        assert_eq!(store.read(&at("blob"), 1).await.unwrap(), "x");
        assert_eq!(store.size(&at("link")).await.is_ok(), after);
    }
}

#[tokio::test]
async fn snapshots_can_be_taken_and_restored() {
    let store = MemoryStore::default();
    push(&store).await.unwrap();
    let snapshot = store.snapshot();
    let copy = MemoryStore::from_snapshot(snapshot.clone());
    assert_eq!(copy.snapshot(), snapshot);
    copy.remove(&at("blob")).await.unwrap();
    assert_eq!(store.read(&at("blob"), 1).await.unwrap(), "x");
}

/// Five calls.
async fn push(store: &impl Store) -> Result<()> {
    let mut appender = store.appender(&at("up")).await?;
    appender.write(&["x".into()]).await?;
    appender.sync().await?;
    store.publish(&at("up"), &at("blob")).await?;
    store
        .put(&at("link"), "y".into(), Durability::Durable)
        .await
}
