//! Asking the collector of this process to begin now.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::Registry;

/// What the collector of this process does.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum CollectorState {
    /// There is none.
    #[default]
    Absent,
    /// It waits until it is time, or until somebody asks.
    Waiting,
    /// It collects.
    Collecting,
}

/// Rings at the collector.
#[derive(Default)]
pub(crate) struct Bell {
    state: Mutex<CollectorState>,
    rung: Notify,
}

/// The collector is in some state, until this is dropped; then it is in the one before.
pub(super) struct Stay<'a> {
    bell: &'a Bell,
    before: CollectorState,
}

// === impl Registry ===

impl Registry {
    /// Asks the collector of this process to begin at once; what it did until now. Only one
    /// that waits heeds it.
    #[must_use]
    pub fn collect_now(&self) -> CollectorState {
        let bell = &self.inner.bell;
        let state = *bell.state();
        if state == CollectorState::Waiting {
            bell.rung.notify_one();
        }
        state
    }

    /// What the collector of this process does.
    #[must_use]
    pub fn collector_state(&self) -> CollectorState {
        *self.inner.bell.state()
    }
}

// === impl Bell ===

impl Bell {
    /// Waits until somebody rings, or for that time.
    pub(super) async fn wait(&self, time: Duration) {
        // That nobody rang is no error.
        let _ = tokio::time::timeout(time, self.rung.notified()).await;
    }

    /// Tells what the collector does.
    pub(super) fn tell(&self, now: CollectorState) -> Stay<'_> {
        let before = std::mem::replace(&mut *self.state(), now);
        Stay { bell: self, before }
    }

    fn state(&self) -> MutexGuard<'_, CollectorState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Stay ===

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        *self.bell.state() = self.before;
    }
}
