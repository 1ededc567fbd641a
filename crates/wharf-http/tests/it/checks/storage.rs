//! Checks of the store.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use wharf_http::{Check, Probe};
use wharf_store::{
    Appender, Durability, FileStore, Hold, Listing, MemoryStore, Payload, Removal, Result, Stat,
    Store, StorePath,
};

use super::{check, failure, running, until};

/// A store that answers nothing, and counts who asks.
#[derive(Clone, Default)]
struct Hanging {
    store: MemoryStore,
    asked: Arc<AtomicUsize>,
}

pub(super) fn probe(store: impl Store) -> Probe {
    Probe::Storage {
        driver: "filesystem".to_owned(),
        store: Arc::new(store),
    }
}

#[tokio::test]
async fn a_root_that_vanishes_is_noticed_and_that_it_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    let store = FileStore::new(&root).unwrap();
    let health = running(vec![check(probe(store))]);
    tokio::time::sleep(super::INTERVAL * 5).await;
    assert!(health.is_healthy());
    std::fs::remove_dir(&root).unwrap();
    until(&health, false).await;
    let (name, why) = failure(&health);
    assert_eq!(name, "storagedriver_filesystem");
    assert!(why.contains("No such file"), "{why}");
    std::fs::create_dir(&root).unwrap();
    until(&health, true).await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_not_well_and_not_asked_again() {
    let store = Hanging::default();
    let health = running(vec![Check {
        threshold: 3,
        ..Check::new(probe(store.clone()))
    }]);
    tokio::time::sleep(Duration::from_secs(39)).await;
    assert!(health.is_healthy());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!health.is_healthy());
    assert_eq!(failure(&health).1, "no answer within 10s");
    assert_eq!(store.asked.load(Ordering::Relaxed), 1);
}

#[async_trait]
impl Store for Hanging {
    async fn read(&self, path: &StorePath, limit: u64) -> Result<Bytes> {
        self.store.read(path, limit).await
    }

    async fn open(&self, path: &StorePath) -> Result<Payload> {
        self.store.open(path).await
    }

    async fn size(&self, path: &StorePath) -> Result<u64> {
        self.store.size(path).await
    }

    async fn put(&self, path: &StorePath, content: Bytes, durability: Durability) -> Result<()> {
        self.store.put(path, content, durability).await
    }

    async fn appender(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        self.store.appender(path).await
    }

    async fn publish(&self, from: &StorePath, to: &StorePath) -> Result<()> {
        self.store.publish(from, to).await
    }

    async fn list(&self, path: &StorePath) -> Result<Listing> {
        self.store.list(path).await
    }

    async fn remove(&self, path: &StorePath) -> Result<()> {
        self.store.remove(path).await
    }

    async fn hold(&self, path: &StorePath) -> Result<Hold> {
        self.store.hold(path).await
    }

    async fn is_held(&self, path: &StorePath) -> Result<bool> {
        self.store.is_held(path).await
    }

    async fn stat(&self, path: &StorePath) -> Result<Stat> {
        self.store.stat(path).await
    }

    async fn touch(&self, path: &StorePath) -> Result<()> {
        self.store.touch(path).await
    }

    async fn now(&self) -> Result<SystemTime> {
        self.store.now().await
    }

    async fn remove_untouched(&self, path: &StorePath, since: SystemTime) -> Result<Removal> {
        self.store.remove_untouched(path, since).await
    }

    async fn move_untouched(
        &self,
        path: &StorePath,
        to: &StorePath,
        since: SystemTime,
    ) -> Result<Removal> {
        self.store.move_untouched(path, to, since).await
    }

    async fn ping(&self) -> io::Result<()> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        pending().await
    }
}
