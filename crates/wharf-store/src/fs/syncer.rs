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

use super::disk::{Disk, Kind};

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
    /// The last `syncfs` was quick and stood for all who wanted it.
    calm: AtomicBool,
    // Guards a few words; nobody waits for the disk while holding it.
    group: Mutex<Group>,
}

/// What is to be synced.
#[derive(Default)]
pub(super) struct Wanted {
    /// Their content.
    pub(super) files: Vec<Arc<File>>,
    /// The names in them. Of one that is gone, the next one above it.
    directories: Vec<PathBuf>,
    /// Which filesystem some directories are on, as was just found out.
    seen: Vec<(PathBuf, u64)>,
}

#[derive(Default)]
struct Group {
    is_running: bool,
    /// Who comes now is one of these.
    next: Arc<Round>,
    /// How many have taken long, one after the other.
    slow: u32,
    /// After several of those, not before this.
    not_before: Option<Instant>,
    /// When it was found that there is little to be written.
    little: Option<Instant>,
}

/// Those for whom one `syncfs` is made.
#[derive(Default)]
struct Round {
    outcome: OnceLock<Outcome>,
    /// Its outcome is there, or it is their turn. Each round has its own, so that nobody is
    /// woken to find that he has to wait on.
    moved: Condvar,
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
            calm: AtomicBool::new(false),
            group: Mutex::default(),
        }
    }

    /// Returns when all of it is durable, and says of each whether it is: what is not must be
    /// thought lost.
    pub(super) fn sync(&self, wanted: &[&Wanted]) -> Vec<io::Result<()>> {
        let each = |wanted: &&Wanted| self.each(wanted);
        match self.syncing {
            Syncing::Never => wanted.iter().map(|_| Ok(())).collect(),
            Syncing::Each => wanted.iter().map(each).collect(),
            Syncing::Together if wanted.iter().all(|wanted| wanted.is_empty()) => {
                wanted.iter().map(|_| Ok(())).collect()
            }
            Syncing::Together => {
                let others = self.inside.fetch_add(1, Ordering::AcqRel);
                let synced = self.together(wanted, others);
                self.inside.fetch_sub(1, Ordering::AcqRel);
                synced
            }
        }
    }

    /// True while waiting with others costs no more than waiting alone: then it is worth
    /// doing more things at once with fewer waits.
    pub(super) fn is_calm(&self) -> bool {
        self.syncing == Syncing::Never || self.calm.load(Ordering::Acquire)
    }

    /// Makes durable what another process wrote before this one came.
    pub(super) fn inherited(&self) -> io::Result<()> {
        match (self.syncing, &self.root) {
            (Syncing::Never, _) | (_, None) => Ok(()),
            (Syncing::Together | Syncing::Each, Some((root, _))) => self.disk.sync_inherited(root),
        }
    }

    /// Makes durable what anybody wrote so far to the filesystem of the root and to those
    /// of these directories.
    pub(super) fn everything(&self, others: impl Iterator<Item = PathBuf>) -> io::Result<()> {
        match self.syncing {
            Syncing::Never => return Ok(()),
            Syncing::Together | Syncing::Each => {}
        }
        let mut synced = Vec::new();
        if let Some((root, device)) = &self.root {
            self.disk.sync_everything(root)?;
            synced.push(*device);
        }
        for other in others {
            match self.disk.stat(&other) {
                Ok(stat) if stat.kind == Kind::Directory && !synced.contains(&stat.device) => {
                    self.disk.sync_everything(&self.disk.open(&other)?)?;
                    synced.push(stat.device);
                }
                // What is not there has nothing unsynced.
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn together(&self, wanted: &[&Wanted], others: usize) -> Vec<io::Result<()>> {
        let many = wanted.iter().map(|wanted| wanted.len()).sum::<usize>() >= MANY;
        let root = self
            .root
            .as_ref()
            .filter(|_| (others > 0 || many) && !self.failed.load(Ordering::Acquire));
        let is_here =
            |wanted: &&Wanted| root.is_some_and(|(_, device)| self.is_on(*device, wanted));
        let here: Vec<_> = wanted.iter().map(is_here).collect();
        let outcome = match root {
            Some((root, _)) if here.contains(&true) => self.in_group(root),
            Some(_) | None => Outcome::NotNow,
        };
        let synced = wanted
            .iter()
            .zip(here)
            .map(|(wanted, is_here)| match outcome {
                Outcome::Synced if is_here => Ok(()),
                Outcome::Failed(kind, number) if is_here => {
                    Err(number.map_or_else(|| kind.into(), io::Error::from_raw_os_error))
                }
                Outcome::Synced | Outcome::Failed(..) | Outcome::NotNow => self.each(wanted),
            });
        synced.collect()
    }

    /// Links may lead to other filesystems.
    fn is_on(&self, device: u64, wanted: &Wanted) -> bool {
        let is_here = |stat: io::Result<super::Stat>| stat.is_ok_and(|stat| stat.device == device);
        wanted
            .files
            .iter()
            .all(|file| is_here(self.disk.stat_open(file)))
            && wanted.directories.iter().all(|directory| {
                let seen = wanted.seen.iter().find(|(seen, _)| seen == directory);
                seen.map_or_else(
                    || is_here(self.disk.stat(directory)),
                    |(_, seen)| *seen == device,
                )
            })
    }

    /// Waits for the next `syncfs` to begin and to end, or does it for all who wait.
    fn in_group(&self, root: &File) -> Outcome {
        let mut group = self.lock();
        let mine = Arc::clone(&group.next);
        while group.is_running {
            group = mine
                .moved
                .wait(group)
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(outcome) = mine.outcome.get() {
                return *outcome;
            }
        }
        group.is_running = true;
        group.next = Arc::default();
        let (not_before, mut little) = (group.not_before, group.little);
        drop(group);
        let (outcome, took) = self.run(root, not_before, &mut little);
        // Only who runs a round sets its outcome.
        _ = mine.outcome.set(outcome);
        let mut group = self.lock();
        group.is_running = false;
        group.little = little;
        group.has_taken(outcome, took);
        let is_calm = matches!(outcome, Outcome::Synced) && group.slow == 0;
        self.calm.store(is_calm, Ordering::Release);
        let next = Arc::clone(&group.next);
        drop(group);
        mine.moved.notify_all();
        // If none of them is there yet, then whoever comes first finds nothing running.
        next.moved.notify_one();
        outcome
    }

    fn run(
        &self,
        root: &File,
        not_before: Option<Instant>,
        little: &mut Option<Instant>,
    ) -> (Outcome, Duration) {
        let started = Instant::now();
        let is_early = not_before.is_some_and(|time| started < time);
        let has_failed = self.failed.load(Ordering::Acquire);
        if has_failed || is_early || !self.is_little(root, little) {
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

    /// Ours is little; a neighbour who has written much is not waited for.
    fn is_little(&self, root: &File, found: &mut Option<Instant>) -> bool {
        if found.is_some_and(|found| found.elapsed() < LOOK_AGAIN) {
            return true;
        }
        let unwritten = self.disk.unwritten(root);
        let is_little = unwritten.is_some_and(|bytes| bytes <= LITTLE);
        *found = is_little.then(Instant::now);
        is_little
    }

    fn each(&self, wanted: &Wanted) -> io::Result<()> {
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

// === impl Group ===

impl Group {
    /// One that took long may have had bad luck; several mean that a neighbour writes, whom
    /// single syncs need not wait for.
    fn has_taken(&mut self, outcome: Outcome, took: Duration) {
        match outcome {
            Outcome::Synced if took > SLOW => self.slow += 1,
            Outcome::Synced => self.slow = 0,
            Outcome::NotNow | Outcome::Failed(..) => {}
        }
        if self.slow >= SEVERAL {
            self.slow = 0;
            self.not_before = Instant::now().checked_add(took.saturating_mul(PAUSE));
        }
    }
}

// === impl Wanted ===

impl Wanted {
    /// Adds a directory, once.
    pub(super) fn directory(&mut self, directory: PathBuf) {
        if !self.directories.contains(&directory) {
            self.directories.push(directory);
        }
    }

    /// Remembers which filesystem a directory is on.
    pub(super) fn saw(&mut self, directory: PathBuf, device: u64) {
        self.seen.push((directory, device));
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
/// To look costs a tenth of a small `syncfs`, and what a neighbour writes meanwhile makes one or
/// two of them slow at most.
const LOOK_AGAIN: Duration = Duration::from_millis(4);
/// Longer than it takes where nobody else writes.
const SLOW: Duration = Duration::from_millis(10);
/// So many of those in a row are no accident.
const SEVERAL: u32 = 3;
/// How many times as long it is not tried again after them.
const PAUSE: u32 = 20;
