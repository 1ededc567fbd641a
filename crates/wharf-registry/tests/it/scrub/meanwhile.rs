//! A store in which something happens just before a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::Mutex;
use wharf_store::{
    Appender, Durability, Hold, Listing, Payload, Removal, Result, Stat, Store, StorePath,
};

type Happening = Box<dyn FnOnce() -> tokio::task::JoinHandle<()> + Send>;

/// Passes all calls on; before the `nth` of them something else happens, to its end.
#[derive(Clone)]
pub(super) struct Meanwhile<S> {
    inner: S,
    nth: usize,
    calls: Arc<AtomicUsize>,
    happening: Arc<Mutex<Option<Happening>>>,
}

impl<S: Store> Meanwhile<S> {
    /// 1 is the first call.
    pub(super) fn new<F>(
        inner: S,
        nth: usize,
        happening: impl FnOnce() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let happening: Happening = Box::new(move || tokio::spawn(happening()));
        Self {
            inner,
            nth,
            calls: Arc::default(),
            happening: Arc::new(Mutex::new(Some(happening))),
        }
    }

    /// How many calls there were.
    pub(super) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    async fn tick(&self) {
        if self.calls.fetch_add(1, Ordering::Relaxed) + 1 == self.nth {
            let happening = self.happening.lock().await.take();
            if let Some(happening) = happening {
                happening().await.unwrap();
            }
        }
    }
}

#[async_trait]
impl<S: Store> Store for Meanwhile<S> {
    async fn read(&self, path: &StorePath, limit: u64) -> Result<Bytes> {
        self.tick().await;
        self.inner.read(path, limit).await
    }

    async fn open(&self, path: &StorePath) -> Result<Payload> {
        self.tick().await;
        self.inner.open(path).await
    }

    async fn size(&self, path: &StorePath) -> Result<u64> {
        self.tick().await;
        self.inner.size(path).await
    }

    async fn put(&self, path: &StorePath, content: Bytes, durability: Durability) -> Result<()> {
        self.tick().await;
        self.inner.put(path, content, durability).await
    }

    async fn appender(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        self.inner.appender(path).await
    }

    async fn publish(&self, from: &StorePath, to: &StorePath) -> Result<()> {
        self.tick().await;
        self.inner.publish(from, to).await
    }

    async fn list(&self, path: &StorePath) -> Result<Listing> {
        self.tick().await;
        self.inner.list(path).await
    }

    async fn remove(&self, path: &StorePath) -> Result<()> {
        self.tick().await;
        self.inner.remove(path).await
    }

    async fn hold(&self, path: &StorePath) -> Result<Hold> {
        self.inner.hold(path).await
    }

    async fn is_held(&self, path: &StorePath) -> Result<bool> {
        self.inner.is_held(path).await
    }

    async fn stat(&self, path: &StorePath) -> Result<Stat> {
        self.tick().await;
        self.inner.stat(path).await
    }

    async fn touch(&self, path: &StorePath) -> Result<()> {
        self.tick().await;
        self.inner.touch(path).await
    }

    async fn now(&self) -> Result<SystemTime> {
        self.tick().await;
        self.inner.now().await
    }

    async fn remove_untouched(&self, path: &StorePath, since: SystemTime) -> Result<Removal> {
        self.tick().await;
        self.inner.remove_untouched(path, since).await
    }

    async fn move_untouched(
        &self,
        path: &StorePath,
        to: &StorePath,
        since: SystemTime,
    ) -> Result<Removal> {
        self.tick().await;
        self.inner.move_untouched(path, to, since).await
    }
}
