//! What an observer of a store is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use wharf_store::behaviour::Backing;
use wharf_store::fs::RealDisk;
use wharf_store::{
    Durability, FileStore, MemoryStore, Observed, Operation, Store, StoreObserver, behaviour,
};

use crate::hooked::HookedDisk;
use crate::script::at;

/// Keeps what it is told.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Operation>>>);

// === impl Notes ===

impl Notes {
    fn take(&self) -> Vec<Operation> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl StoreObserver for Notes {
    fn done(&self, operation: Operation, _took: Duration) {
        self.0.lock().unwrap().push(operation);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_behaves_as_the_store_within() {
    behaviour::suite(Backing::Local, async || {
        Observed::new(MemoryStore::default(), Notes::default())
    })
    .await;
}

#[tokio::test]
async fn every_call_is_told_of_under_its_name() {
    let notes = Notes::default();
    let store = Observed::new(MemoryStore::default(), notes.clone());
    let (from, to) = (at("from"), at("to"));
    let mut appender = store.appender(&from).await.unwrap();
    appender.write(&["x".into()]).await.unwrap();
    appender.sync().await.unwrap();
    store.publish(&from, &to).await.unwrap();
    store
        .put(&at("a/b"), "y".into(), Durability::Lazy)
        .await
        .unwrap();
    store.settle(&to).await.unwrap();
    store.read(&to, 1).await.unwrap();
    store.open(&to).await.unwrap();
    store.size(&to).await.unwrap();
    store.list(&at("a")).await.unwrap();
    store.remove(&to).await.unwrap();
    assert_eq!(
        notes.take(),
        [
            Operation::Appender,
            Operation::Write,
            Operation::Sync,
            Operation::Publish,
            Operation::Put,
            Operation::Settle,
            Operation::Read,
            Operation::Open,
            Operation::Size,
            Operation::List,
            Operation::Remove,
        ]
    );
    store.read(&to, 1).await.unwrap_err();
    assert_eq!(notes.take(), [Operation::Read], "failures count");
}

#[tokio::test]
async fn the_time_is_that_of_the_call() {
    const NAP: Duration = Duration::from_millis(20);
    struct Last(Arc<Mutex<Duration>>);
    impl StoreObserver for Last {
        fn done(&self, _operation: Operation, took: Duration) {
            *self.0.lock().unwrap() = took;
        }
    }
    let root = tempfile::tempdir().unwrap();
    let disk = HookedDisk::new(RealDisk, |call| {
        if call == "rename" {
            std::thread::sleep(NAP);
        }
        Ok(())
    });
    let took = Arc::default();
    let store = Observed::new(
        FileStore::on(disk, root.path()).unwrap(),
        Last(Arc::clone(&took)),
    );
    let path = at("a");
    let put = store.put(&path, "x".into(), Durability::Durable);
    put.await.unwrap();
    assert!(*took.lock().unwrap() >= NAP);
}
