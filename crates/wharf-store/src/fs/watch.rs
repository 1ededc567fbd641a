//! What was read stays known until the kernel tells of a change, whoever makes it.
//!
//! inotify puts an event into our queue before the call that makes a change comes back to who
//! made it. So while the queue is empty, and the events that were in it have had their effect,
//! everything that anybody has finished by now is known: asking costs one `ioctl`. A [`Seal`]
//! says that nothing in one directory has changed since it was taken: take it, read, and what
//! was read is true while it holds.
//!
//! Every directory from the root down to the one in question is watched, none of them through a
//! symbolic link, since a directory takes what is below it along when it is moved, without a
//! word about that. A lost event, a directory that was moved, another root: all seals break.
//!
//! What nothing is told of: a file that is changed under another of its names (hard links) or
//! through a mapping, and a filesystem that is mounted over a directory below the root. Only
//! some filesystems of this machine tell of all changes ([`now::tells_of_changes`]).

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use self::watched::{Directory, Watched};
use super::now;
use super::tree::prefixes;

mod watched;

/// The kernel's word on the directories below a root.
pub(super) struct Watch {
    events: OwnedFd,
    root: PathBuf,
    /// True while events that are in the queue no more have not had their effect.
    applying: AtomicBool,
    watched: Mutex<Watched>,
    /// How many directories are watched at most.
    most: usize,
    /// Held while directories are added, which may wait for the disk.
    adding: Mutex<()>,
    began: Instant,
    /// Milliseconds after that at which the root was last looked at.
    looked: AtomicU64,
}

/// Nothing in a directory has changed since this was taken, as long as it holds.
#[derive(Clone)]
pub(super) struct Seal {
    directory: Arc<Directory>,
    changes: u64,
}

// === impl Watch ===

impl Watch {
    /// Nothing where the kernel cannot tell.
    pub(super) fn new(root: PathBuf) -> Option<Self> {
        let events = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)
            .inspect_err(|error| tracing::debug!(%error, "inotify is not to be had: all files are looked at again and again"))
            .ok()?;
        Some(Self {
            events,
            watched: Mutex::new(Watched::new(identity(&root).ok())),
            root,
            applying: AtomicBool::default(),
            most: MOST.min(allowed() / SHARE),
            adding: Mutex::default(),
            began: Instant::now(),
            looked: AtomicU64::default(),
        })
    }

    /// True while nothing has changed since the seal was taken. Does not wait for the disk.
    pub(super) fn says(&self, seal: &Seal) -> bool {
        self.catch_up();
        seal.holds()
    }

    /// Lets everything that has happened by now break the seals that it breaks. Does not wait
    /// for the disk.
    pub(super) fn catch_up(&self) {
        // In this order: who takes the last event says that it is at it before it does so.
        let is_empty = rustix::io::ioctl_fionread(&self.events) == Ok(0);
        let is_done = !self.applying.load(Ordering::SeqCst);
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let is_root_due = now.saturating_sub(self.looked.load(Ordering::Relaxed)) >= ROOT_MILLIS;
        if is_empty && is_done && !is_root_due {
            return;
        }
        let mut watched = self.lock();
        if is_root_due {
            self.looked.store(now, Ordering::Relaxed);
            watched.is_rooted_at(identity(&self.root).ok());
        }
        self.apply(&mut watched);
    }

    /// A seal of the directory as it is now; nothing where the kernel cannot tell, or cannot
    /// for now. May wait for the disk.
    pub(super) fn seal(&self, directory: &str) -> Option<Seal> {
        if let Some(seal) = self.sealed(directory) {
            return Some(seal);
        }
        let _turn = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let upheavals = {
            let mut watched = self.lock();
            self.apply(&mut watched);
            if watched.len() >= self.most && !self.make_room(&mut watched) {
                return None;
            }
            watched.upheavals()
        };
        for directory in std::iter::once("").chain(prefixes(directory)) {
            self.add(directory, upheavals)?;
        }
        self.sealed(directory)
    }

    fn sealed(&self, directory: &str) -> Option<Seal> {
        let mut watched = self.lock();
        self.apply(&mut watched);
        let directory = Arc::clone(watched.get(directory)?);
        let changes = directory.changes();
        Some(Seal { directory, changes })
    }

    /// Watches one more directory below those that are watched.
    fn add(&self, directory: &str, upheavals: u64) -> Option<()> {
        if self.lock().get(directory).is_some() {
            return Some(());
        }
        let at = self.root.join(directory);
        if !now::tells_of_changes(&at) {
            return None;
        }
        let number = match inotify::add_watch(&self.events, &at, flags(directory)) {
            Ok(number) => number,
            Err(error) => {
                tracing::debug!(%error, directory, "cannot be watched");
                if error == Errno::NOSPC {
                    self.make_room(&mut self.lock());
                }
                return None;
            }
        };
        let mut watched = self.lock();
        self.apply(&mut watched);
        // What happened to it, or to those above, while nobody knew its number.
        (watched.upheavals() == upheavals).then(|| watched.insert(number, directory))
    }

    /// Begins anew, if that was not done a moment ago: who reads more than fits would keep
    /// everybody busy.
    fn make_room(&self, watched: &mut Watched) -> bool {
        let Some(numbers) = watched.take_all(Instant::now()) else {
            return false;
        };
        for number in numbers {
            // It may have gone by itself.
            _ = inotify::remove_watch(&self.events, number);
        }
        true
    }

    /// Takes all events out of the queue.
    fn apply(&self, watched: &mut Watched) {
        self.applying.store(true, Ordering::SeqCst);
        if let Err(error) = self.apply_all(watched) {
            tracing::debug!(%error, "events of the filesystem are lost");
            watched.forget_all();
        }
        self.applying.store(false, Ordering::SeqCst);
    }

    fn apply_all(&self, watched: &mut Watched) -> io::Result<()> {
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut events = Reader::new(&self.events, &mut buffer);
        for _ in 0..FLOOD {
            match events.next() {
                Ok(event) => watched.apply(&event),
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // They come faster than they are read. Those in the buffer go with it.
        Err(io::ErrorKind::QuotaExceeded.into())
    }

    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Seal ===

impl Seal {
    /// True while nothing has changed, as far as [`Watch::catch_up`] has seen.
    pub(super) fn holds(&self) -> bool {
        self.directory.changes() == self.changes
    }
}

/// The root itself may be reached through links, as its user wants.
fn flags(directory: &str) -> WatchFlags {
    let changes = WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::MOVE
        | WatchFlags::MODIFY
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF
        | WatchFlags::ONLYDIR;
    if directory.is_empty() {
        changes
    } else {
        changes | WatchFlags::DONT_FOLLOW
    }
}

/// Which directory it is, or `WouldBlock`.
fn identity(root: &Path) -> io::Result<(u64, u64)> {
    let stamp = now::stamp_now(root)?;
    Ok((stamp.device, stamp.inode))
}

/// How many directories all programs of one user may watch.
fn allowed() -> usize {
    let mut text = [0; 32];
    let read = rustix::fs::open(ALLOWED, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        .and_then(|file| rustix::io::read(file, &mut text));
    let text = read.ok().and_then(|length| text.get(..length));
    let number = text.and_then(|text| std::str::from_utf8(text).ok()?.trim().parse().ok());
    number.unwrap_or(FEW)
}

const ALLOWED: &str = "/proc/sys/fs/inotify/max_user_watches";
/// What old kernels allow.
const FEW: usize = 8192;
/// Others of the same user want some, too.
const SHARE: usize = 4;
/// Directories that are watched; the kernel keeps about a kilobyte for each.
const MOST: usize = 32 << 10;
/// How long another directory may be at the root before that is seen: nothing tells of what is
/// mounted there.
const ROOT_MILLIS: u64 = 50;
/// More events than the kernel keeps (`fs.inotify.max_queued_events` is 16,384, unless set).
const FLOOD: usize = 64 << 10;
/// Bytes of events that are read at once.
const BUFFER: usize = 4 << 10;
/// At least so much time is between two beginnings.
const CALM: Duration = Duration::from_mins(1);
