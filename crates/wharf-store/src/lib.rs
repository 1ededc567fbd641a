//! Bytes at paths. A [`Store`] knows nothing of registries: it keeps objects under
//! [`StorePath`]s, durably and atomically, and hands them out as a [`Payload`] that
//! travels to the socket unchanged. Drivers: [`FileStore`] and [`MemoryStore`];
//! [`Faulty`] and [`Observed`] wrap either; [`behaviour`] is the suite that every driver passes.

pub mod behaviour;
mod error;
mod faulty;
pub mod fs;
mod listing;
mod locate;
mod memory;
mod observed;
mod path;
mod payload;

use std::io;
use std::ops::Range;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;

pub use error::{Result, StoreError};
pub use faulty::{Call, Fault, FaultPlan, Faulty, Operation};
pub use fs::FileStore;
pub use listing::{Entry, EntryKind, Listing};
pub use locate::{Fetch, FetchMethod, Locate};
pub use memory::MemoryStore;
pub use observed::{Observed, StoreObserver};
pub use path::{PathError, StorePath};
pub use payload::{FileSpan, Payload, RemoteBytes, RemoteObject, RemoteSpan};

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
    /// As [`Store::put`], [`Store::publish`] and [`Store::touch`]. What is to be removed may be
    /// missing.
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
                Change::Touch { path } => self.touch(&path).await?,
            }
        }
        Ok(())
    }

    /// Opens the object to append to it, creating it empty if it is not there. One
    /// appender at a time is the caller's duty.
    async fn appender(&self, path: &StorePath) -> Result<Box<dyn Appender>>;

    /// The same for an object that nobody has begun yet, and that may come into being with its
    /// first bytes.
    async fn create(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        self.appender(path).await
    }

    /// Moves the object, durably and with all its bytes, over whatever stands at `to`. Its
    /// old parent directories stay. Where many bytes are not durable yet, [`Appender::sync`]
    /// first, since others may be waiting for the same; where few are not, [`Appender::flush`].
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

    /// The first names directly below `directory` that come after `after` and hold an object at
    /// `below`, at most `most`, sorted bytewise; and whether more follow. Nothing where
    /// [`Store::list`] and [`Store::holding`] cost less.
    async fn page(
        &self,
        _directory: &StorePath,
        _below: &str,
        _after: Option<&str>,
        _most: usize,
    ) -> Result<Option<(Listing, bool)>> {
        Ok(None)
    }

    /// Removes the object, or everything below it when `path` names a directory. Its
    /// absence is durable when this returns. Parent directories stay.
    ///
    /// # Errors
    /// `NotFound` when nothing was there.
    async fn remove(&self, path: &StorePath) -> Result<()>;

    /// As [`Store::remove`], but its absence need not survive power loss: for what will be found,
    /// and removed, again.
    ///
    /// # Errors
    /// As [`Store::remove`].
    async fn discard(&self, path: &StorePath) -> Result<()> {
        self.remove(path).await
    }

    /// What is known of the object without reading it.
    ///
    /// # Errors
    /// `NotFound`, also when `path` names a directory.
    async fn stat(&self, path: &StorePath) -> Result<Stat>;

    /// Says that somebody relies on the object from now on: [`Store::remove_untouched`] and
    /// [`Store::move_untouched`], in whatever process, leave it alone if they are about an
    /// earlier moment. It need not survive power loss. What is put or published, and what
    /// [`Store::commit`] leaves alone because it is there already, counts as touched by that.
    ///
    /// Whoever will remove what is untouched since a moment asks for that moment
    /// ([`Store::now`]). So nothing need be done for an object that was touched since anybody
    /// last asked, if that was less than a minute ago: afterwards it is younger than the one
    /// and the other.
    ///
    /// # Errors
    /// `NotFound` when it is not there, also when it is being removed at this moment.
    async fn touch(&self, path: &StorePath) -> Result<()>;

    /// The moment, by the clock that touches go by. To be asked before anything is looked at
    /// that decides about a removal: what is touched later is touched at that moment or after.
    async fn now(&self) -> Result<SystemTime>;

    /// As [`Store::now`], but the time is later than that of anything that was written or touched
    /// before this was called: clocks stand still for a moment.
    async fn next_moment(&self) -> Result<SystemTime> {
        tokio::time::sleep(TICK).await;
        self.now().await
    }

    /// Removes the object if nobody has written or touched it at `since` or later, and the
    /// directory that it was in if nothing else is in it. It happens at once: whatever a
    /// [`Store::touch`], a write, or another removal does at the same moment, in this or in
    /// another process, comes before it or after it. What is appended at the same moment may go
    /// with it. While somebody else is at it, it is kept. Its absence need not be durable yet:
    /// see [`Store::settle_all`].
    ///
    /// # Errors
    /// Also where the storage does not allow what makes this safe. What is not there is
    /// [`Removal::Absent`].
    async fn remove_untouched(&self, path: &StorePath, since: SystemTime) -> Result<Removal>;

    /// As [`Store::remove_untouched`], but the object is at `to` afterwards, durably, in place
    /// of what stood there.
    async fn move_untouched(
        &self,
        path: &StorePath,
        to: &StorePath,
        since: SystemTime,
    ) -> Result<Removal>;

    /// Removes the directories at and below `path` in which there is nothing, from the
    /// deepest to `path` itself. What others put into them meanwhile stays.
    async fn prune(&self, _path: &StorePath) -> Result<()> {
        Ok(())
    }

    /// Returns when everything that reads and listings below `path` show by now will survive
    /// power loss: what is missing will still be missing.
    async fn settle_all(&self, _path: &StorePath) -> Result<()> {
        Ok(())
    }

    /// Holds `path` until the answer is dropped, or the process ends, however it ends. Several
    /// may hold it at once. It is a name only: nothing is stored there.
    async fn hold(&self, path: &StorePath) -> Result<Hold>;

    /// Whether anybody, in whatever process, holds `path`.
    async fn is_held(&self, path: &StorePath) -> Result<bool>;

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

    /// Lets everything written so far be read and published under the object's name. It need
    /// not survive power loss.
    async fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    /// Whether what earlier syncs have made durable is still there after one that failed. Of a
    /// file, nobody can tell.
    fn outlives_failures(&self) -> bool {
        false
    }

    /// Everything in the object, if there is little of it and it is here, so that putting it
    /// where it belongs costs less than publishing it.
    fn content(&self) -> Option<Bytes> {
        None
    }
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
    /// See [`Store::touch`].
    Touch {
        /// The object.
        path: StorePath,
    },
}

/// What [`Store::hold`] answers: it holds while it is there.
pub struct Hold(#[expect(dead_code, reason = "held, not looked at")] Box<dyn Send + Sync>);

/// What is known of an object without reading it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stat {
    /// Bytes in it.
    pub size: u64,
    /// When it was last written or touched.
    pub touched: SystemTime,
}

/// What became of an object that was to go if nobody had touched it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Removal {
    /// It is gone. It had so many bytes.
    Removed(u64),
    /// It was touched, and stays.
    Kept,
    /// It was not there.
    Absent,
}

/// What a write promises when it returns.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Durability {
    /// It survives `kill -9` and power loss.
    Durable,
    /// It survives `kill -9`; after power loss it may be gone, or hold garbage, and in a bucket
    /// [`Store::remove_untouched`] may take it at the moment at which it is written: only for
    /// what can be checked and made again.
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

/// Longer than from one moment of a filesystem's clock to the next.
const TICK: Duration = Duration::from_millis(20);

// === impl Swept ===

impl Swept {
    /// Counts a failure; the first is kept.
    pub fn note(&mut self, failure: StoreError) {
        self.failed += 1;
        self.first_failure.get_or_insert(failure);
    }
}

// === impl Hold ===

impl Hold {
    /// One that lasts as long as `what`.
    pub fn of(what: impl Send + Sync + 'static) -> Self {
        Self(Box::new(what))
    }
}
