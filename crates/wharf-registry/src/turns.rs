//! One writer at a time per thing, or several that agree, for the few steps in which a change reads what it
//! then changes. Turns are short: no client is waited for while one is held.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::{Error, Result};

/// The things that are being changed at this moment, by name.
pub(crate) struct Turns<K: Clone + Eq + Hash> {
    // Guards the map only; a turn is waited for outside of it.
    held: Mutex<HashMap<K, Arc<RwLock<()>>>>,
}

/// The right to change a thing, until it is dropped.
pub(crate) struct Held<'a, K: Clone + Eq + Hash> {
    turns: &'a Turns<K>,
    key: K,
    // `None` only while dropping.
    lock: Option<Arc<RwLock<()>>>,
    // `None` while waiting.
    guard: Option<Guard>,
}

#[expect(dead_code, reason = "held, not looked at")]
enum Guard {
    Alone(OwnedRwLockWriteGuard<()>),
    Shared(OwnedRwLockReadGuard<()>),
}

// === impl Turns ===

impl<K: Clone + Eq + Hash> Turns<K> {
    /// Waits for the turn at a thing.
    ///
    /// # Errors
    /// `Busy` when its holder does not come to an end.
    pub(crate) async fn take(&self, key: K) -> Result<Held<'_, K>> {
        self.wait(key, |lock| async { Guard::Alone(lock.write_owned().await) })
            .await
    }

    /// Waits for a turn that others may share, for changes that do not disturb one another.
    ///
    /// # Errors
    /// As [`Turns::take`].
    pub(crate) async fn share(&self, key: K) -> Result<Held<'_, K>> {
        self.wait(key, |lock| async { Guard::Shared(lock.read_owned().await) })
            .await
    }

    async fn wait<F: Future<Output = Guard>>(
        &self,
        key: K,
        guard: impl FnOnce(Arc<RwLock<()>>) -> F,
    ) -> Result<Held<'_, K>> {
        let lock = Arc::clone(self.lock().entry(key.clone()).or_default());
        let waiting = guard(Arc::clone(&lock));
        let mut held = Held {
            turns: self,
            key,
            lock: Some(lock),
            guard: None,
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(guard) => {
                held.guard = Some(guard);
                Ok(held)
            }
            Err(_) => Err(Error::Busy),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Arc<RwLock<()>>>> {
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
        // Under the lock: of two turns that end at once, one must see that it is the last.
        drop(self.lock.take());
        // One owner, the map: nobody waits, and nobody can start to while it is locked.
        if held
            .get(&self.key)
            .is_some_and(|lock| Arc::strong_count(lock) == 1)
        {
            held.remove(&self.key);
        }
    }
}

/// How long a change waits for another one: a disk that takes longer is broken.
const PATIENCE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn turns_are_exclusive_by_key_and_forgotten_after() {
        let turns = Turns::default();
        let first = turns.take("a").await.unwrap();
        let other = turns.take("b").await.unwrap();
        let mut waiting = Box::pin(turns.take("a"));
        let soon = Duration::from_millis(10);
        assert!(tokio::time::timeout(soon, &mut waiting).await.is_err());
        drop(first);
        drop(waiting.await.unwrap());
        drop(other);
        assert!(turns.lock().is_empty());
    }

    #[tokio::test]
    async fn shared_turns_wait_for_one_that_is_not() {
        let turns = Turns::default();
        let both = (turns.share("a").await.unwrap(), turns.share("a").await);
        let mut alone = Box::pin(turns.take("a"));
        let soon = Duration::from_millis(10);
        assert!(tokio::time::timeout(soon, &mut alone).await.is_err());
        drop(both);
        let alone = alone.await.unwrap();
        let mut shared = Box::pin(turns.share("a"));
        assert!(tokio::time::timeout(soon, &mut shared).await.is_err());
        drop(alone);
        drop(shared.await.unwrap());
        assert!(turns.lock().is_empty());
    }
}
