//! Things that several tests use at the same time and that must be gone after the last one.

use std::sync::{Arc, Mutex, PoisonError, Weak};

/// One `T` for all who hold it at a time. A `static T` would never be dropped, and a daemon
/// that is never dropped is never stopped.
pub struct Shared<T> {
    current: Mutex<Weak<T>>,
}

impl<T> Shared<T> {
    /// For a `static`.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            current: Mutex::new(Weak::new()),
        }
    }

    /// The one that others hold, else a new one.
    pub fn get_or_start(&self, start: impl FnOnce() -> T) -> Arc<T> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.upgrade().unwrap_or_else(|| {
            let started = Arc::new(start());
            *current = Arc::downgrade(&started);
            started
        })
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self::new()
    }
}
