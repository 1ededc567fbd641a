//! `jwks` from a URL: fetched again every few minutes, and when a token names a key that is not
//! known yet. While the other side does not answer, what was fetched last holds.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::jwks;
use super::trusted::Trusted;

/// Gets the text of a JWK set from wherever it is.
#[async_trait]
pub trait Fetch: Send + Sync + 'static {
    /// Gets it, within bounds of time and size.
    ///
    /// # Errors
    /// Why not, with the address, for the log.
    async fn fetch(&self) -> Result<Vec<u8>, String>;
}

/// Keys that are fetched.
pub struct RemoteKeys {
    fetch: Box<dyn Fetch>,
    current: Mutex<Current>,
    /// Held while they are fetched.
    turn: Arc<tokio::sync::Mutex<()>>,
}

struct Current {
    trusted: Arc<Trusted>,
    /// Whether they were ever fetched.
    is_known: bool,
    /// When they were last asked for.
    tried: Option<Instant>,
}

// === impl RemoteKeys ===

impl RemoteKeys {
    /// None until [`Self::keep`] has run.
    #[must_use]
    pub fn new(fetch: impl Fetch) -> Arc<Self> {
        Arc::new(Self {
            fetch: Box::new(fetch),
            current: Mutex::new(Current {
                trusted: Arc::default(),
                is_known: false,
                tried: None,
            }),
            turn: Arc::default(),
        })
    }

    /// Fetches them, again and again, as long as it is polled.
    pub async fn keep(self: Arc<Self>) -> Infallible {
        loop {
            let is_fresh = {
                let _turn = self.turn.lock().await;
                self.fetch().await
            };
            let wait = match (is_fresh, self.is_known()) {
                (true, _) => AGAIN,
                (false, true) => AFTER_FAILURE,
                (false, false) => AT_MOST,
            };
            tokio::time::sleep(wait).await;
        }
    }

    pub(super) fn trusted(&self) -> Arc<Trusted> {
        Arc::clone(&self.lock().trusted)
    }

    /// True once they were fetched.
    pub(super) fn is_known(&self) -> bool {
        self.lock().is_known
    }

    /// Somebody's key is not among them: asks whether it is by now, unless that was asked a
    /// moment ago. Says whether anything has changed since `seen`.
    pub(super) async fn ask_again(self: &Arc<Self>, seen: u64) -> bool {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let (is_newer, tried) = {
            let current = self.lock();
            (current.trusted.generation != seen, current.tried)
        };
        if is_newer {
            return true;
        }
        if tried.is_some_and(|tried| tried.elapsed() < AT_MOST) {
            return false;
        }
        // Whoever hangs up does not end it: else it would be as if nobody had asked, and those
        // who come next would ask again, as often as they like.
        let this = Arc::clone(self);
        let fetching = tokio::spawn(async move {
            let _turn = turn;
            this.fetch().await
        });
        fetching.await.unwrap_or(false)
    }

    /// With the turn.
    async fn fetch(&self) -> bool {
        let fetched = self.fetch.fetch().await;
        let entries = fetched.and_then(|text| {
            let entries = jwks::parse(&text);
            entries.map_err(|why| format!("what auth.token.jwks names {why}"))
        });
        let mut current = self.lock();
        current.tried = Some(Instant::now());
        match entries {
            Ok(entries) => {
                if entries.is_empty() {
                    tracing::error!("nobody can be let in: auth.token.jwks has no key left");
                }
                if !current.is_known {
                    tracing::info!(keys = entries.len(), "auth.token.jwks was fetched");
                }
                let trusted = Trusted::new(Vec::new(), entries);
                // What is the same may stay remembered.
                if !current.is_known || !trusted.has_same_names(&current.trusted) {
                    current.trusted = Arc::new(trusted);
                }
                current.is_known = true;
                true
            }
            Err(error) => {
                let rest = if current.is_known {
                    "the keys that were fetched before stay in force"
                } else {
                    "nobody can be let in until they are"
                };
                tracing::error!(error, "auth.token.jwks could not be fetched: {rest}");
                false
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Between fetches, while all is well.
const AGAIN: Duration = Duration::from_secs(300);
/// After one that failed, while there are keys of before.
const AFTER_FAILURE: Duration = Duration::from_secs(60);
/// Nobody's tokens make us ask more often.
const AT_MOST: Duration = Duration::from_secs(10);
