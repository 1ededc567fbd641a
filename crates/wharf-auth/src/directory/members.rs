//! What a server knows of the directory: looked at again about every second, read again when
//! it has changed.
//!
//! While a file has a mistake, what was read of it last holds, and the log says so; while it
//! cannot be read at all, nobody in it is known. A file that is not there is an empty one.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::password::Cost;
use super::uses::Pending;
use super::{Directory, DirectoryError, PasswordHash, PersonalToken, User};
use crate::personal::TokenHash;
use crate::stamp::{Looked, Stamp};
use crate::{Permitted, Restriction, Secret};

/// The directory, and what was last read of it.
pub(crate) struct Members {
    directory: Directory,
    current: Mutex<Current>,
    pending: Pending,
}

struct Current {
    snapshot: Snapshot,
    /// `None` for a file that cannot be looked at.
    stamps: [Option<Stamp>; 2],
    looked: Looked,
}

/// What the files say. `None` for one that cannot be read.
#[derive(Clone)]
pub(crate) struct Snapshot {
    users: Option<Arc<Users>>,
    tokens: Option<Arc<HashMap<String, Known>>>,
}

struct Users {
    by_name: HashMap<String, User>,
    /// Of the most expensive hash; `None` where nobody has a password.
    cost: Option<Cost>,
}

/// A personal access token, ready to be compared with what is shown.
pub(crate) struct Known {
    pub(crate) account: String,
    pub(crate) hash: TokenHash,
    pub(crate) restriction: Option<Restriction>,
    token: PersonalToken,
}

// === impl Members ===

impl Members {
    /// Reads the files.
    pub(crate) fn open(directory: Directory) -> Result<Self, DirectoryError> {
        // Before they are read: what changes meanwhile is read again.
        let stamps = directory.stamps();
        let snapshot = Snapshot {
            users: Some(Arc::new(Users::read(&directory)?)),
            tokens: Some(Arc::new(read_tokens(&directory)?)),
        };
        Ok(Self {
            directory,
            current: Mutex::new(Current {
                snapshot,
                stamps,
                looked: Looked::now(),
            }),
            pending: Pending::default(),
        })
    }

    /// What the files say, as of a moment ago.
    pub(crate) async fn snapshot(self: &Arc<Self>) -> Snapshot {
        let is_due = self.lock().looked.is_due();
        if is_due {
            let this = Arc::clone(self);
            _ = tokio::task::spawn_blocking(move || this.look_again()).await;
        }
        self.lock().snapshot.clone()
    }

    /// A token was used just now, from there.
    pub(crate) fn note_use(&self, id: &str, address: Option<IpAddr>) {
        self.pending.note(id, address);
    }

    /// Writes down what was noted.
    pub(crate) fn write_uses(&self) -> Result<(), DirectoryError> {
        let uses = self.pending.take();
        if uses.is_empty() {
            return Ok(());
        }
        self.directory.record_uses(uses)
    }

    fn look_again(&self) {
        let mut new = self.directory.stamps();
        let old = self.lock().stamps;
        let [users, tokens] = &mut new;
        let [old_users, old_tokens] = old;
        if *users != old_users {
            let read = Users::read(&self.directory);
            keep(&mut self.lock().snapshot.users, users, read);
        }
        if *tokens != old_tokens {
            let read = read_tokens(&self.directory);
            keep(&mut self.lock().snapshot.tokens, tokens, read);
        }
        // Once for each change: the log is told of a mistake, not of every second of it.
        self.lock().stamps = new;
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Snapshot ===

impl Snapshot {
    /// Whether both files could be read.
    pub(crate) fn is_whole(&self) -> bool {
        self.users.is_some() && self.tokens.is_some()
    }

    /// Whether it is known who the users are.
    pub(crate) fn has_users(&self) -> bool {
        self.users.is_some()
    }

    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        self.users.as_ref()?.by_name.get(name)
    }

    /// A token by its id, unless it has expired.
    pub(crate) fn token(&self, id: &str) -> Option<&Known> {
        let known = self.tokens.as_ref()?.get(id)?;
        (!known.token.has_expired()).then_some(known)
    }

    /// Takes as long as to compare a password, and is false.
    pub(crate) fn resembles(&self, password: &Secret) -> bool {
        if let Some(cost) = self.users.as_ref().and_then(|users| users.cost) {
            cost.spend(password);
        }
        false
    }

    /// Whether it is this user's password. It takes long, on purpose.
    pub(crate) fn matches(&self, hash: Option<&PasswordHash>, password: &Secret) -> bool {
        match hash.filter(|hash| hash.cost().is_some()) {
            Some(hash) => hash.matches(password),
            None => self.resembles(password),
        }
    }
}

// === impl Users ===

impl Users {
    fn read(directory: &Directory) -> Result<Self, DirectoryError> {
        let by_name: HashMap<_, _> = directory.users()?.into_iter().collect();
        let hashes = by_name.values().filter_map(|user| user.password.as_ref());
        let cost = hashes.filter_map(PasswordHash::cost).max();
        Ok(Self { by_name, cost })
    }
}

fn read_tokens(directory: &Directory) -> Result<HashMap<String, Known>, DirectoryError> {
    let tokens: BTreeMap<String, PersonalToken> = directory.tokens()?;
    let known = tokens.into_iter().map(|(id, token)| {
        let wrong = |why: String| DirectoryError::Entry {
            path: directory.tokens_path(),
            entry: id.clone(),
            why,
        };
        let hash = TokenHash::from_hex(&token.hash);
        let hash = hash.ok_or_else(|| wrong("its hash has 64 digits".to_owned()))?;
        let scopes: Result<Vec<Permitted>, _> =
            token.scopes.iter().map(|scope| scope.parse()).collect();
        let scopes = scopes.map_err(|error| wrong(error.to_string()))?;
        let known = Known {
            account: token.account.clone(),
            hash,
            restriction: (!scopes.is_empty()).then_some(Restriction { scopes }),
            token,
        };
        Ok((id, known))
    });
    known.collect()
}

fn keep<T>(
    current: &mut Option<Arc<T>>,
    stamp: &mut Option<Stamp>,
    read: Result<T, DirectoryError>,
) {
    match read {
        Ok(new) => *current = Some(Arc::new(new)),
        Err(error @ DirectoryError::Io { .. }) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(%error, source, "nobody in this file can be let in");
            // Nothing need change about the file until it can be read: that is tried again.
            (*current, *stamp) = (None, None);
        }
        Err(error) => {
            tracing::error!(%error, "what was read before stays in force");
        }
    }
}
