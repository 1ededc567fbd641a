//! Whose turn it is to write to an upload.
//!
//! A client whose connection broke comes back before the server has noticed: the newer
//! request must win, and the older one must have stopped writing before it does.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;
use wharf_spec::{RepositoryName, UploadId};

use crate::{Error, Result};

type Name = (RepositoryName, UploadId);

/// The uploads that a request writes to, or waits for, at this moment.
#[derive(Clone, Default)]
pub(crate) struct Sessions {
    // Guards the map only; a turn is waited for outside of it.
    active: Arc<Mutex<HashMap<Name, Arc<Slot>>>>,
}

/// The right to write to an upload, until it is dropped.
pub(crate) struct Turn {
    sessions: Sessions,
    name: Name,
    revocation: CancellationToken,
    guard: Option<OwnedMutexGuard<()>>,
    // `None` only while dropping.
    slot: Option<Arc<Slot>>,
}

#[derive(Default)]
struct Slot {
    turn: Arc<tokio::sync::Mutex<()>>,
    // Guards the newest request's token.
    newest: Mutex<CancellationToken>,
}

// === impl Sessions ===

impl Sessions {
    pub(super) async fn enter(&self, repository: &RepositoryName, id: &UploadId) -> Result<Turn> {
        let name = (repository.clone(), id.clone());
        let slot = Arc::clone(self.lock().entry(name.clone()).or_default());
        let revocation = CancellationToken::new();
        let older = std::mem::replace(
            &mut *slot.newest.lock().unwrap_or_else(PoisonError::into_inner),
            revocation.clone(),
        );
        older.cancel();
        let waiting = Arc::clone(&slot.turn).lock_owned();
        let mut turn = Turn {
            sessions: self.clone(),
            name,
            revocation,
            guard: None,
            slot: Some(slot),
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(guard) => {
                turn.guard = Some(guard);
                Ok(turn)
            }
            Err(_) => Err(Error::UploadBusy(id.clone())),
        }
    }

    /// The turn, if nobody has it or waits for it. It cannot be taken away: later requests
    /// wait.
    pub(crate) fn enter_if_free(&self, repository: &RepositoryName, id: &UploadId) -> Option<Turn> {
        let name = (repository.clone(), id.clone());
        let slot = Arc::new(Slot::default());
        // Nobody else knows of it yet.
        let guard = Arc::clone(&slot.turn).try_lock_owned().ok()?;
        let mut active = self.lock();
        match active.entry(name.clone()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => {
                place.insert(Arc::clone(&slot));
                Some(Turn {
                    sessions: self.clone(),
                    name,
                    revocation: CancellationToken::new(),
                    guard: Some(guard),
                    slot: Some(slot),
                })
            }
        }
    }

    /// How many uploads there are of which somebody has, or wants, the turn.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Name, Arc<Slot>>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Turn ===

impl Turn {
    /// Returns when a later request wants the turn.
    pub(super) async fn revoked(&self) {
        self.revocation.cancelled().await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.guard.take());
        let mut active = self.sessions.lock();
        // Under the lock: of two turns that end at once, one must see that it is the last.
        drop(self.slot.take());
        // One owner, the map: nobody waits, and nobody can start to while it is locked.
        if active
            .get(&self.name)
            .is_some_and(|slot| Arc::strong_count(slot) == 1)
        {
            active.remove(&self.name);
        }
    }
}

/// How long a request waits for an older one to finish its write to the disk.
const PATIENCE: Duration = Duration::from_secs(30);
