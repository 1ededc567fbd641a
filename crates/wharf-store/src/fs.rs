//! The filesystem driver: objects are files below a root, in the very tree that
//! Docker's `registry` keeps. It is written against a [`Disk`], so that a test can see
//! each system call ([`RecordingDisk`]) and pull the plug between any two
//! ([`powerloss`]).
//!
//! Each operation is one job on the blocking pool, run to its end also when the future
//! that waits for it is dropped. Only what the kernel answers from memory is read on the spot
//! ([`now`]), since handing a job over costs more than such an answer.
// distribution: registry/storage/driver/filesystem/driver.go

mod append;
mod commit;
mod committers;
mod directories;
mod disk;
mod durable;
mod everything;
mod facts;
mod held;
mod known;
mod lanes;
mod listings;
mod locks;
mod now;
pub mod powerloss;
mod read;
mod real;
mod recording;
mod remove;
mod root;
mod shared;
mod sweep;
mod syncer;
mod temporary;
mod tree;
mod untouched;
mod watch;
mod write;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;

use self::append::{FileAppender, OpenObject};
use self::commit::Same;
use self::committers::Committers;
use self::directories::Directories;
use self::facts::{Facts, Told};
use self::lanes::{Lanes, Turn};
use self::tree::Tree;
use crate::{
    Appender, Change, Durability, Hold, Listing, Payload, Removal, Result, Store, StoreError,
    StorePath, Sweep, Swept,
};

pub use self::disk::{Disk, Kind, Lock, Locking, Name, Stamp, Stat};
pub use self::real::RealDisk;
pub use self::recording::{FileId, Op, RecordingDisk};
pub use self::root::RootError;
pub use self::syncer::Syncing;

/// Objects in files below a root directory. Clones share what they know of the tree;
/// several processes, and distribution, may work on the same tree at once.
#[derive(Clone)]
pub struct FileStore {
    tree: Arc<Tree>,
    /// Held by jobs that touch the end of an object.
    lanes: Lanes,
    /// Held by jobs that put an object in its place, until that is durable.
    places: Lanes,
    committers: Arc<Committers>,
    directories: Arc<Directories>,
    facts: Arc<Facts>,
    /// A file that is touched to know what time it is where the files are.
    clock: StorePath,
}

// === impl FileStore ===

impl FileStore {
    /// Opens the tree below `root`, which is created, durably, if it is missing. Should
    /// it vanish later (an unmounted volume), writes fail and it is not created again.
    ///
    /// # Errors
    /// When `root` is no directory and cannot become one.
    pub fn new(root: impl Into<PathBuf>) -> std::result::Result<Self, RootError> {
        Self::on(RealDisk, root)
    }

    /// As [`FileStore::new`], on another disk.
    ///
    /// # Errors
    /// As [`FileStore::new`].
    pub fn on(disk: impl Disk, root: impl Into<PathBuf>) -> std::result::Result<Self, RootError> {
        Self::syncing(disk, root, Syncing::default())
    }

    /// As [`FileStore::on`], with another way to keep what a write promises.
    ///
    /// # Errors
    /// As [`FileStore::new`].
    pub fn syncing(
        disk: impl Disk,
        root: impl Into<PathBuf>,
        syncing: Syncing,
    ) -> std::result::Result<Self, RootError> {
        let root = root.into();
        root::create(&root, &disk)?;
        #[expect(clippy::expect_used, reason = "it is a plain path")]
        let clock = StorePath::new(untouched::CLOCK).expect("a path");
        Ok(Self {
            clock,
            facts: Arc::new(Facts::new(0)),
            tree: Arc::new(Tree::new(root, Arc::new(disk), syncing)),
            lanes: Lanes::default(),
            places: Lanes::default(),
            committers: Arc::default(),
            directories: Arc::new(Directories::keeping(0)),
        }
        .keeping(KEPT))
    }

    /// The turns at all that the changes touch, in an order that lets nobody wait in a circle.
    async fn turns(&self, steps: &[Vec<Change>]) -> Vec<Turn> {
        let (mut sources, mut places) = (BTreeSet::new(), BTreeSet::new());
        for change in steps.iter().flatten() {
            match change {
                Change::Put { path, .. } => {
                    places.insert(path);
                }
                Change::Publish { from, to } => {
                    sources.insert(from);
                    places.insert(to);
                }
                Change::Remove { .. } | Change::Touch { .. } => {}
            }
        }
        let mut turns = Vec::with_capacity(sources.len() + places.len());
        for path in sources {
            turns.push(self.lanes.turn(path).await);
        }
        for path in places {
            turns.push(self.places.turn(path).await);
        }
        turns
    }

    /// Keeps up to so many bytes in all of listings, links and sizes, instead of 8 MiB; none, if
    /// that is 0.
    #[must_use]
    pub fn keeping(mut self, bytes: u64) -> Self {
        let facts = if self.tree.disk.tells_of_changes() {
            bytes / 4
        } else {
            0
        };
        self.directories = Arc::new(Directories::keeping(bytes - facts));
        self.facts = Arc::new(Facts::new(facts));
        self
    }

    /// Does what needs no waiting, on the spot; nothing if it cannot be done so.
    fn at_once<T>(
        &self,
        operation: &'static str,
        path: &StorePath,
        job: impl FnOnce(&Tree, &StorePath) -> io::Result<T>,
    ) -> Option<Result<T>> {
        match job(&self.tree, path) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            done => Some(done.map_err(|error| StoreError::from_io(operation, path, error))),
        }
    }

    /// Runs one job in which `ENOENT` means that the object is not there.
    async fn look<T: Send + 'static>(
        &self,
        operation: &'static str,
        path: &StorePath,
        job: impl FnOnce(&Tree, &StorePath) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (tree, path) = (Arc::clone(&self.tree), path.clone());
        on_disk(move || {
            job(&tree, &path).map_err(|error| StoreError::from_io(operation, &path, error))
        })
        .await
    }
}

#[async_trait]
impl Store for FileStore {
    async fn read(&self, path: &StorePath, limit: u64) -> Result<Bytes> {
        let told = self.tree.known_content(&self.facts, path, limit);
        let is_wanted = matches!(told, Told::Wanted);
        if let Told::Known(content) = told {
            return content;
        }
        if !is_wanted && let Some(read) = self.tree.read_now(path, limit) {
            if let (Told::New, Ok(_)) = (told, &read) {
                self.facts.was_asked_for(path);
            }
            return read;
        }
        let (tree, facts) = (Arc::clone(&self.tree), Arc::clone(&self.facts));
        let path = path.clone();
        on_disk(move || {
            if is_wanted {
                tree.learn(&facts, &path);
            }
            tree.read(&path, limit)
        })
        .await
    }

    async fn open(&self, path: &StorePath) -> Result<Payload> {
        match self.at_once("open", path, Tree::open_now) {
            Some(opened) => opened,
            None => self.look("open", path, Tree::open).await,
        }
    }

    async fn size(&self, path: &StorePath) -> Result<u64> {
        let told = self.tree.known_size(&self.facts, path);
        let is_wanted = matches!(told, Told::Wanted);
        if let Told::Known(size) = told {
            return Ok(size);
        }
        if !is_wanted && let Some(size) = self.at_once("stat", path, Tree::size_now) {
            if let (Told::New, Ok(_)) = (told, &size) {
                self.facts.was_asked_for(path);
            }
            return size;
        }
        let facts = Arc::clone(&self.facts);
        self.look("stat", path, move |tree, path| {
            if is_wanted {
                tree.learn(&facts, path);
            }
            Ok(tree.object(path)?.size)
        })
        .await
    }

    async fn put(&self, path: &StorePath, content: Bytes, durability: Durability) -> Result<()> {
        let path = path.clone();
        match durability {
            Durability::Durable => {
                let put = Change::Put { path, content };
                self.carry_out(vec![vec![put]], Same::Replace).await
            }
            Durability::Lazy => {
                let place = self.places.turn(&path).await;
                let tree = Arc::clone(&self.tree);
                on_disk(move || {
                    let _place = place;
                    tree.put_lazily(&path, &content)
                })
                .await
            }
        }
    }

    async fn commit(&self, steps: Vec<Vec<Change>>) -> Result<()> {
        self.carry_out(steps, Same::Keep).await
    }

    async fn appender(&self, path: &StorePath) -> Result<Box<dyn Appender>> {
        let lane = self.lanes.lane(path);
        let turn = Arc::clone(&lane).turn().await;
        let (tree, path) = (Arc::clone(&self.tree), path.clone());
        let open = on_disk(move || {
            let _turn = turn;
            OpenObject::open(tree, path.clone())
                .map_err(|error| write_failed("append to", &path, error))
        });
        Ok(Box::new(FileAppender {
            open: Arc::new(open.await?),
            lane,
        }))
    }

    async fn publish(&self, from: &StorePath, to: &StorePath) -> Result<()> {
        let (from, to) = (from.clone(), to.clone());
        let publish = Change::Publish { from, to };
        self.carry_out(vec![vec![publish]], Same::Replace).await
    }

    async fn settle(&self, path: &StorePath) -> Result<()> {
        drop(self.places.turn(path).await);
        if self.tree.has_settled_inherited() {
            return Ok(());
        }
        self.look("settle", path, |tree, _| tree.settle_inherited())
            .await
    }

    async fn list(&self, path: &StorePath) -> Result<Listing> {
        self.list_directory(path).await
    }

    async fn list_below(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
    ) -> Result<Vec<Listing>> {
        self.list_directories(directory, listing, places).await
    }

    async fn holding(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
        below: &str,
    ) -> Result<Vec<bool>> {
        self.look_below(directory, listing, places, below).await
    }

    async fn remove(&self, path: &StorePath) -> Result<()> {
        self.look("remove", path, Tree::remove).await
    }

    async fn discard(&self, path: &StorePath) -> Result<()> {
        self.look("remove", path, |tree, path| tree.remove_tree(path.as_str()))
            .await
    }

    async fn hold(&self, path: &StorePath) -> Result<Hold> {
        self.look("hold", path, Tree::hold).await
    }

    async fn is_held(&self, path: &StorePath) -> Result<bool> {
        self.look("look who holds", path, Tree::is_held).await
    }

    async fn stat(&self, path: &StorePath) -> Result<crate::Stat> {
        self.look("stat", path, |tree, path| {
            let stat = tree.object(path)?;
            Ok(crate::Stat {
                size: stat.size,
                touched: stat.modified,
            })
        })
        .await
    }

    async fn touch(&self, path: &StorePath) -> Result<()> {
        self.look("touch", path, Tree::touch).await
    }

    async fn now(&self) -> Result<SystemTime> {
        self.look("touch", &self.clock, |tree, _| tree.now()).await
    }

    async fn remove_untouched(&self, path: &StorePath, since: SystemTime) -> Result<Removal> {
        self.look("remove", path, move |tree, path| {
            tree.remove_untouched(path, since, None)
        })
        .await
    }

    async fn move_untouched(
        &self,
        path: &StorePath,
        to: &StorePath,
        since: SystemTime,
    ) -> Result<Removal> {
        let to = to.clone();
        self.look("move", path, move |tree, path| {
            tree.remove_untouched(path, since, Some(&to))
        })
        .await
    }

    async fn prune(&self, path: &StorePath) -> Result<()> {
        self.look("prune", path, |tree, path| tree.prune(path.as_str()))
            .await
    }

    async fn settle_all(&self, path: &StorePath) -> Result<()> {
        self.look("settle", path, Tree::settle_all).await
    }

    async fn sweep(&self, below: &StorePath, before: SystemTime, mode: Sweep) -> Swept {
        self.sweep_below(below, before, mode).await
    }

    async fn ping(&self) -> io::Result<()> {
        let tree = Arc::clone(&self.tree);
        on_disk(move || tree.ping()).await
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore")
            .field("root", &self.tree.at(""))
            .finish_non_exhaustive()
    }
}

/// Runs a job on the blocking pool.
async fn on_disk<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(job).await {
        Ok(done) => done,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only a runtime that shuts down cancels a job, and then no one waits.
            Err(_) => std::future::pending().await,
        },
    }
}

/// As [`StoreError::from_io`], but a write never finds nothing: there, `ENOENT` and
/// `ENOTDIR` mean that the tree is broken, not that the caller asked for too much.
fn write_failed(operation: &'static str, path: &StorePath, source: io::Error) -> StoreError {
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => StoreError::Io {
            operation,
            path: path.clone(),
            source,
        },
        _ => StoreError::from_io(operation, path, source),
    }
}

/// Bytes of listings, links and sizes that are kept.
const KEPT: u64 = 8 << 20;
