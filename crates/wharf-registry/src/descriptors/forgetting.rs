//! A store that has what it removes forgotten: whoever removes something need not think of it.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use wharf_store::{
    Appender, Change, Durability, Hold, Listing, Payload, Removal, Result, Stat, Store, StoreError,
    StorePath, Sweep, Swept,
};

use super::{Descriptors, Gone};
use crate::key;

/// Passes all calls to the store within. Links and data are forgotten before they are removed,
/// so that a process that is killed leaves nothing that is remembered and not there, and once
/// more after that, since somebody else may have looked in between.
///
/// A directory of links that is removed at once is not looked through: the domain removes
/// links one by one.
pub struct Forgetting {
    inner: Arc<dyn Store>,
    descriptors: Arc<dyn Descriptors>,
}

// === impl Forgetting ===

impl Forgetting {
    /// Wraps `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>, descriptors: Arc<dyn Descriptors>) -> Self {
        Self { inner, descriptors }
    }

    async fn removing<T>(
        &self,
        path: &StorePath,
        removal: impl Future<Output = Result<T>> + Send,
        has_stayed: impl FnOnce(&Result<T>) -> bool,
    ) -> Result<T> {
        let Some(gone) = key::gone(path) else {
            return removal.await;
        };
        self.descriptors.forget(gone.clone()).await;
        let removed = removal.await;
        if !has_stayed(&removed) {
            self.descriptors.forget(gone).await;
        }
        removed
    }

    async fn forget_all(&self, all: &[Gone]) {
        for gone in all {
            self.descriptors.forget(gone.clone()).await;
        }
    }
}

fn was_kept(removed: &Result<Removal>) -> bool {
    matches!(removed, Ok(Removal::Kept))
}

fn was_absent(removed: &Result<()>) -> bool {
    matches!(removed, Err(StoreError::NotFound(_)))
}

#[async_trait]
impl Store for Forgetting {
    async fn remove(&self, path: &StorePath) -> Result<()> {
        self.removing(path, self.inner.remove(path), was_absent)
            .await
    }

    async fn discard(&self, path: &StorePath) -> Result<()> {
        self.removing(path, self.inner.discard(path), was_absent)
            .await
    }

    async fn remove_untouched(&self, path: &StorePath, since: SystemTime) -> Result<Removal> {
        let removal = self.inner.remove_untouched(path, since);
        self.removing(path, removal, was_kept).await
    }

    async fn move_untouched(
        &self,
        path: &StorePath,
        to: &StorePath,
        since: SystemTime,
    ) -> Result<Removal> {
        let removal = self.inner.move_untouched(path, to, since);
        self.removing(path, removal, was_kept).await
    }

    async fn commit(&self, steps: Vec<Vec<Change>>) -> Result<()> {
        let removed = steps.iter().flatten().filter_map(|change| match change {
            Change::Remove { path } => key::gone(path),
            Change::Put { .. } | Change::Publish { .. } | Change::Touch { .. } => None,
        });
        let removed: Vec<Gone> = removed.collect();
        self.forget_all(&removed).await;
        let committed = self.inner.commit(steps).await;
        self.forget_all(&removed).await;
        committed
    }

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
        self.inner.appender(path).await
    }

    async fn create(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        self.inner.create(path).await
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

    async fn list_below(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
    ) -> Result<Vec<Listing>> {
        self.inner.list_below(directory, listing, places).await
    }

    async fn holding(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
        below: &str,
    ) -> Result<Vec<bool>> {
        let holding = self.inner.holding(directory, listing, places, below);
        holding.await
    }

    async fn page(
        &self,
        directory: &StorePath,
        below: &str,
        after: Option<&str>,
        most: usize,
    ) -> Result<Option<(Listing, bool)>> {
        self.inner.page(directory, below, after, most).await
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

    async fn next_moment(&self) -> Result<SystemTime> {
        self.inner.next_moment().await
    }

    async fn prune(&self, path: &StorePath) -> Result<()> {
        self.inner.prune(path).await
    }

    async fn settle_all(&self, path: &StorePath) -> Result<()> {
        self.inner.settle_all(path).await
    }

    async fn hold(&self, path: &StorePath) -> Result<Hold> {
        self.inner.hold(path).await
    }

    async fn is_held(&self, path: &StorePath) -> Result<bool> {
        self.inner.is_held(path).await
    }

    async fn sweep(&self, below: &StorePath, before: SystemTime, mode: Sweep) -> Swept {
        self.inner.sweep(below, before, mode).await
    }

    async fn ping(&self) -> io::Result<()> {
        self.inner.ping().await
    }
}
