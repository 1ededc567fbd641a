//! What a write promises costs waiting for the disk. Those who wait at the same moment wait
//! together, for one `syncfs`, which starts when the one before it has ended: nobody waits
//! for a timer. Where that is not possible, or would write what is not ours, each syncs
//! its own, at once, and the filesystem's journal does what it can.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::disk::Disk;

/// How writes are made durable.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Syncing {
    /// Together with those that wait at the same moment.
    #[default]
    Together,
    /// File by file, directory by directory.
    Each,
    /// Not at all: what was acknowledged may be lost with the power, and what is left may
    /// be anything. For stores that are thrown away.
    Never,
}

/// Syncs files and directories of one store. Its methods block.
pub(super) struct Syncer {
    disk: Arc<dyn Disk>,
    syncing: Syncing,
    path: PathBuf,
    /// The root, open since before the first write: an error of `syncfs` is told once to
    /// each open file.
    root: Option<(File, u64)>,
    /// How many are syncing something at this moment.
    inside: AtomicUsize,
    /// `syncfs` has failed: one error may have been that of several, so nobody relies on
    /// its success any more.
    failed: AtomicBool,
    // Guards a few words; nobody waits for the disk while holding it.
    group: Mutex<Group>,
    ended: Condvar,
}

/// What is to be synced.
#[derive(Default)]
pub(super) struct Wanted<'a> {
    /// Their content.
    pub(super) files: Vec<&'a File>,
    /// The names in them. Of one that is gone, the next one above it.
    pub(super) directories: Vec<PathBuf>,
}

#[derive(Default)]
struct Group {
    is_running: bool,
    /// Who comes now is one of these.
    next: Arc<OnceLock<Outcome>>,
    /// After one that took long, not before this.
    not_before: Option<Instant>,
}

#[derive(Clone, Copy)]
enum Outcome {
    Synced,
    /// Each for himself.
    NotNow,
    /// The kind, and the number of the system's error.
    Failed(ErrorKind, Option<i32>),
}

// === impl Syncer ===

impl Syncer {
    pub(super) fn new(disk: Arc<dyn Disk>, path: &Path, syncing: Syncing) -> Self {
        let root = disk.open(path).and_then(|root| {
            let device = disk.stat_open(&root)?.device;
            Ok((root, device))
        });
        Self {
            disk,
            syncing,
            path: path.to_owned(),
            root: root.ok(),
            inside: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            group: Mutex::default(),
            ended: Condvar::new(),
        }
    }

    /// Returns when all of it is durable.
    ///
    /// # Errors
    /// The first that comes. What was wanted must then be thought lost.
    pub(super) fn sync(&self, wanted: &Wanted<'_>) -> io::Result<()> {
        if wanted.is_empty() {
            return Ok(());
        }
        match self.syncing {
            Syncing::Never => Ok(()),
            Syncing::Each => self.each(wanted),
            Syncing::Together => {
                let others = self.inside.fetch_add(1, Ordering::AcqRel);
                let synced = self.together(wanted, others);
                self.inside.fetch_sub(1, Ordering::AcqRel);
                synced
            }
        }
    }

    /// Makes durable what anybody wrote so far, be it another process.
    pub(super) fn everything(&self) -> io::Result<()> {
        match (self.syncing, &self.root) {
            (Syncing::Never, _) | (_, None) => Ok(()),
            (Syncing::Together | Syncing::Each, Some((root, _))) => self.disk.sync_everything(root),
        }
    }

    fn together(&self, wanted: &Wanted<'_>, others: usize) -> io::Result<()> {
        let is_worth_it = others > 0 || wanted.len() >= MANY;
        let root = self.root.as_ref().filter(|(_, device)| {
            is_worth_it && !self.failed.load(Ordering::Acquire) && self.is_on(*device, wanted)
        });
        let outcome = root.map_or(Outcome::NotNow, |(root, _)| self.in_group(root));
        match outcome {
            Outcome::Synced => Ok(()),
            Outcome::NotNow => self.each(wanted),
            Outcome::Failed(kind, number) => {
                Err(number.map_or_else(|| kind.into(), io::Error::from_raw_os_error))
            }
        }
    }

    /// Links may lead to other filesystems.
    fn is_on(&self, device: u64, wanted: &Wanted<'_>) -> bool {
        let is_here = |stat: io::Result<super::Stat>| stat.is_ok_and(|stat| stat.device == device);
        wanted
            .files
            .iter()
            .all(|file| is_here(self.disk.stat_open(file)))
            && wanted
                .directories
                .iter()
                .all(|directory| is_here(self.disk.stat(directory)))
    }

    /// Waits for the next `syncfs` to begin and to end, or does it for all who wait.
    fn in_group(&self, root: &File) -> Outcome {
        let mut group = self.lock();
        let mine = Arc::clone(&group.next);
        while group.is_running {
            group = self
                .ended
                .wait(group)
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(outcome) = mine.get() {
                return *outcome;
            }
        }
        group.is_running = true;
        group.next = Arc::default();
        let not_before = group.not_before;
        drop(group);
        let (outcome, took) = self.run(root, not_before);
        // Only who runs a group sets its outcome.
        _ = mine.set(outcome);
        let mut group = self.lock();
        group.is_running = false;
        if took > SLOW {
            group.not_before = Instant::now().checked_add(took.saturating_mul(PAUSE));
        }
        drop(group);
        self.ended.notify_all();
        outcome
    }

    fn run(&self, root: &File, not_before: Option<Instant>) -> (Outcome, Duration) {
        let started = Instant::now();
        let is_early = not_before.is_some_and(|time| started < time);
        // Ours is little; a neighbour who has written much is not waited for.
        let is_little = || {
            let unwritten = self.disk.unwritten(root);
            unwritten.is_some_and(|bytes| bytes <= LITTLE)
        };
        let has_failed = self.failed.load(Ordering::Acquire);
        if has_failed || is_early || !is_little() {
            return (Outcome::NotNow, Duration::ZERO);
        }
        let outcome = match self.disk.sync_everything(root) {
            Ok(()) => Outcome::Synced,
            Err(error) => {
                self.failed.store(true, Ordering::Release);
                Outcome::Failed(error.kind(), error.raw_os_error())
            }
        };
        (outcome, started.elapsed())
    }

    fn each(&self, wanted: &Wanted<'_>) -> io::Result<()> {
        wanted
            .files
            .iter()
            .try_for_each(|file| self.disk.sync_file(file))?;
        wanted.directories.iter().try_for_each(|directory| {
            // Who removes a directory syncs the one above it, but may not have done so yet.
            let mut nearest = directory.as_path();
            loop {
                match (self.disk.sync_directory(nearest), nearest.parent()) {
                    (Err(error), Some(parent))
                        if error.kind() == ErrorKind::NotFound && nearest != self.path =>
                    {
                        nearest = parent;
                    }
                    (done, _) => return done,
                }
            }
        })
    }

    fn lock(&self) -> MutexGuard<'_, Group> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.group.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Wanted ===

impl Wanted<'_> {
    /// Adds a directory, once.
    pub(super) fn directory(&mut self, directory: PathBuf) {
        if !self.directories.contains(&directory) {
            self.directories.push(directory);
        }
    }

    fn len(&self) -> usize {
        self.files.len() + self.directories.len()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where so much is to be synced, `syncfs` is cheaper even for one.
const MANY: usize = 3;
/// Bytes that `syncfs` may have to write.
const LITTLE: u64 = 16 << 20;
/// Longer than it takes where nobody else writes: single syncs wait for their own only.
const SLOW: Duration = Duration::from_millis(5);
/// How many times as long it is not tried again after that.
const PAUSE: u32 = 20;
