//! Passwords that were right a moment ago.

use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::Basic;
use crate::fingerprint::{Fingerprint, Fingerprints};

/// What is remembered is neither the password nor its plain hash, but a fingerprint of it with
/// the account and the hash that a file has for it: a new hash in the file makes it forgotten.
pub(crate) struct Remembered {
    fingerprints: Fingerprints,
    until: Cache<Fingerprint, Instant>,
}

// === impl Remembered ===

impl Remembered {
    pub(crate) fn new() -> Self {
        Self {
            fingerprints: Fingerprints::new(),
            until: Cache::new(ACCOUNTS),
        }
    }

    /// Of account, password, and what the file says.
    pub(crate) fn key(&self, basic: &Basic, hash: &str) -> Option<Fingerprint> {
        self.fingerprints
            .of(&[&basic.user, basic.password.reveal(), hash])
    }

    pub(crate) fn is_right(&self, key: &Option<Fingerprint>) -> bool {
        let until = key.and_then(|key| self.until.get(&key));
        until.is_some_and(|until| Instant::now() < until)
    }

    pub(crate) fn keep(&self, key: Option<Fingerprint>) {
        if let (Some(key), Some(until)) = (key, Instant::now().checked_add(KEPT)) {
            self.until.insert(key, until);
        }
    }
}

/// Long enough for a pull, short enough that nobody wonders.
const KEPT: Duration = Duration::from_secs(60);
/// Accounts that are remembered.
const ACCOUNTS: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn basic(user: &str, password: &str) -> Basic {
        Basic {
            user: user.to_owned(),
            password: Secret::new(password),
        }
    }

    #[test]
    fn only_the_very_same_is_remembered() {
        let remembered = Remembered::new();
        let key = |user, password, hash| remembered.key(&basic(user, password), hash);
        remembered.keep(key("a", "bc", "hash"));
        assert!(remembered.is_right(&key("a", "bc", "hash")));
        for (user, password, hash) in [
            ("ab", "c", "hash"),
            ("a", "b", "chash"),
            ("a", "bc", "other"),
            ("b", "bc", "hash"),
            ("a", "", "hash"),
        ] {
            assert!(!remembered.is_right(&key(user, password, hash)));
        }
        // Another process has another key.
        let other = Remembered::new();
        assert!(other.key(&basic("a", "bc"), "hash") != key("a", "bc", "hash"));
    }
}
