//! Passwords that were right a moment ago.

use std::time::Duration;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use aws_lc_rs::rand::SystemRandom;
use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::Basic;

/// What is remembered is neither the password nor its plain hash, but a keyed hash of it with
/// the account and the hash that a file has for it: whoever reads memory cannot try
/// passwords against it without the key, and a new hash in the file makes it forgotten.
pub(crate) struct Remembered {
    /// `None` where there is no randomness: then nothing is remembered.
    key: Option<hmac::Key>,
    until: Cache<Key, Instant>,
}

/// Account, password, and what the file says.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub(crate) struct Key([u8; 32]);

// === impl Remembered ===

impl Remembered {
    pub(crate) fn new() -> Self {
        Self {
            key: hmac::Key::generate(HMAC_SHA256, &SystemRandom::new()).ok(),
            until: Cache::new(ACCOUNTS),
        }
    }

    pub(crate) fn key(&self, basic: &Basic, hash: &str) -> Option<Key> {
        let mut context = hmac::Context::with_key(self.key.as_ref()?);
        // Each with its length, so that nothing can move from one to the next.
        for part in [basic.user.as_str(), basic.password.reveal(), hash] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let tag = context.sign();
        Some(Key(tag.as_ref().try_into().ok()?))
    }

    pub(crate) fn is_right(&self, key: &Option<Key>) -> bool {
        let until = key.and_then(|key| self.until.get(&key));
        until.is_some_and(|until| Instant::now() < until)
    }

    pub(crate) fn keep(&self, key: Option<Key>) {
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
