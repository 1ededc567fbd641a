//! Who removes what nobody relies on looks when it was last touched, and removes it then: in
//! between nobody may touch the object, or put another one in its place, be it in another
//! process or on another machine. So there are locks, which are files below the root: shared
//! by those who touch and place, taken by one who removes, and never while anybody waits for
//! the disk. One lock is for many objects.
//!
//! A lock is the kernel's (`flock`), and goes with who holds it. The files are empty, and stay.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::disk::{Lock, Locking};
use super::tree::{ATTEMPTS, Tree};

/// The locks of one store.
pub(super) struct Locks {
    shards: Vec<Shard>,
    has_warned: AtomicBool,
}

/// The open files of one lock that nobody uses at this moment. Each who holds a lock needs an
/// open file of his own, or the kernel would think them one.
#[derive(Default)]
struct Shard {
    idle: Mutex<Vec<File>>,
}

/// A lock that is held until this is dropped.
pub(super) struct Locked<'a> {
    tree: &'a Tree,
    shard: &'a Shard,
    // `None` only while dropping.
    file: Option<File>,
}

/// Without locks it cannot be told whether somebody relies on what is to be removed.
#[derive(Debug, thiserror::Error)]
#[error("the locks in {LOCKS} are not to be had, and without them nothing is removed")]
struct NoLocks(#[source] io::Error);

// === impl Tree ===

impl Tree {
    /// Lets nobody remove the object for being untouched until the answer is dropped; waits
    /// for who does so at this moment. Where nobody can lock, nobody removes: there it is
    /// done without.
    pub(super) fn keep(&self, path: &str) -> io::Result<Option<Locked<'_>>> {
        match self.lock(path, Lock::Shared) {
            Err(error) if is_impossible(&error) => {
                if !self.locks.has_warned.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "{}", NO_LOCKS);
                }
                Ok(None)
            }
            locked => locked,
        }
    }

    /// Lets nobody touch the object, or put another one in its place, until the answer is
    /// dropped. Nothing if somebody goes on doing so for all of this time.
    pub(super) fn exclude(&self, path: &str, patience: Duration) -> io::Result<Option<Locked<'_>>> {
        let end = Instant::now() + patience;
        let mut pause = SHORTEST_PAUSE;
        loop {
            match self.lock(path, Lock::Exclusive) {
                Ok(None) if Instant::now() < end => std::thread::sleep(pause),
                Ok(locked) => return Ok(locked),
                Err(error) => return Err(io::Error::other(NoLocks(error))),
            }
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    /// True when two objects have one lock.
    pub(super) fn share_a_lock(a: &str, b: &str) -> bool {
        number(a) == number(b)
    }

    fn lock(&self, path: &str, lock: Lock) -> io::Result<Option<Locked<'_>>> {
        let number = number(path);
        let shard = self.locks.shards.get(number).ok_or(ErrorKind::NotFound)?;
        for _ in 0..ATTEMPTS {
            let idle = shard.idle().pop();
            let file = match idle {
                Some(file) => file,
                None => self.open_lock(number)?,
            };
            match self.disk.lock(&file, lock)? {
                Locking::Locked => {
                    return Ok(Some(Locked {
                        tree: self,
                        shard,
                        file: Some(file),
                    }));
                }
                Locking::Busy => {
                    shard.put_back(file);
                    return Ok(None);
                }
                // Somebody has removed the file: others would lock another one.
                Locking::Gone => {}
            }
        }
        Err(ErrorKind::NotFound.into())
    }

    fn open_lock(&self, number: usize) -> io::Result<File> {
        let open = |number| {
            self.disk
                .open_lock(&self.at(&format!("{LOCKS}/{number:02}")))
        };
        match open(number) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.make(LOCKS)?;
                // All of them, so that another user's process, who may not make any here, finds
                // those that it needs.
                (0..SHARDS).try_for_each(|number| open(number).map(drop))?;
                open(number)
            }
            opened => opened,
        }
    }
}

// === impl Locks ===

impl Default for Locks {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            has_warned: AtomicBool::new(false),
        }
    }
}

// === impl Shard ===

impl Shard {
    fn put_back(&self, file: File) {
        let mut idle = self.idle();
        if idle.len() < IDLE {
            idle.push(file);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<File>> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Locked ===

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // A file that cannot be unlocked is closed, which unlocks it.
        if let Some(file) = self.file.take()
            && self.tree.disk.lock(&file, Lock::None).is_ok()
        {
            self.shard.put_back(file);
        }
    }
}

/// True where nobody can lock, whoever tries; and not where it may work the next time.
fn is_impossible(error: &io::Error) -> bool {
    use rustix::io::Errno;

    let is_unknown = |errno| {
        matches!(
            errno,
            Errno::NOLCK | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::BADF
        )
    };
    matches!(
        error.kind(),
        ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::Unsupported
    ) || Errno::from_io_error(error).is_some_and(is_unknown)
}

/// FNV-1a: the same number in every process of every version.
fn number(path: &str) -> usize {
    let hash = path.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The last characters have not reached the high bits yet.
    (hash ^ (hash >> 32)) as usize % SHARDS
}

const LOCKS: &str = "wharfinger/state/locks";
const SHARDS: usize = 32;
/// Files of one lock that stay open for the next ones.
const IDLE: usize = 2;
/// Who touches or places something needs microseconds, unless the machine or its disk stands
/// still for a moment.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// The same for who holds another lock meanwhile.
pub(super) const LITTLE_PATIENCE: Duration = Duration::from_millis(4);
const SHORTEST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);
const NO_LOCKS: &str =
    "the storage has no locks for us: do not let another process collect garbage in it";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_spread_over_the_locks() {
        // Another number in another version would part those who have to meet.
        assert_eq!((number("a"), number("docker/registry/v2")), (0, 23));
        let mut counts = [0; SHARDS];
        for path in 0..3200 {
            counts[number(&format!("blobs/sha256/ab/{path}/data"))] += 1;
        }
        assert!(
            counts.iter().all(|count| (50..150).contains(count)),
            "{counts:?}"
        );
    }
}
