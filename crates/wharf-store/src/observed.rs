//! A store that tells how long its calls take.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    Appender, Change, Durability, Hold, Listing, Operation, Payload, Removal, Result, Stat, Store,
    StorePath, Sweep, Swept,
};

/// Learns what a store does.
pub trait StoreObserver: Send + Sync + 'static {
    /// A call has returned, with or without an error. It is asked on the way: it must not
    /// block.
    fn done(&self, operation: Operation, took: Duration);
}

/// Passes all calls to the store within and tells an observer of each that returns. Those
/// that are given up before are not told of.
#[derive(Clone, Debug)]
pub struct Observed<S, O> {
    inner: S,
    observer: Arc<O>,
}

struct ObservedAppender<O> {
    inner: Box<dyn Appender>,
    observer: Arc<O>,
}

// === impl Observed ===

impl<S: Store, O: StoreObserver> Observed<S, O> {
    /// Wraps `inner`.
    pub fn new(inner: S, observer: O) -> Self {
        Self {
            inner,
            observer: Arc::new(observer),
        }
    }

    async fn observed(
        &self,
        open: impl Future<Output = Result<Box<dyn Appender>>>,
    ) -> Result<Box<dyn Appender>> {
        let inner = timed(&*self.observer, Operation::Appender, open).await?;
        Ok(Box::new(ObservedAppender {
            inner,
            observer: Arc::clone(&self.observer),
        }))
    }
}

async fn timed<T>(
    observer: &impl StoreObserver,
    operation: Operation,
    call: impl Future<Output = T>,
) -> T {
    let start = Instant::now();
    let returned = call.await;
    observer.done(operation, start.elapsed());
    returned
}

#[async_trait]
impl<S: Store, O: StoreObserver> Store for Observed<S, O> {
    async fn read(&self, path: &StorePath, limit: u64) -> Result<Bytes> {
        timed(
            &*self.observer,
            Operation::Read,
            self.inner.read(path, limit),
        )
        .await
    }

    async fn open(&self, path: &StorePath) -> Result<Payload> {
        timed(&*self.observer, Operation::Open, self.inner.open(path)).await
    }

    async fn size(&self, path: &StorePath) -> Result<u64> {
        timed(&*self.observer, Operation::Size, self.inner.size(path)).await
    }

    async fn put(&self, path: &StorePath, content: Bytes, durability: Durability) -> Result<()> {
        let put = self.inner.put(path, content, durability);
        timed(&*self.observer, Operation::Put, put).await
    }

    async fn commit(&self, steps: Vec<Vec<Change>>) -> Result<()> {
        // One wait for all of them: it counts as the weightiest.
        let moves = |change: &Change| matches!(change, Change::Publish { .. });
        let operation = if steps.iter().flatten().any(moves) {
            Operation::Publish
        } else {
            Operation::Put
        };
        timed(&*self.observer, operation, self.inner.commit(steps)).await
    }

    async fn appender(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        self.observed(self.inner.appender(path)).await
    }

    async fn create(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        self.observed(self.inner.create(path)).await
    }

    async fn publish(&self, from: &StorePath, to: &StorePath) -> Result<()> {
        let publish = self.inner.publish(from, to);
        timed(&*self.observer, Operation::Publish, publish).await
    }

    async fn settle(&self, path: &StorePath) -> Result<()> {
        timed(&*self.observer, Operation::Settle, self.inner.settle(path)).await
    }

    async fn page(
        &self,
        directory: &StorePath,
        below: &str,
        after: Option<&str>,
        most: usize,
    ) -> Result<Option<(Listing, bool)>> {
        let page = self.inner.page(directory, below, after, most);
        timed(&*self.observer, Operation::List, page).await
    }

    async fn holding(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
        below: &str,
    ) -> Result<Vec<bool>> {
        let holding = self.inner.holding(directory, listing, places, below);
        timed(&*self.observer, Operation::Size, holding).await
    }

    async fn list_below(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
    ) -> Result<Vec<Listing>> {
        let listings = self.inner.list_below(directory, listing, places);
        timed(&*self.observer, Operation::List, listings).await
    }

    async fn list(&self, path: &StorePath) -> Result<Listing> {
        timed(&*self.observer, Operation::List, self.inner.list(path)).await
    }

    async fn remove(&self, path: &StorePath) -> Result<()> {
        timed(&*self.observer, Operation::Remove, self.inner.remove(path)).await
    }

    async fn discard(&self, path: &StorePath) -> Result<()> {
        let discard = self.inner.discard(path);
        timed(&*self.observer, Operation::Discard, discard).await
    }

    async fn hold(&self, path: &StorePath) -> Result<Hold> {
        self.inner.hold(path).await
    }

    async fn is_held(&self, path: &StorePath) -> Result<bool> {
        self.inner.is_held(path).await
    }

    async fn stat(&self, path: &StorePath) -> Result<Stat> {
        timed(&*self.observer, Operation::Stat, self.inner.stat(path)).await
    }

    async fn touch(&self, path: &StorePath) -> Result<()> {
        timed(&*self.observer, Operation::Touch, self.inner.touch(path)).await
    }

    async fn now(&self) -> Result<SystemTime> {
        self.inner.now().await
    }

    async fn next_moment(&self) -> Result<SystemTime> {
        self.inner.next_moment().await
    }

    async fn remove_untouched(&self, path: &StorePath, since: SystemTime) -> Result<Removal> {
        let remove = self.inner.remove_untouched(path, since);
        timed(&*self.observer, Operation::RemoveUntouched, remove).await
    }

    async fn move_untouched(
        &self,
        path: &StorePath,
        to: &StorePath,
        since: SystemTime,
    ) -> Result<Removal> {
        let moved = self.inner.move_untouched(path, to, since);
        timed(&*self.observer, Operation::MoveUntouched, moved).await
    }

    async fn prune(&self, path: &StorePath) -> Result<()> {
        timed(&*self.observer, Operation::Prune, self.inner.prune(path)).await
    }

    async fn settle_all(&self, path: &StorePath) -> Result<()> {
        let settle = self.inner.settle_all(path);
        timed(&*self.observer, Operation::Settle, settle).await
    }

    async fn sweep(&self, below: &StorePath, before: SystemTime, mode: Sweep) -> Swept {
        self.inner.sweep(below, before, mode).await
    }

    async fn ping(&self) -> io::Result<()> {
        timed(&*self.observer, Operation::Size, self.inner.ping()).await
    }
}

// === impl ObservedAppender ===

#[async_trait]
impl<O: StoreObserver> Appender for ObservedAppender<O> {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    async fn write(&mut self, frames: &[Bytes]) -> Result<()> {
        timed(&*self.observer, Operation::Write, self.inner.write(frames)).await
    }

    async fn sync(&mut self) -> Result<()> {
        timed(&*self.observer, Operation::Sync, self.inner.sync()).await
    }

    async fn flush(&mut self) -> Result<()> {
        timed(&*self.observer, Operation::Sync, self.inner.flush()).await
    }

    fn outlives_failures(&self) -> bool {
        self.inner.outlives_failures()
    }

    fn content(&self) -> Option<Bytes> {
        self.inner.content()
    }
}
