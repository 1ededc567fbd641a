//! Refresh tokens: what `docker login` keeps instead of a password. They are random, and stored
//! hashed only. One is void when it was not used for long, when it is revoked, and when what
//! its account logged in with does not hold any more.

use std::collections::HashMap;
use std::mem;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::clock::{moment, now};
use crate::private::{Kept, PrivateDirectory};
use crate::random;
use crate::stamp::{Looked, Stamp};
use crate::{Credential, DirectoryError, Secret};

/// All that are good, or were when they were last looked at.
pub struct Sessions {
    directory: PrivateDirectory,
    /// How long one is good for after it was last used.
    unused: Duration,
    state: Mutex<State>,
    /// Held while one is made: so many logins at once take no more than one of the threads that
    /// everything else waits for its disk on.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// What is told of one: all but the token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Session {
    /// What it is revoked by: the first part of the token.
    pub id: String,
    /// SHA-256 of the second part, in base64url.
    hash: String,
    /// Whose it is.
    pub account: String,
    /// For which registry.
    pub service: String,
    /// What the client calls itself.
    pub client: String,
    /// When it was made, in seconds since 1970.
    created: u64,
    /// When it was last used, to about a minute.
    used: u64,
    /// What its account logged in with, as a fingerprint.
    pub(super) credential: Credential,
}

/// What a new one is made for.
pub(super) struct Wanted<'a> {
    pub(super) account: &'a str,
    pub(super) service: &'a str,
    pub(super) client: &'a str,
    pub(super) credential: Credential,
}

struct State {
    sessions: HashMap<String, Session>,
    stamp: Option<Stamp>,
    looked: Looked,
    /// Uses that the file does not know of.
    uses: HashMap<String, u64>,
    written: Instant,
}

// === impl Session ===

impl Session {
    /// When it was made.
    #[must_use]
    pub fn created(&self) -> SystemTime {
        moment(self.created)
    }

    /// When it was last used, to about a minute.
    #[must_use]
    pub fn used(&self) -> SystemTime {
        moment(self.used)
    }
}

// === impl Sessions ===

impl Sessions {
    /// Those in this directory. `unused` is how long one is good for after it was last used.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open(directory: &Path, unused: Duration) -> Result<Self, DirectoryError> {
        let directory = PrivateDirectory::create(directory)?;
        let stamp = directory.stamp::<Session>();
        let stored = directory.read::<Session>()?;
        Ok(Self {
            directory,
            unused,
            state: Mutex::new(State {
                sessions: by_id(stored),
                stamp,
                looked: Looked::now(),
                uses: HashMap::new(),
                written: Instant::now(),
            }),
            turn: Arc::default(),
        })
    }

    /// All that are good, by account and age.
    #[must_use]
    pub fn list(&self) -> Vec<Session> {
        let now = now();
        let mut sessions: Vec<_> = self.lock().sessions.values().cloned().collect();
        sessions.retain(|session| self.is_fresh(session, now));
        sessions.sort_by(|one, other| {
            let key = |session: &Session| (session.account.clone(), session.created);
            key(one).cmp(&key(other))
        });
        sessions
    }

    /// Makes those void that `is_meant`, and says how many. A running server learns of it
    /// within about a second.
    ///
    /// # Errors
    /// When the file cannot be changed.
    pub fn revoke(&self, is_meant: impl Fn(&Session) -> bool) -> Result<usize, DirectoryError> {
        self.change(|sessions| {
            let before = sessions.len();
            sessions.retain(|session| !is_meant(session));
            before - sessions.len()
        })
    }

    /// A new one, which is shown this once.
    pub(super) async fn make(
        self: &Arc<Self>,
        wanted: Wanted<'_>,
    ) -> Result<Secret, DirectoryError> {
        let random = random::text::<9>().and_then(|id| Ok((id, random::text::<32>()?)));
        let (id, secret) = random.map_err(|_| DirectoryError::NoRandomness)?;
        let token = Secret::new(format!("{}.{}", id.reveal(), secret.reveal()));
        let now = now();
        let session = Session {
            id: id.reveal().to_owned(),
            hash: hash(secret.reveal()),
            account: wanted.account.to_owned(),
            service: wanted.service.to_owned(),
            client: printable(wanted.client),
            created: now,
            used: now,
            credential: wanted.credential,
        };
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let this = Arc::clone(self);
        let keep = move || {
            // It goes with the work: a client that hangs up does not make room for more of it.
            let _turn = turn;
            this.change(|sessions| {
                make_room(sessions, &session.account);
                sessions.push(session);
            })
        };
        let kept = tokio::task::spawn_blocking(keep).await;
        kept.unwrap_or_else(|error| {
            // It does not panic; a runtime that goes down makes no tokens.
            let path = self.directory.file::<Session>();
            let source = error.into();
            Err(DirectoryError::Io { path, source })
        })?;
        Ok(token)
    }

    /// The one that this is the token of, if it is good for this service; its account is still
    /// to be looked at.
    pub(super) async fn find(self: &Arc<Self>, token: &Secret, service: &str) -> Option<Session> {
        self.look().await;
        let (id, secret) = token.reveal().split_once('.')?;
        let shown = hash(secret);
        let now = now();
        let state = self.lock();
        let session = state.sessions.get(id)?;
        verify_slices_are_equal(session.hash.as_bytes(), shown.as_bytes()).ok()?;
        let is_good = session.service == service && self.is_fresh(session, now);
        is_good.then(|| session.clone())
    }

    /// It was used, and is good for longer. The file learns of it within a minute, while others
    /// are used.
    pub(super) fn used(self: &Arc<Self>, id: &str) {
        let now = now();
        let is_due = {
            let mut state = self.lock();
            let Some(session) = state.sessions.get_mut(id) else {
                return;
            };
            session.used = now;
            state.uses.insert(id.to_owned(), now);
            let is_due = state.written.elapsed() >= WRITE;
            if is_due {
                state.written = Instant::now();
            }
            is_due
        };
        if is_due {
            let this = Arc::clone(self);
            tokio::task::spawn_blocking(move || {
                if let Err(error) = this.change(|_| ()) {
                    tracing::warn!(%error, "when refresh tokens were used could not be written");
                }
            });
        }
    }

    /// Looks at the file, if that was not a moment ago.
    async fn look(self: &Arc<Self>) {
        let is_due = self.lock().looked.is_due();
        if is_due {
            let this = Arc::clone(self);
            _ = tokio::task::spawn_blocking(move || this.look_again()).await;
        }
    }

    fn look_again(&self) {
        let stamp = self.directory.stamp::<Session>();
        if self.lock().stamp == stamp {
            return;
        }
        let read = self.directory.read::<Session>();
        let mut state = self.lock();
        state.stamp = stamp;
        match read {
            Ok(stored) => {
                let mut sessions = by_id(stored);
                for (id, used) in &state.uses {
                    if let Some(session) = sessions.get_mut(id) {
                        session.used = *used;
                    }
                }
                state.sessions = sessions;
            }
            Err(error) => {
                if error.may_pass() {
                    state.stamp = None;
                }
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, source, "no refresh token is taken");
                state.sessions.clear();
            }
        }
    }

    /// Changes the file, which also learns of uses and forgets what is old.
    fn change<R>(&self, change: impl FnOnce(&mut Vec<Session>) -> R) -> Result<R, DirectoryError> {
        let uses = mem::take(&mut self.lock().uses);
        let now = now();
        let lock = self.directory.lock()?;
        let mut sessions = self.directory.read::<Session>()?;
        for session in &mut sessions {
            if let Some(used) = uses.get(&session.id) {
                session.used = session.used.max(*used);
            }
        }
        sessions.retain(|session| self.is_fresh(session, now));
        let result = change(&mut sessions);
        lock.write::<Session>(&sessions)?;
        drop(lock);
        let mut state = self.lock();
        state.sessions = by_id(sessions);
        // Whoever changed it meanwhile is noticed at the next look.
        state.stamp = None;
        Ok(result)
    }

    fn is_fresh(&self, session: &Session, now: u64) -> bool {
        now.saturating_sub(session.used) < self.unused.as_secs()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept for Session {
    const FILE: &'static str = "refresh.json";
    type Entries = Vec<Self>;
}

/// Of too many, those go that were not used for longest.
fn make_room(sessions: &mut Vec<Session>, account: &str) {
    sessions.sort_by_key(|session| session.used);
    let own = sessions.iter().filter(|it| it.account == account).count();
    let mut surplus = (own + 1).saturating_sub(OF_ONE);
    sessions.retain(|session| {
        let goes = surplus > 0 && session.account == account;
        surplus -= usize::from(goes);
        !goes
    });
    let surplus = (sessions.len() + 1).saturating_sub(OF_ALL);
    sessions.drain(..surplus);
}

fn by_id(sessions: Vec<Session>) -> HashMap<String, Session> {
    let named = sessions.into_iter();
    named.map(|session| (session.id.clone(), session)).collect()
}

fn hash(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.as_bytes()))
}

/// As much of a client's name as is kept. It is whatever the client sends, and shown on the
/// terminal of whoever lists it.
fn printable(name: &str) -> String {
    let is_printable = |it: char| it == ' ' || it.is_ascii_graphic();
    let characters = name.chars().take(LONGEST_NAME);
    let printable = characters.map(|it| if is_printable(it) { it } else { '?' });
    printable.collect()
}

/// How often uses are written down.
const WRITE: Duration = Duration::from_secs(60);
/// Refresh tokens of one account.
const OF_ONE: usize = 100;
/// Of all accounts.
const OF_ALL: usize = 50_000;
/// Bytes of a client's name.
const LONGEST_NAME: usize = 100;
