//! `FileStore` on a disk that fails at any one of its calls.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wharf_store::fs::RealDisk;
use wharf_store::{Durability, FileStore, Store, StoreError};

use crate::hooked::HookedDisk;
use crate::script::at;

/// Lets one call of a disk fail.
#[derive(Clone, Default)]
struct Countdown(Arc<AtomicUsize>);

// === impl Countdown ===

impl Countdown {
    fn disk(&self, with: ErrorKind) -> HookedDisk<RealDisk> {
        let this = self.clone();
        HookedDisk::new(RealDisk, move |_| this.turn(with))
    }

    /// Lets the `nth` call from now fail.
    fn arm(&self, nth: usize) {
        self.0.store(nth, Ordering::SeqCst);
    }

    fn fired(&self) -> bool {
        self.0.load(Ordering::SeqCst) == 0
    }

    fn turn(&self, with: ErrorKind) -> io::Result<()> {
        let last = self
            .0
            .try_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        if last == Ok(1) {
            Err(with.into())
        } else {
            Ok(())
        }
    }
}

#[tokio::test]
async fn failed_puts_leave_no_trace() {
    let root = tempfile::tempdir().unwrap();
    for with in [
        ErrorKind::StorageFull,
        ErrorKind::QuotaExceeded,
        ErrorKind::Other,
    ] {
        for durability in [Durability::Durable, Durability::Lazy] {
            let countdown = Countdown::default();
            let disk = countdown.disk(with);
            let store = FileStore::on(disk.clone(), root.path()).unwrap();
            let mut failures = 0;
            loop {
                store
                    .put(&at("a/b/object"), "old".into(), Durability::Durable)
                    .await
                    .unwrap();
                // A store that knows nothing yet makes all of the calls.
                let store = FileStore::on(disk.clone(), root.path()).unwrap();
                countdown.arm(failures + 1);
                let answer = store.put(&at("a/b/object"), "new".into(), durability).await;
                if !countdown.fired() {
                    answer.unwrap();
                    countdown.arm(0);
                    break;
                }
                failures += 1;
                match answer {
                    Err(StoreError::Full {
                        operation: "put",
                        path,
                    }) => assert!(with != ErrorKind::Other && path == at("a/b/object")),
                    Err(StoreError::Io {
                        operation: "put", ..
                    }) => assert_eq!(with, ErrorKind::Other),
                    other => panic!("call {failures}: {other:?}"),
                }
                let left = std::fs::read_dir(root.path().join("a/b")).unwrap().count();
                assert_eq!(left, 1, "call {failures} left a temporary file");
                let content = store.read(&at("a/b/object"), 3).await.unwrap();
                assert!(content == "old" || content == "new");
            }
            let expected = if durability == Durability::Durable {
                10
            } else {
                4
            };
            assert_eq!(failures, expected, "the calls of a {durability:?} put");
        }
    }
}

#[tokio::test]
async fn appenders_that_failed_stay_failed() {
    let root = tempfile::tempdir().unwrap();
    let countdown = Countdown::default();
    let disk = countdown.disk(ErrorKind::StorageFull);
    let store = FileStore::on(disk.clone(), root.path()).unwrap();
    let mut appender = store.appender(&at("object")).await.unwrap();
    appender.write(&["good".into()]).await.unwrap();
    countdown.arm(1);
    assert!(matches!(
        appender.write(&["half".into()]).await,
        Err(StoreError::Full { .. })
    ));
    appender.write(&["more".into()]).await.unwrap_err();
    appender.sync().await.unwrap_err();
    // What was written is found by the next one.
    let mut appender = store.appender(&at("object")).await.unwrap();
    assert_eq!(appender.len(), 6);
    appender.write(&["!".into()]).await.unwrap();
    // A sync that failed once says nothing by succeeding later.
    countdown.arm(1);
    appender.sync().await.unwrap_err();
    appender.sync().await.unwrap_err();
    assert_eq!(store.read(&at("object"), 9).await.unwrap(), "goodha!");
}

#[tokio::test]
async fn failed_publications_and_removals_can_be_repeated() {
    let root = tempfile::tempdir().unwrap();
    let countdown = Countdown::default();
    let disk = countdown.disk(ErrorKind::Other);
    let mut nth = 0;
    loop {
        nth += 1;
        let store = FileStore::on(disk.clone(), root.path()).unwrap();
        store
            .put(&at("from/object"), "content".into(), Durability::Durable)
            .await
            .unwrap();
        countdown.arm(nth);
        if store
            .publish(&at("from/object"), &at("to/object"))
            .await
            .is_err()
            && store.size(&at("from/object")).await.is_ok()
        {
            countdown.arm(0);
            store
                .publish(&at("from/object"), &at("to/object"))
                .await
                .unwrap();
        }
        assert_eq!(store.read(&at("to/object"), 9).await.unwrap(), "content");
        if store.remove(&at("to")).await.is_err() {
            _ = store.remove(&at("to")).await;
        }
        assert!(store.list(&at("to")).await.unwrap_err().is_not_found());
        if !countdown.fired() {
            break;
        }
    }
    assert!(nth > 6, "only {nth} calls");
}
