//! A store between whose calls something happens that a test chooses.

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use wharf_store::{
    Appender, Durability, Hold, Listing, MemoryStore, Payload, Removal, Result, Stat, Store,
    StoreError, StorePath,
};

type Happening = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Passes all calls on; before each, `happens` is told how many there were.
#[derive(Clone)]
pub(crate) struct Meddling {
    inner: MemoryStore,
    calls: Arc<AtomicUsize>,
    happens: Arc<dyn Fn(usize) -> Happening + Send + Sync>,
    touches: Touches,
    removals: Removals,
}

/// Whether what somebody has just touched can be told from the rest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Removals {
    AreSafe,
    AreRefused,
}

/// Whether touches have an effect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Touches {
    Count,
    /// For tests of tests.
    AreIgnored,
}

// === impl Meddling ===

impl Meddling {
    pub(crate) fn new(
        inner: MemoryStore,
        happens: impl Fn(usize) -> Happening + Send + Sync + 'static,
    ) -> Self {
        Self {
            inner,
            calls: Arc::default(),
            happens: Arc::new(happens),
            touches: Touches::Count,
            removals: Removals::AreSafe,
        }
    }

    pub(crate) fn refusing_removals(mut self) -> Self {
        self.removals = Removals::AreRefused;
        self
    }

    pub(crate) fn with(mut self, touches: Touches) -> Self {
        self.touches = touches;
        self
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    async fn next(&self) -> &MemoryStore {
        let before = self.calls.fetch_add(1, Ordering::SeqCst);
        (self.happens)(before).await;
        &self.inner
    }
}

#[async_trait]
impl Store for Meddling {
    async fn read(&self, path: &StorePath, limit: u64) -> Result<Bytes> {
        self.next().await.read(path, limit).await
    }

    async fn open(&self, path: &StorePath) -> Result<Payload> {
        self.next().await.open(path).await
    }

    async fn size(&self, path: &StorePath) -> Result<u64> {
        self.next().await.size(path).await
    }

    /// As a commit does: what is there with this content is found to be so, and then, later,
    /// is left alone.
    async fn put(&self, path: &StorePath, content: Bytes, durability: Durability) -> Result<()> {
        let inner = self.next().await;
        if inner
            .read(path, u64::MAX)
            .await
            .is_ok_and(|it| it == content)
        {
            self.next().await;
            return Ok(());
        }
        self.next().await.put(path, content, durability).await
    }

    async fn appender(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        self.next().await.appender(path).await
    }

    async fn publish(&self, from: &StorePath, to: &StorePath) -> Result<()> {
        self.next().await.publish(from, to).await
    }

    async fn list(&self, path: &StorePath) -> Result<Listing> {
        self.next().await.list(path).await
    }

    async fn remove(&self, path: &StorePath) -> Result<()> {
        self.next().await.remove(path).await
    }

    async fn hold(&self, path: &StorePath) -> Result<Hold> {
        self.inner.hold(path).await
    }

    async fn is_held(&self, path: &StorePath) -> Result<bool> {
        self.inner.is_held(path).await
    }

    async fn stat(&self, path: &StorePath) -> Result<Stat> {
        self.next().await.stat(path).await
    }

    async fn touch(&self, path: &StorePath) -> Result<()> {
        let inner = self.next().await;
        match self.touches {
            Touches::Count => inner.touch(path).await,
            Touches::AreIgnored => Ok(()),
        }
    }

    async fn now(&self) -> Result<SystemTime> {
        self.inner.now().await
    }

    async fn remove_untouched(&self, path: &StorePath, since: SystemTime) -> Result<Removal> {
        match self.removals {
            Removals::AreSafe => self.next().await.remove_untouched(path, since).await,
            Removals::AreRefused => {
                let unsupported = ErrorKind::Unsupported.into();
                Err(StoreError::from_io("remove", path, unsupported))
            }
        }
    }

    async fn move_untouched(
        &self,
        path: &StorePath,
        to: &StorePath,
        since: SystemTime,
    ) -> Result<Removal> {
        self.next().await.move_untouched(path, to, since).await
    }
}
