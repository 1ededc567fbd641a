//! One writer at a time per thing, for the few steps in which a change reads what it
//! then changes. Turns are short: no client is waited for while one is held.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// The things that are being changed at this moment, by name.
pub(crate) struct Turns<K: Clone + Eq + Hash> {
    // Guards the map only; a turn is waited for outside of it.
    held: Mutex<HashMap<K, Arc<tokio::sync::Mutex<()>>>>,
}

/// The right to change a thing, until it is dropped.
pub(crate) struct Held<'a, K: Clone + Eq + Hash> {
    turns: &'a Turns<K>,
    key: K,
    mutex: Arc<tokio::sync::Mutex<()>>,
    // `None` while waiting.
    guard: Option<OwnedMutexGuard<()>>,
}

// === impl Turns ===

impl<K: Clone + Eq + Hash> Turns<K> {
    /// Waits for the turn at a thing.
    pub(crate) async fn take(&self, key: K) -> Held<'_, K> {
        let mutex = Arc::clone(self.lock().entry(key.clone()).or_default());
        let mut held = Held {
            turns: self,
            key,
            mutex,
            guard: None,
        };
        held.guard = Some(Arc::clone(&held.mutex).lock_owned().await);
        held
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Arc<tokio::sync::Mutex<()>>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash> Default for Turns<K> {
    fn default() -> Self {
        Self {
            held: Mutex::default(),
        }
    }
}

// === impl Held ===

impl<K: Clone + Eq + Hash> Drop for Held<'_, K> {
    fn drop(&mut self) {
        drop(self.guard.take());
        let mut held = self.turns.lock();
        // Two owners, this one and the map: nobody waits, and nobody can start to while
        // the map is locked.
        if Arc::strong_count(&self.mutex) == 2 {
            held.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn turns_are_exclusive_by_key_and_forgotten_after() {
        let turns = Turns::default();
        let first = turns.take("a").await;
        let other = turns.take("b").await;
        let mut waiting = Box::pin(turns.take("a"));
        let soon = std::time::Duration::from_millis(10);
        assert!(tokio::time::timeout(soon, &mut waiting).await.is_err());
        drop(first);
        drop(waiting.await);
        drop(other);
        assert!(turns.lock().is_empty());
    }
}
