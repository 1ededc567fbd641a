//! A store that takes its time for one kind of call, as a disk under load does.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use wharf_store::{
    Appender, Durability, Hold, Listing, Operation, Payload, Removal, Result, Stat, Store,
    StorePath,
};

/// Passes all calls on; those of one kind begin by sleeping for [`DELAY`].
#[derive(Clone)]
pub(crate) struct Slow<S> {
    inner: S,
    slow: Operation,
}

struct SlowAppender {
    inner: Box<dyn Appender>,
    slow: Operation,
}

/// Long enough to do anything else meanwhile; tests pause the clock.
pub(crate) const DELAY: Duration = Duration::from_secs(10);

// === impl Slow ===

impl<S: Store> Slow<S> {
    /// `slow` is a write or a removal: what tests have needed so far.
    pub(crate) fn new(inner: S, slow: Operation) -> Self {
        Self { inner, slow }
    }
}

#[async_trait]
impl<S: Store> Store for Slow<S> {
    async fn read(&self, path: &StorePath, limit: u64) -> Result<Bytes> {
        self.inner.read(path, limit).await
    }

    async fn open(&self, path: &StorePath) -> Result<Payload> {
        self.inner.open(path).await
    }

    async fn size(&self, path: &StorePath) -> Result<u64> {
        self.inner.size(path).await
    }

    async fn put(&self, path: &StorePath, content: Bytes, durability: Durability) -> Result<()> {
        self.inner.put(path, content, durability).await
    }

    async fn appender(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        let inner = self.inner.appender(path).await?;
        let slow = self.slow;
        Ok(Box::new(SlowAppender { inner, slow }))
    }

    async fn publish(&self, from: &StorePath, to: &StorePath) -> Result<()> {
        self.inner.publish(from, to).await
    }

    async fn settle(&self, path: &StorePath) -> Result<()> {
        self.inner.settle(path).await
    }

    async fn list(&self, path: &StorePath) -> Result<Listing> {
        self.inner.list(path).await
    }

    async fn remove(&self, path: &StorePath) -> Result<()> {
        if self.slow == Operation::Remove {
            tokio::time::sleep(DELAY).await;
        }
        self.inner.remove(path).await
    }

    async fn hold(&self, path: &StorePath) -> Result<Hold> {
        self.inner.hold(path).await
    }

    async fn is_held(&self, path: &StorePath) -> Result<bool> {
        self.inner.is_held(path).await
    }

    async fn stat(&self, path: &StorePath) -> Result<Stat> {
        self.inner.stat(path).await
    }

    async fn touch(&self, path: &StorePath) -> Result<()> {
        self.inner.touch(path).await
    }

    async fn now(&self) -> Result<SystemTime> {
        self.inner.now().await
    }

    async fn remove_untouched(&self, path: &StorePath, since: SystemTime) -> Result<Removal> {
        self.inner.remove_untouched(path, since).await
    }

    async fn move_untouched(
        &self,
        path: &StorePath,
        to: &StorePath,
        since: SystemTime,
    ) -> Result<Removal> {
        self.inner.move_untouched(path, to, since).await
    }
}

// === impl SlowAppender ===

#[async_trait]
impl Appender for SlowAppender {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    async fn write(&mut self, frames: &[Bytes]) -> Result<()> {
        if self.slow == Operation::Write {
            tokio::time::sleep(DELAY).await;
        }
        self.inner.write(frames).await
    }

    async fn sync(&mut self) -> Result<()> {
        self.inner.sync().await
    }
}
