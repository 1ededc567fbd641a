//! `auth.htpasswd`: names and passwords in a file.
//!
//! The file is looked at again about every second and read again when it has changed. While it
//! has a mistake, what was read last holds, and the log says where the mistake is; while it
//! cannot be read at all, nobody is let in.
//!
//! Who compares a password with what is in it, and when, is up to [`Accounts`](crate::Accounts).
// distribution: registry/auth/htpasswd/access.go

mod created;
mod table;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::stamp::{Looked, Stamp};

pub use self::table::HtpasswdError;

pub(crate) use self::table::Table;

/// Lets in whoever is in the file.
pub struct Htpasswd(Arc<State>);

struct State {
    path: PathBuf,
    current: Mutex<Current>,
}

/// What is known of the file.
struct Current {
    /// `None` while it cannot be read.
    table: Option<Arc<Table>>,
    stamp: Option<Stamp>,
    looked: Looked,
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
        let stamp = stamp(&path)?;
        let table = Table::read(&path)?;
        Ok(Self(Arc::new(State {
            path,
            current: Mutex::new(Current {
                table: Some(Arc::new(table)),
                stamp: Some(stamp),
                looked: Looked::now(),
            }),
        })))
    }

    /// Whether there is such a file with an entry of that name. Nothing is made.
    ///
    /// # Errors
    /// When it is there and cannot be read, or has a mistake.
    pub fn has(path: &Path, name: &str) -> Result<bool, HtpasswdError> {
        match Table::read(path) {
            Ok(table) => Ok(table.get(name).is_some()),
            Err(HtpasswdError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// What the file says, as of a moment ago; `None` while it cannot be read.
    pub(crate) async fn table(&self) -> Option<Arc<Table>> {
        let is_due = self.0.lock().looked.is_due();
        if is_due {
            let state = Arc::clone(&self.0);
            _ = tokio::task::spawn_blocking(move || state.look_again()).await;
        }
        self.0.lock().table.clone()
    }
}

// === impl State ===

impl State {
    fn look_again(&self) {
        let stamp = match stamp(&self.path) {
            Ok(stamp) => stamp,
            Err(error) => {
                tracing::error!(%error, "nobody can be let in");
                let mut current = self.lock();
                (current.table, current.stamp) = (None, None);
                return;
            }
        };
        if self.lock().stamp == Some(stamp) {
            return;
        }
        let read = Table::read(&self.path);
        let mut current = self.lock();
        match read {
            Ok(table) => {
                current.table = Some(Arc::new(table));
                current.stamp = Some(stamp);
            }
            Err(HtpasswdError::Io { source, .. }) => {
                let path = self.path.display();
                tracing::error!(error = %source, "nobody can be let in: cannot read {path}");
                (current.table, current.stamp) = (None, None);
            }
            Err(error) => {
                tracing::error!(%error, "what was read before stays in force");
                current.stamp = Some(stamp);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stamp(path: &Path) -> Result<Stamp, HtpasswdError> {
    Stamp::of(path).map_err(|source| unreadable(path, source))
}

fn unreadable(path: &Path, source: io::Error) -> HtpasswdError {
    HtpasswdError::Io {
        path: path.to_owned(),
        source,
    }
}
