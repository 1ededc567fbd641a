//! Objects in a bucket, behind the same [`Store`] trait as files: any number of processes may
//! use one bucket at once.
//!
//! The tree is distribution's. What only several processes need to know of each other is in
//! `wharfinger/state/` beside it: when somebody last asked for the time ([`clock`]), what was
//! touched ([`touches`]), who holds what ([`holds`]), and, where a provider needs it, the parts of
//! uploads ([`parts`]).

mod again;
mod appender;
pub mod azure;
mod backend;
mod client;
mod clock;
mod commit;
mod conditions;
mod error;
pub mod gcs;
mod holds;
mod left_overs;
mod listing;
mod locate;
mod locks;
mod object;
mod pages;
mod parts;
mod publish;
mod remove;
pub mod s3;
mod seen;
mod sweep;
mod touches;
mod unfinished;

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use wharf_store::{
    Appender, Change, Durability, Hold, Listing, Payload, Removal, Result, Stat, Store, StorePath,
    Sweep, Swept,
};

pub use self::backend::Backend;
use self::backend::Bucket;
pub use self::locks::{Kept, Locks};
pub use self::parts::Gathering;

/// Objects in a bucket. Clones share the connections.
#[derive(Clone)]
pub struct CloudStore {
    bucket: Arc<Bucket>,
}

// === impl CloudStore ===

impl CloudStore {
    /// What is below `root` in a bucket. Uploads are sent in parts of `part` bytes at first.
    #[must_use]
    pub fn new(backend: Backend, root: &str, part: u64) -> Self {
        Self {
            bucket: Arc::new(Bucket::new(backend, root, part, None)),
        }
    }

    /// The same for a bucket whose provider takes no notice of conditions: what is being removed
    /// is written down in `locks`, which all who use the bucket have to have in common.
    #[must_use]
    pub fn locked_by(backend: Backend, root: &str, part: u64, locks: Arc<dyn Locks>) -> Self {
        Self {
            bucket: Arc::new(Bucket::new(backend, root, part, Some(locks))),
        }
    }
}

#[async_trait]
impl Store for CloudStore {
    async fn read(&self, path: &StorePath, limit: u64) -> Result<Bytes> {
        self.bucket.read(path, limit).await
    }

    async fn open(&self, path: &StorePath) -> Result<Payload> {
        self.bucket.open(path).await
    }

    async fn size(&self, path: &StorePath) -> Result<u64> {
        self.bucket.size(path).await
    }

    async fn put(&self, path: &StorePath, content: Bytes, durability: Durability) -> Result<()> {
        match durability {
            Durability::Durable => {
                self.bucket.know_clock().await?;
                let begun = self.bucket.put_lazily(path, content.clone()).await?;
                self.bucket.secure(path, content, begun).await
            }
            // What may be lost with the power may be lost to a sweep as well.
            Durability::Lazy => self.bucket.put_lazily(path, content).await.map(drop),
        }
    }

    async fn commit(&self, steps: Vec<Vec<Change>>) -> Result<()> {
        self.bucket.commit(steps).await
    }

    async fn appender(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        let appender = self.bucket.appender(path).await?;
        Ok(Box::new(appender))
    }

    async fn create(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        Ok(Box::new(self.bucket.new_appender(path)))
    }

    async fn publish(&self, from: &StorePath, to: &StorePath) -> Result<()> {
        self.bucket.publish(from, to).await
    }

    async fn list(&self, path: &StorePath) -> Result<Listing> {
        self.bucket.list(path).await
    }

    async fn list_below(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
    ) -> Result<Vec<Listing>> {
        self.bucket.list_below(directory, listing, places).await
    }

    async fn holding(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
        below: &str,
    ) -> Result<Vec<bool>> {
        let holding = self.bucket.holding(directory, listing, places, below);
        holding.await
    }

    async fn page(
        &self,
        directory: &StorePath,
        below: &str,
        after: Option<&str>,
        most: usize,
    ) -> Result<Option<(Listing, bool)>> {
        let page = self.bucket.names(directory, below, after, most);
        page.await.map(Some)
    }

    async fn remove(&self, path: &StorePath) -> Result<()> {
        self.bucket.remove(path).await
    }

    async fn stat(&self, path: &StorePath) -> Result<Stat> {
        self.bucket.stat(path).await
    }

    async fn touch(&self, path: &StorePath) -> Result<()> {
        let touch = Change::Touch { path: path.clone() };
        self.bucket.commit(vec![vec![touch]]).await
    }

    async fn now(&self) -> Result<SystemTime> {
        self.bucket.now().await
    }

    async fn next_moment(&self) -> Result<SystemTime> {
        self.bucket.next_moment().await
    }

    async fn remove_untouched(&self, path: &StorePath, since: SystemTime) -> Result<Removal> {
        self.bucket.sweep(path, since, None).await
    }

    async fn move_untouched(
        &self,
        path: &StorePath,
        to: &StorePath,
        since: SystemTime,
    ) -> Result<Removal> {
        self.bucket.sweep(path, since, Some(to)).await
    }

    async fn hold(&self, path: &StorePath) -> Result<Hold> {
        Bucket::hold(&self.bucket, path).await
    }

    async fn is_held(&self, path: &StorePath) -> Result<bool> {
        self.bucket.is_held(path).await
    }

    async fn sweep(&self, below: &StorePath, before: SystemTime, mode: Sweep) -> Swept {
        let swept = self.bucket.sweep_left_overs(below, before, mode);
        swept.await
    }

    async fn ping(&self) -> io::Result<()> {
        self.bucket.ping().await
    }
}

/// A path of our own, made of names that are right and a path that was.
#[expect(clippy::expect_used, reason = "what is joined by slashes is a path")]
fn path(text: String) -> StorePath {
    StorePath::new(text).expect("names and slashes")
}
