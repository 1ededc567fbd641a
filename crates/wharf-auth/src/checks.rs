//! Work that takes a core for a while: off the threads that answer requests, a few at a time,
//! and bounded in those that wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Unknown;

/// Passwords that are being checked.
pub(crate) struct Checks {
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

/// The right to check one. It goes with the work, not with the request: a client that hangs up
/// does not stop the work, and must not make room for more of it.
#[must_use]
pub(crate) struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
    _place: Place,
}

// === impl Checks ===

impl Checks {
    /// As many at a time as there are cores.
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            turns: Arc::new(Semaphore::new(cores)),
            waiting: Arc::default(),
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// When too many wait already.
    pub(crate) async fn turn(&self) -> Result<Turn, Unknown> {
        let place = Place::take(&self.waiting)?;
        // It is never closed.
        let permit = Arc::clone(&self.turns).acquire_owned().await.ok();
        Ok(Turn {
            _permit: permit,
            _place: place,
        })
    }
}

/// One of a bounded number that wait or are checked.
struct Place(Arc<AtomicUsize>);

// === impl Place ===

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Result<Self, Unknown> {
        let place = Self(Arc::clone(waiting));
        if waiting.fetch_add(1, Ordering::AcqRel) < WAITING {
            Ok(place)
        } else {
            Err(Unknown::Busy)
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Passwords that may wait: more would wait longer than their clients.
const WAITING: usize = 64;
