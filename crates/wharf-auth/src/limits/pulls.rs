//! Limits on pulls, as Docker Hub has them (docs.docker.com, "Docker Hub pull usage and
//! limits"): so many manifests in a time, for each account, and for each address of those who
//! do not log in.
//!
//! A window begins with the first pull in it, and is as long as the interval; when it is over,
//! the next pull begins another. That is exact about when there is room again, and lets
//! through at most twice the limit in any interval. Windows are kept for a bounded number of
//! accounts and addresses, those that have not pulled for long going first.

use std::convert::Infallible;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::network::network;
use crate::{Identity, PullLimit};

/// Counts pulls. By default there is no limit but those of tokens.
#[derive(Debug, Default)]
pub struct Pulls {
    account: Option<PullLimit>,
    anonymous: Option<PullLimit>,
    keys: RandomState,
    /// Made when somebody has a limit.
    windows: OnceLock<Cache<u64, Arc<Mutex<Window>>>>,
}

/// What somebody may pull.
#[derive(Clone, Copy, Debug)]
pub struct Quota<'a> {
    pulls: &'a Pulls,
    key: u64,
    limit: PullLimit,
}

/// What is left of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Standing {
    /// What there was at first.
    pub limit: PullLimit,
    /// Pulls that are left.
    pub remaining: u32,
}

/// Nothing is left of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Exhausted {
    /// What there was at first.
    pub limit: PullLimit,
    /// Until there is some again.
    pub wait: Duration,
}

/// Whose pulls are counted together.
#[derive(Hash)]
enum Puller<'a> {
    Account(&'a str),
    Address(IpAddr),
    /// Whoever comes over a unix socket and does not log in.
    Nowhere,
}

#[derive(Debug)]
struct Window {
    ends: Instant,
    used: u32,
}

// === impl Pulls ===

impl Pulls {
    /// These limits, where a token does not say another: for an account, and for an address
    /// (an IPv6 network of 64 bits) of those without one. 0 pulls are any number.
    #[must_use]
    pub fn new(account: PullLimit, anonymous: PullLimit) -> Self {
        Self {
            account: Some(account).filter(|limit| limit.pulls > 0),
            anonymous: Some(anonymous).filter(|limit| limit.pulls > 0),
            ..Self::default()
        }
    }

    /// What holds for whoever asks; `None` if they may pull any number.
    #[must_use]
    pub fn quota(&self, identity: &Identity, address: Option<IpAddr>) -> Option<Quota<'_>> {
        let configured = if identity.account.is_empty() {
            self.anonymous
        } else {
            self.account
        };
        let limit = identity.pulls.or(configured)?;
        if limit.pulls == 0 {
            return None;
        }
        let limit = PullLimit {
            interval: limit.interval.min(LONGEST),
            ..limit
        };
        let puller = match (identity.account.as_str(), address) {
            ("", Some(address)) => Puller::Address(network(address)),
            ("", None) => Puller::Nowhere,
            (account, _) => Puller::Account(account),
        };
        Some(Quota {
            pulls: self,
            // By a keyed hash, which is small whatever a name is, and nobody can aim at.
            key: self.keys.hash_one((puller, limit.interval)),
            limit,
        })
    }

    fn windows(&self) -> &Cache<u64, Arc<Mutex<Window>>> {
        self.windows.get_or_init(|| Cache::new(WINDOWS))
    }
}

// === impl Quota ===

impl Quota<'_> {
    /// How it stands, without a pull.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let used = self.pulls.windows().get(&self.key).map_or(0, |window| {
            let window = lock(&window);
            if window.is_over(Instant::now()) {
                0
            } else {
                window.used
            }
        });
        self.after(used)
    }

    /// One pull.
    ///
    /// # Errors
    /// When none is left.
    pub fn pull(&self) -> Result<Standing, Exhausted> {
        let now = Instant::now();
        let fresh = || Ok::<_, Infallible>(Arc::new(Mutex::new(Window { ends: now, used: 0 })));
        let Ok(window) = self.pulls.windows().get_or_insert_with(&self.key, fresh);
        let mut window = lock(&window);
        if window.is_over(now) {
            window.ends = now + self.limit.interval;
            window.used = 0;
        }
        if window.used >= self.limit.pulls {
            return Err(Exhausted {
                limit: self.limit,
                wait: window.ends - now,
            });
        }
        window.used += 1;
        Ok(self.after(window.used))
    }

    const fn after(&self, used: u32) -> Standing {
        Standing {
            limit: self.limit,
            remaining: self.limit.pulls.saturating_sub(used),
        }
    }
}

// === impl Window ===

impl Window {
    fn is_over(&self, now: Instant) -> bool {
        now >= self.ends
    }
}

fn lock(window: &Mutex<Window>) -> MutexGuard<'_, Window> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Accounts and addresses whose pulls are counted at a time: some 10 MiB.
const WINDOWS: usize = 100_000;
/// The longest window: whoever writes a longer one means for ever.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[cfg(test)]
mod tests;
