//! `auth.htpasswd`: names and passwords in a file.
//!
//! The file is looked at again about every second and read again when it has changed. While it
//! has a mistake, what was read last holds, and the log says where the mistake is; while it
//! cannot be read at all, nobody is let in.
//!
//! bcrypt takes tens of milliseconds of a core, on purpose. A password that was right is
//! therefore remembered for a minute ([`remembered`]); others are checked on the blocking pool,
//! a few at a time. Unknown names are checked against a hash that nothing matches, so that they
//! take as long as known ones.
// distribution: registry/auth/htpasswd/access.go

mod created;
mod remembered;
mod table;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Semaphore;

use self::remembered::Remembered;
use self::table::Table;
use crate::{Basic, Unknown};

pub use self::table::HtpasswdError;

/// Lets in whoever is in the file.
pub struct Htpasswd(Arc<State>);

struct State {
    path: PathBuf,
    current: Mutex<Current>,
    remembered: Remembered,
    /// Held while a password is checked.
    checks: Semaphore,
    waiting: AtomicUsize,
}

/// What is known of the file.
struct Current {
    /// `None` while it cannot be read.
    table: Option<Arc<Table>>,
    modified: Option<SystemTime>,
    looked: Instant,
}

// === impl Htpasswd ===

impl Htpasswd {
    /// Reads the file; makes one with a user `docker` and a random password, which the log
    /// tells, if there is none.
    ///
    /// # Errors
    /// When it cannot be made or read, or has a mistake.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, HtpasswdError> {
        let path = path.into();
        created::unless_there(&path)?;
        let modified = modified(&path)?;
        let table = Table::read(&path)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self(Arc::new(State {
            path,
            current: Mutex::new(Current {
                table: Some(Arc::new(table)),
                modified: Some(modified),
                looked: Instant::now(),
            }),
            remembered: Remembered::new(),
            checks: Semaphore::new(cores),
            waiting: AtomicUsize::new(0),
        })))
    }

    /// Whether the name and the password belong together.
    ///
    /// # Errors
    /// When they do not, or that cannot be told.
    pub async fn check(&self, basic: &Basic) -> Result<(), Unknown> {
        let table = self.0.table().await.ok_or(Unknown::Unavailable)?;
        if self.0.is_right(table, basic).await? {
            Ok(())
        } else {
            Err(Unknown::Wrong)
        }
    }

    /// The hash that the file has for the name.
    pub(crate) async fn stored(&self, name: &str) -> Option<String> {
        self.0.table().await?.stored(name).map(str::to_owned)
    }
}

// === impl State ===

impl State {
    /// What the file says, as of a moment ago.
    async fn table(self: &Arc<Self>) -> Option<Arc<Table>> {
        let is_due = {
            let mut current = self.lock();
            let is_due = current.looked.elapsed() >= LOOK;
            if is_due {
                current.looked = Instant::now();
            }
            is_due
        };
        if is_due {
            let this = Arc::clone(self);
            _ = tokio::task::spawn_blocking(move || this.look_again()).await;
        }
        self.lock().table.clone()
    }

    fn look_again(&self) {
        let modified = match modified(&self.path) {
            Ok(modified) => modified,
            Err(error) => {
                tracing::error!(%error, "nobody can be let in");
                let mut current = self.lock();
                (current.table, current.modified) = (None, None);
                return;
            }
        };
        if self.lock().modified == Some(modified) {
            return;
        }
        let read = Table::read(&self.path);
        let mut current = self.lock();
        match read {
            Ok(table) => {
                current.table = Some(Arc::new(table));
                current.modified = Some(modified);
            }
            Err(HtpasswdError::Io { source, .. }) => {
                let path = self.path.display();
                tracing::error!(error = %source, "nobody can be let in: cannot read {path}");
                (current.table, current.modified) = (None, None);
            }
            Err(error) => {
                tracing::error!(%error, "what was read before stays in force");
                current.modified = Some(modified);
            }
        }
    }

    async fn is_right(self: &Arc<Self>, table: Arc<Table>, basic: &Basic) -> Result<bool, Unknown> {
        if basic.password.reveal().len() > LONGEST_PASSWORD {
            return Ok(false);
        }
        let hash = table.hash(&basic.user);
        let key = self.remembered.key(basic, hash);
        if self.remembered.is_right(&key) {
            return Ok(true);
        }
        let _place = Place::take(&self.waiting)?;
        // It is never closed.
        let _turn = self.checks.acquire().await;
        let basic = basic.clone();
        let check = move || table.matches(&basic);
        let is_right = tokio::task::spawn_blocking(check).await.unwrap_or(false);
        if is_right {
            self.remembered.keep(key);
        }
        Ok(is_right)
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of a bounded number of passwords that wait to be checked.
struct Place<'a>(&'a AtomicUsize);

// === impl Place ===

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self, Unknown> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::AcqRel) < WAITING {
            Ok(place)
        } else {
            Err(Unknown::Busy)
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn modified(path: &Path) -> Result<SystemTime, HtpasswdError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a file of the operator's, not of the store"
    )]
    let modified = std::fs::metadata(path).and_then(|file| file.modified());
    modified.map_err(|source| unreadable(path, source))
}

fn unreadable(path: &Path, source: io::Error) -> HtpasswdError {
    HtpasswdError::Io {
        path: path.to_owned(),
        source,
    }
}

/// How long what is known of the file is good enough.
const LOOK: Duration = Duration::from_secs(1);
/// Passwords that may wait: more would wait longer than their clients.
const WAITING: usize = 64;
/// Bytes of a password: bcrypt looks at the first 72.
const LONGEST_PASSWORD: usize = 4096;
