//! Where tokens are kept while they are good.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::time::Instant;

use super::Access;

/// Tokens by what they are for. Each place has a lock of its own, which is held while its
/// token is fetched.
#[derive(Debug, Default)]
pub(super) struct Slots(Mutex<HashMap<Key, Arc<tokio::sync::Mutex<Slot>>>>);

/// Who gives a token, and for what.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Key {
    pub(super) realm: String,
    pub(super) service: Option<String>,
    pub(super) access: Access,
}

/// A place for one token.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// What its tokens are for, where that is more than what was looked for.
    pub(super) key: Option<Key>,
    kept: Option<Kept>,
    generations: u64,
}

#[derive(Debug)]
pub(super) struct Kept {
    pub(super) header: HeaderValue,
    pub(super) generation: u64,
    until: Instant,
}

// === impl Slots ===

impl Slots {
    pub(super) fn slot(&self, key: &Key) -> Arc<tokio::sync::Mutex<Slot>> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(key) {
            return Arc::clone(slot);
        }
        make_room(&mut slots);
        let slot = Slot {
            key: Some(key.clone()),
            ..Slot::default()
        };
        let slot = Arc::new(tokio::sync::Mutex::new(slot));
        slots.insert(key.clone(), Arc::clone(&slot));
        slot
    }

    /// Makes the place of `key` that of `wanted`, too.
    pub(super) fn alias(&self, wanted: Key, key: &Key) {
        if wanted == *key {
            return;
        }
        let slot = self.slot(key);
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut slots);
        slots.insert(wanted, slot);
    }
}

// === impl Key ===

impl Key {
    /// For errors.
    pub(super) fn what(&self) -> String {
        let scopes: Vec<_> = self.access.scopes().collect();
        if scopes.is_empty() {
            "a token".to_owned()
        } else {
            format!("a token for {}", scopes.join(" "))
        }
    }
}

// === impl Slot ===

impl Slot {
    /// The token, if it is good for a while yet.
    pub(super) fn good(&self) -> Option<&Kept> {
        let now = Instant::now();
        self.kept.as_ref().filter(|kept| now < kept.until)
    }

    /// Keeps a token a little shorter than it is good; which one it is.
    pub(super) fn keep(&mut self, header: HeaderValue, lifetime: Duration) -> u64 {
        self.generations += 1;
        self.kept = Some(Kept {
            header,
            generation: self.generations,
            // Requests take a while, and clocks differ.
            until: Instant::now() + lifetime.min(LONGEST).mul_f64(0.9),
        });
        self.generations
    }
}

// === private ===

/// Forgetting costs a request for each token that is needed again.
fn make_room(slots: &mut HashMap<Key, Arc<tokio::sync::Mutex<Slot>>>) {
    if slots.len() >= MOST_SLOTS {
        slots.clear();
    }
}

/// Tokens that are kept; each has a few thousand bytes at most.
const MOST_SLOTS: usize = 512;
/// However long a server says that its tokens are good.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    fn key(realm: usize) -> Key {
        Key {
            realm: realm.to_string(),
            service: None,
            access: Access::default(),
        }
    }

    #[test]
    fn a_token_that_has_ended_is_not_good() {
        let mut slot = Slot::default();
        assert!(slot.good().is_none());
        let header = HeaderValue::from_static("Bearer t");
        assert_eq!(slot.keep(header.clone(), Duration::ZERO), 1);
        assert!(slot.good().is_none());
        assert_eq!(slot.keep(header, Duration::MAX), 2);
        assert!(slot.good().is_some_and(|kept| kept.generation == 2));
    }

    #[test]
    fn places_are_bounded_and_shared() {
        let slots = Slots::default();
        slots.alias(key(1), &key(2));
        assert!(Arc::ptr_eq(&slots.slot(&key(1)), &slots.slot(&key(2))));
        for realm in 0..5 * MOST_SLOTS {
            slots.slot(&key(realm));
            assert!(slots.0.lock().unwrap().len() <= MOST_SLOTS);
        }
    }
}
