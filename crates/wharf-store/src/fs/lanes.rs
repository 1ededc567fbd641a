//! One job at a time per appended object, also when nobody waits for the job any more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

use crate::StorePath;

/// The lanes that are in use, by path.
///
/// A write that is no longer awaited (a client hung up) still runs on the blocking
/// pool. It holds its lane until it is done, and whoever opens the object next waits
/// for the lane: so the length that it finds is final, and bytes keep their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes {
    in_use: Arc<Mutex<HashMap<StorePath, Weak<Lane>>>>,
}

/// The right to touch the end of one object; lives as long as someone holds it.
#[derive(Debug)]
pub(super) struct Lane {
    lanes: Lanes,
    path: StorePath,
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// Held by the job itself, not by the future that waits for it.
#[derive(Debug)]
pub(super) struct Turn {
    _guard: OwnedMutexGuard<()>,
    lane: Arc<Lane>,
}

// === impl Lanes ===

impl Lanes {
    /// The lane of `path`.
    pub(super) fn lane(&self, path: &StorePath) -> Arc<Lane> {
        let mut in_use = self.lock();
        if let Some(lane) = in_use.get(path).and_then(Weak::upgrade) {
            return lane;
        }
        let lane = Arc::new(Lane {
            lanes: self.clone(),
            path: path.clone(),
            turn: Arc::default(),
        });
        in_use.insert(path.clone(), Arc::downgrade(&lane));
        lane
    }

    /// Waits until no job runs on `path`.
    pub(super) async fn turn(&self, path: &StorePath) -> Turn {
        self.lane(path).turn().await
    }

    /// The turn, if no job runs on `path` at this moment and none waits to.
    pub(super) fn turn_now(&self, path: &StorePath) -> Option<Turn> {
        let lane = self.lane(path);
        let guard = Arc::clone(&lane.turn).try_lock_owned().ok()?;
        Some(Turn {
            _guard: guard,
            lane,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StorePath, Weak<Lane>>> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Turn ===

impl Turn {
    /// What it is the turn at.
    pub(super) fn path(&self) -> &StorePath {
        &self.lane.path
    }
}

// === impl Lane ===

impl Lane {
    /// Waits until no other job runs here.
    pub(super) async fn turn(self: Arc<Self>) -> Turn {
        let guard = Arc::clone(&self.turn).lock_owned().await;
        Turn {
            _guard: guard,
            lane: self,
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut in_use = self.lanes.lock();
        // Another lane may have taken the place since our last holder let go.
        if in_use
            .get(&self.path)
            .is_some_and(|lane| lane.strong_count() == 0)
        {
            in_use.remove(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lanes_are_shared_while_used_and_forgotten_after() {
        let lanes = Lanes::default();
        let path = StorePath::new("a").unwrap();
        let turn = lanes.turn(&path).await;
        assert!(lanes.turn_now(&path).is_none());
        drop(turn);
        drop(lanes.turn_now(&path).unwrap());
        assert!(lanes.lock().is_empty());
    }
}
