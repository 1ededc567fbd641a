//! What could not be forgotten when it had to be.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wharf_registry::Gone;

/// A bounded number of things.
#[derive(Default)]
pub(crate) struct Owed(Mutex<State>);

#[derive(Default)]
struct State {
    all: BTreeSet<Gone>,
    /// Somebody sees to it.
    is_paid: bool,
}

// === impl Owed ===

impl Owed {
    /// Whether it is among them.
    pub(crate) fn has(&self, gone: &Gone) -> bool {
        let state = self.lock();
        !state.all.is_empty() && state.all.contains(gone)
    }

    /// Puts it among them; true if the caller has to see to them from now on.
    pub(crate) fn add(&self, gone: Gone) -> bool {
        let mut state = self.lock();
        if state.all.len() < MOST {
            state.all.insert(gone);
        } else if !state.all.contains(&gone) {
            tracing::warn!(
                "Redis: more was removed than can be kept in mind: what it says of layers may be \
                 outdated, so empty it (FLUSHDB) before another registry believes it"
            );
        }
        !std::mem::replace(&mut state.is_paid, true)
    }

    /// One of them, which stays; nothing ends the caller's duty.
    pub(crate) fn next(&self) -> Option<Gone> {
        let mut state = self.lock();
        let next = state.all.first().cloned();
        state.is_paid = next.is_some();
        next
    }

    /// It is forgotten.
    pub(crate) fn pay(&self, gone: &Gone) {
        self.lock().all.remove(gone);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Some megabytes.
const MOST: usize = 10_000;
