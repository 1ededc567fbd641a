//! What is to be told of an answer when its last byte has been sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::exchange::Story;
use crate::metrics::Measured;
use crate::observer::Told;

/// Counts the bytes of an answer as the connection takes them. Whoever holds them has a
/// share in it; with the last share the answer is over, however it ended.
#[derive(Clone, Default)]
pub(crate) struct Account(Option<Arc<Mutex<State>>>);

/// Who wants to be told.
pub(crate) struct Entries {
    pub(crate) story: Option<Box<Story>>,
    pub(crate) measured: Option<Measured>,
    pub(crate) told: Option<Box<Told>>,
}

struct State {
    entries: Entries,
    sent: u64,
}

// === impl Account ===

impl Account {
    /// Tells all of `entries`; costs nothing if there are none.
    pub(crate) fn of(entries: Entries) -> Self {
        let nobody =
            entries.story.is_none() && entries.measured.is_none() && entries.told.is_none();
        Self((!nobody).then(|| Arc::new(Mutex::new(State { entries, sent: 0 }))))
    }

    /// The connection has taken that many bytes.
    pub(crate) fn sent(&self, bytes: usize) {
        if let Some(mut state) = self.state() {
            let bytes = bytes as u64;
            state.sent += bytes;
            if let Some(measured) = &mut state.entries.measured {
                measured.sent(bytes);
            }
            if let Some(told) = &mut state.entries.told {
                told.sent(bytes);
            }
        }
    }

    fn state(&self) -> Option<MutexGuard<'_, State>> {
        let state = self.0.as_deref()?;
        Some(state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some(story) = &self.entries.story {
            story.write(self.sent);
        }
    }
}
