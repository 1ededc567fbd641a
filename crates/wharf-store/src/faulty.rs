//! A store that fails, hangs or dies at the call that a test chooses.

mod plan;

use std::future::pending;
use std::io;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use rustix::process::{Signal, getpid, kill_process};

use crate::{
    Appender, Durability, Hold, Listing, Payload, Removal, Result, Stat, Store, StoreError,
    StorePath, Sweep, Swept,
};

pub use self::plan::{Call, FaultPlan, Operation};

/// What goes wrong at a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The call has no effect and fails.
    Fail(io::ErrorKind),
    /// The call takes effect, but its answer is lost: it fails all the same.
    FailAfter(io::ErrorKind),
    /// The call has no effect and never returns.
    Hang,
    /// The process is killed, as by `kill -9`, before the call takes effect.
    Die,
    /// The process is killed, as by `kill -9`, after the call took effect and before
    /// anyone hears of it.
    DieAfter,
}

/// Passes all calls to the store within, except where its [`FaultPlan`] is armed. Calls
/// of appenders count as calls of the store.
#[derive(Clone, Debug)]
pub struct Faulty<S> {
    inner: S,
    plan: FaultPlan,
}

struct FaultyAppender {
    inner: Box<dyn Appender>,
    path: StorePath,
    plan: FaultPlan,
}

// === impl Faulty ===

impl<S: Store> Faulty<S> {
    /// Wraps `inner`; keep a clone of the plan to arm it later.
    pub fn new(inner: S, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }

    /// The plan, to arm it or to see the calls.
    pub fn plan(&self) -> &FaultPlan {
        &self.plan
    }

    /// The store within, whose calls are not counted.
    pub fn inner(&self) -> &S {
        &self.inner
    }
}

#[async_trait]
impl<S: Store> Store for Faulty<S> {
    async fn read(&self, path: &StorePath, limit: u64) -> Result<Bytes> {
        self.plan
            .around(Operation::Read, path, self.inner.read(path, limit))
            .await
    }

    async fn open(&self, path: &StorePath) -> Result<Payload> {
        self.plan
            .around(Operation::Open, path, self.inner.open(path))
            .await
    }

    async fn size(&self, path: &StorePath) -> Result<u64> {
        self.plan
            .around(Operation::Size, path, self.inner.size(path))
            .await
    }

    async fn put(&self, path: &StorePath, content: Bytes, durability: Durability) -> Result<()> {
        self.plan
            .around(
                Operation::Put,
                path,
                self.inner.put(path, content, durability),
            )
            .await
    }

    async fn appender(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        let inner = self
            .plan
            .around(Operation::Appender, path, self.inner.appender(path))
            .await?;
        Ok(Box::new(FaultyAppender {
            inner,
            path: path.clone(),
            plan: self.plan.clone(),
        }))
    }

    async fn publish(&self, from: &StorePath, to: &StorePath) -> Result<()> {
        self.plan
            .around(Operation::Publish, to, self.inner.publish(from, to))
            .await
    }

    async fn settle(&self, path: &StorePath) -> Result<()> {
        self.plan
            .around(Operation::Settle, path, self.inner.settle(path))
            .await
    }

    async fn list(&self, path: &StorePath) -> Result<Listing> {
        self.plan
            .around(Operation::List, path, self.inner.list(path))
            .await
    }

    async fn remove(&self, path: &StorePath) -> Result<()> {
        self.plan
            .around(Operation::Remove, path, self.inner.remove(path))
            .await
    }

    async fn discard(&self, path: &StorePath) -> Result<()> {
        self.plan
            .around(Operation::Discard, path, self.inner.discard(path))
            .await
    }

    async fn hold(&self, path: &StorePath) -> Result<Hold> {
        self.inner.hold(path).await
    }

    async fn is_held(&self, path: &StorePath) -> Result<bool> {
        self.inner.is_held(path).await
    }

    async fn stat(&self, path: &StorePath) -> Result<Stat> {
        self.plan
            .around(Operation::Stat, path, self.inner.stat(path))
            .await
    }

    async fn touch(&self, path: &StorePath) -> Result<()> {
        self.plan
            .around(Operation::Touch, path, self.inner.touch(path))
            .await
    }

    async fn now(&self) -> Result<SystemTime> {
        self.inner.now().await
    }

    async fn next_moment(&self) -> Result<SystemTime> {
        self.inner.next_moment().await
    }

    async fn remove_untouched(&self, path: &StorePath, since: SystemTime) -> Result<Removal> {
        let remove = self.inner.remove_untouched(path, since);
        self.plan
            .around(Operation::RemoveUntouched, path, remove)
            .await
    }

    async fn move_untouched(
        &self,
        path: &StorePath,
        to: &StorePath,
        since: SystemTime,
    ) -> Result<Removal> {
        let moved = self.inner.move_untouched(path, to, since);
        self.plan
            .around(Operation::MoveUntouched, path, moved)
            .await
    }

    async fn prune(&self, path: &StorePath) -> Result<()> {
        self.plan
            .around(Operation::Prune, path, self.inner.prune(path))
            .await
    }

    async fn settle_all(&self, path: &StorePath) -> Result<()> {
        self.plan
            .around(Operation::Settle, path, self.inner.settle_all(path))
            .await
    }

    async fn sweep(&self, below: &StorePath, before: SystemTime, mode: Sweep) -> Swept {
        self.inner.sweep(below, before, mode).await
    }

    async fn ping(&self) -> io::Result<()> {
        self.inner.ping().await
    }
}

// === impl FaultyAppender ===

#[async_trait]
impl Appender for FaultyAppender {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    async fn write(&mut self, frames: &[Bytes]) -> Result<()> {
        self.plan
            .around(Operation::Write, &self.path, self.inner.write(frames))
            .await
    }

    async fn sync(&mut self) -> Result<()> {
        self.plan
            .around(Operation::Sync, &self.path, self.inner.sync())
            .await
    }

    async fn flush(&mut self) -> Result<()> {
        self.inner.flush().await
    }

    fn outlives_failures(&self) -> bool {
        self.inner.outlives_failures()
    }

    fn content(&self) -> Option<Bytes> {
        self.inner.content()
    }
}

// === impl FaultPlan ===

impl FaultPlan {
    /// Does the call, unless its turn has come to go wrong. A future that is never
    /// polled has no effect, which is what "before" means here.
    async fn around<T>(
        &self,
        operation: Operation,
        path: &StorePath,
        call: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let fail = |kind: io::ErrorKind| {
            Err(StoreError::from_io(
                operation.verb(),
                path,
                io::Error::new(kind, "injected fault"),
            ))
        };
        match self.next(Call {
            operation,
            path: path.clone(),
        }) {
            None => call.await,
            Some(Fault::Fail(kind)) => fail(kind),
            Some(Fault::FailAfter(kind)) => {
                _ = call.await;
                fail(kind)
            }
            Some(Fault::Hang) => pending().await,
            Some(Fault::Die) => die().await,
            Some(Fault::DieAfter) => {
                _ = call.await;
                die().await
            }
        }
    }
}

async fn die<T>() -> T {
    // It cannot fail: a process may kill itself.
    _ = kill_process(getpid(), Signal::KILL);
    pending().await
}
