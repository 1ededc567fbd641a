//! Bytes at paths. A [`Store`] knows nothing of registries: it keeps objects under
//! [`StorePath`]s, durably and atomically, and hands them out as a [`Payload`] that
//! travels to the socket unchanged. Drivers: [`FileStore`] and [`MemoryStore`];
//! [`Faulty`] and [`Observed`] wrap either; [`behaviour`] is the suite that every driver passes.

pub mod behaviour;
mod error;
mod faulty;
pub mod fs;
mod listing;
mod memory;
mod observed;
mod path;
mod payload;

use std::io;
use std::ops::Range;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;

pub use error::{Result, StoreError};
pub use faulty::{Call, Fault, FaultPlan, Faulty, Operation};
pub use fs::FileStore;
pub use listing::{Entry, EntryKind, Listing};
pub use memory::MemoryStore;
pub use observed::{Observed, StoreObserver};
pub use path::{PathError, StorePath};
pub use payload::{FileSpan, Payload};

/// Objects under slash-separated paths below one root.
///
/// Directories are not objects: they come into being with what is put below them, and
/// whether an emptied one is still listed depends on the driver.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The whole object, if it has at most `limit` bytes.
    ///
    /// # Errors
    /// `NotFound`; `TooLarge` when the object is longer than `limit`.
    async fn read(&self, path: &StorePath, limit: u64) -> Result<Bytes>;

    /// The object as something that can be sent without reading it first. Its length
    /// is the object's length at this moment.
    ///
    /// # Errors
    /// `NotFound`, also when `path` names a directory.
    async fn open(&self, path: &StorePath) -> Result<Payload>;

    /// The size of the object, in bytes.
    ///
    /// # Errors
    /// `NotFound`, also when `path` names a directory.
    async fn size(&self, path: &StorePath) -> Result<u64>;

    /// Replaces the object at once: a reader sees the old content or the new, never a
    /// mixture, whatever happens to the process. What `durability` promises holds when
    /// this returns.
    async fn put(&self, path: &StorePath, content: Bytes, durability: Durability) -> Result<()>;

    /// Makes changes step by step, durably: what a step does can be seen only when the steps
    /// before it are durable, whatever happens to the machine; within a step there is no
    /// order. An object that is to be put and holds those very bytes is left alone. An error
    /// leaves the steps before it done, and its own in part.
    ///
    /// # Errors
    /// As [`Store::put`] and [`Store::publish`]. What is to be removed may be missing.
    async fn commit(&self, steps: Vec<Vec<Change>>) -> Result<()> {
        for change in steps.into_iter().flatten() {
            match change {
                Change::Put { path, content } => {
                    self.put(&path, content, Durability::Durable).await?;
                }
                Change::Publish { from, to } => self.publish(&from, &to).await?,
                Change::Remove { path } => match self.remove(&path).await {
                    Err(StoreError::NotFound(_)) => {}
                    removed => removed?,
                },
            }
        }
        Ok(())
    }

    /// Opens the object to append to it, creating it empty if it is not there. One
    /// appender at a time is the caller's duty.
    async fn appender(&self, path: &StorePath) -> Result<Box<dyn Appender>>;

    /// Moves the object, durably and with all its bytes, over whatever stands at `to`. Its
    /// old parent directories stay. Where many bytes are not durable yet, [`Appender::sync`]
    /// first, since others may be waiting for the same.
    ///
    /// # Errors
    /// `NotFound` when nothing is at `from`.
    async fn publish(&self, from: &StorePath, to: &StorePath) -> Result<()>;

    /// Returns when what a read of `path` shows by now will survive power loss too: a
    /// write of it that others can see already may still be on its way to the disk. For
    /// whoever acknowledges something that relies on it. A store whose reads show
    /// durable objects only has nothing to do.
    async fn settle(&self, _path: &StorePath) -> Result<()> {
        Ok(())
    }

    /// The names directly below `path`, sorted bytewise. Names of unfinished writes
    /// are not among them.
    ///
    /// # Errors
    /// `NotFound` when there is no such directory.
    async fn list(&self, path: &StorePath) -> Result<Listing>;

    /// The listings of the directories that these places of a listing of `directory` name,
    /// in their order, each as [`Store::list`] would tell; empty ones of what is not there.
    async fn list_below(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
    ) -> Result<Vec<Listing>> {
        let mut listings = Vec::new();
        for entry in listing.range(places) {
            let listed = match StorePath::new(format!("{directory}/{}", entry.name)) {
                Ok(path) => match self.list(&path).await {
                    Err(error) if error.is_not_found() => Listing::default(),
                    listed => listed?,
                },
                Err(_) => Listing::default(),
            };
            listings.push(listed);
        }
        Ok(listings)
    }

    /// Of the names at these places of a listing of `directory`, which hold an object at
    /// `below`, in their order: as [`Store::size`] of each would tell.
    async fn holding(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
        below: &str,
    ) -> Result<Vec<bool>> {
        let mut holding = Vec::new();
        for entry in listing.range(places) {
            let object = format!("{directory}/{}/{below}", entry.name);
            let held = match StorePath::new(object) {
                Ok(object) => match self.size(&object).await {
                    Ok(_) => true,
                    Err(error) if error.is_not_found() => false,
                    Err(error) => return Err(error),
                },
                Err(_) => false,
            };
            holding.push(held);
        }
        Ok(holding)
    }

    /// Removes the object, or everything below it when `path` names a directory. Its
    /// absence is durable when this returns. Parent directories stay.
    ///
    /// # Errors
    /// `NotFound` when nothing was there.
    async fn remove(&self, path: &StorePath) -> Result<()>;

    /// Removes what killed writes have left below `below` and nobody has changed since
    /// `before`. No object is touched, and no write that this process is still at; writes
    /// of other processes are told by their age alone. A store whose writes leave nothing
    /// has nothing to do.
    async fn sweep(&self, _below: &StorePath, _before: SystemTime, _mode: Sweep) -> Swept {
        Swept::default()
    }

    /// Whether the backend answers, asked as cheaply as it can be: for health checks. An
    /// empty store is well.
    ///
    /// # Errors
    /// Why it does not answer.
    async fn ping(&self) -> io::Result<()> {
        let anything = StorePath::new("docker").map_err(io::Error::other)?;
        match self.size(&anything).await {
            Err(StoreError::Io { source, .. }) => Err(source),
            Err(error @ StoreError::Full { .. }) => Err(io::Error::other(error)),
            Ok(_) | Err(StoreError::NotFound(_) | StoreError::TooLarge { .. }) => Ok(()),
        }
    }
}

/// An object that is being written to its end.
///
/// Dropping it keeps what was written; without [`Appender::sync`] that part may be lost
/// with the power, though not with the process.
#[async_trait]
pub trait Appender: Send {
    /// Bytes in the object so far.
    fn len(&self) -> u64;

    /// True while nothing has been written.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the frames in order. After an error, how much was appended is unknown:
    /// drop the appender and open it again.
    async fn write(&mut self, frames: &[Bytes]) -> Result<()>;

    /// Makes everything written so far, and the object's name, survive power loss.
    async fn sync(&mut self) -> Result<()>;
}

/// One of several changes that are made together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// See [`Store::put`].
    Put {
        /// The object.
        path: StorePath,
        /// What it holds then.
        content: Bytes,
    },
    /// See [`Store::publish`].
    Publish {
        /// Where the object is.
        from: StorePath,
        /// Where it will be.
        to: StorePath,
    },
    /// See [`Store::remove`].
    Remove {
        /// An object, or all below a directory.
        path: StorePath,
    },
}

/// What a write promises when it returns.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Durability {
    /// It survives `kill -9` and power loss.
    Durable,
    /// It survives `kill -9`; after power loss it may be gone, or hold garbage: only
    /// for what can be checked and made again.
    Lazy,
}

/// What is done with what is left of killed writes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sweep {
    /// It goes.
    Remove,
    /// It is counted only.
    Count,
}

/// What a sweep came to.
#[derive(Debug, Default)]
pub struct Swept {
    /// Left-overs that were removed, or counted.
    pub found: u64,
    /// Places that could not be looked at, or left-overs that could not be removed.
    pub failed: u64,
    /// The first of those.
    pub first_failure: Option<StoreError>,
}
