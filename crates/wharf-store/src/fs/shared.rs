//! One look for all who wait for it.
//!
//! Who asks for something large about a directory while somebody else is being answered may
//! not have that answer, since it may be older than the question. But all who wait for the
//! next look can share that: it begins after each of them asked. So a hundred clients that
//! ask for the same long list cost two looks, and the memory of two.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The looks that are under way or waited for, by what they are at.
pub(super) struct Shared<K: Eq + Hash, T> {
    lanes: Mutex<HashMap<K, Arc<Lane<T>>>>,
}

struct Lane<T> {
    /// Held by whoever looks.
    turn: tokio::sync::Mutex<()>,
    /// The look that has not begun yet.
    next: Mutex<Arc<OnceLock<T>>>,
}

/// Somebody who waits; when the last one leaves, the lane is forgotten.
struct Waiting<'a, K: Eq + Hash, T> {
    shared: &'a Shared<K, T>,
    key: K,
    lane: Arc<Lane<T>>,
}

// === impl Shared ===

impl<K: Eq + Hash + Clone, T: Clone> Shared<K, T> {
    /// What `look` brings, or a look of somebody else that began after this call. Failures
    /// are not shared.
    pub(super) async fn look<E>(
        &self,
        key: K,
        look: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let waiting = self.wait(key);
        let lane = &*waiting.lane;
        let round = Arc::clone(&lane.next());
        let _turn = lane.turn.lock().await;
        if let Some(found) = round.get() {
            return Ok(found.clone());
        }
        // Who comes from now on has to look again.
        *lane.next() = Arc::default();
        let found = look.await?;
        Ok(round.get_or_init(|| found).clone())
    }

    fn wait(&self, key: K) -> Waiting<'_, K, T> {
        let lane = Arc::clone(self.lock().entry(key.clone()).or_default());
        Waiting {
            shared: self,
            key,
            lane,
        }
    }
}

impl<K: Eq + Hash, T> Shared<K, T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Arc<Lane<T>>>> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, T> Default for Shared<K, T> {
    fn default() -> Self {
        Self {
            lanes: Mutex::default(),
        }
    }
}

// === impl Lane ===

impl<T> Lane<T> {
    fn next(&self) -> MutexGuard<'_, Arc<OnceLock<T>>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Self {
            turn: tokio::sync::Mutex::default(),
            next: Mutex::default(),
        }
    }
}

// === impl Waiting ===

impl<K: Eq + Hash, T> Drop for Waiting<'_, K, T> {
    fn drop(&mut self) {
        let mut lanes = self.shared.lock();
        // The map's and ours: nobody can take another one meanwhile.
        if Arc::strong_count(&self.lane) == 2 {
            lanes.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    /// Looks at a number that is changed meanwhile.
    struct World {
        shared: Shared<&'static str, usize>,
        state: AtomicUsize,
        looks: AtomicUsize,
        go: Notify,
    }

    impl World {
        async fn ask(&self) -> Result<usize, &'static str> {
            let look = async {
                self.looks.fetch_add(1, Ordering::SeqCst);
                // What is seen is as old as the look.
                let seen = self.state.load(Ordering::SeqCst);
                self.go.notified().await;
                if seen == 99 { Err("bad") } else { Ok(seen) }
            };
            self.shared.look("a", look).await
        }
    }

    fn world() -> Arc<World> {
        Arc::new(World {
            shared: Shared::default(),
            state: AtomicUsize::new(1),
            looks: AtomicUsize::new(0),
            go: Notify::new(),
        })
    }

    async fn spawn(
        world: &Arc<World>,
        count: usize,
    ) -> Vec<tokio::task::JoinHandle<Result<usize, &'static str>>> {
        let asked = (0..count).map(|_| {
            let world = Arc::clone(world);
            tokio::spawn(async move { world.ask().await })
        });
        let asked = asked.collect();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        asked
    }

    #[tokio::test]
    async fn who_comes_during_a_look_shares_the_next_one() {
        let world = world();
        let first = spawn(&world, 1).await;
        world.state.store(2, Ordering::SeqCst);
        let rest = spawn(&world, 20).await;
        world.go.notify_one();
        for asked in first {
            assert_eq!(asked.await.unwrap(), Ok(1));
        }
        world.go.notify_one();
        for asked in rest {
            assert_eq!(asked.await.unwrap(), Ok(2));
        }
        assert_eq!(world.looks.load(Ordering::SeqCst), 2);
        assert!(world.shared.lock().is_empty());
    }

    #[tokio::test]
    async fn failures_and_those_who_leave_are_nobody_elses() {
        let world = world();
        world.state.store(99, Ordering::SeqCst);
        let failing = spawn(&world, 1).await;
        let rest = spawn(&world, 3).await;
        world.go.notify_one();
        for asked in failing {
            assert_eq!(asked.await.unwrap(), Err("bad"));
        }
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        // One of the others looks by now; it leaves, and the next one looks.
        world.state.store(3, Ordering::SeqCst);
        let mut rest = rest.into_iter();
        rest.next().unwrap().abort();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        world.go.notify_one();
        for asked in rest {
            assert_eq!(asked.await.unwrap(), Ok(3));
        }
        assert!(world.shared.lock().is_empty());
    }
}
