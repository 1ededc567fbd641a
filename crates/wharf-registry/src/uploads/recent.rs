//! Uploads that this process has just begun or gone on with: most clients go on at once, and then
//! it need not be looked up that there is such an upload, and how it is hashed.

use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use wharf_spec::{Algorithm, RepositoryName, UploadId};

/// Those of a registry.
pub(crate) struct Recent(Cache<(RepositoryName, UploadId), (Seen, Instant)>);

/// What was known of it then.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    /// By which algorithm it is hashed.
    pub(super) algorithm: Algorithm,
    /// How many bytes it had.
    pub(super) size: u64,
}

// === impl Recent ===

impl Recent {
    /// This one is there now.
    pub(super) fn note(&self, name: &RepositoryName, id: &UploadId, seen: Seen) {
        let key = (name.clone(), id.clone());
        self.0.insert(key, (seen, Instant::now()));
    }

    /// How it was, if it is one; that is told once.
    pub(super) fn take(&self, name: &RepositoryName, id: &UploadId) -> Option<Seen> {
        let (_, (seen, at)) = self.0.remove(&(name.clone(), id.clone()))?;
        (at.elapsed() < RECENT).then_some(seen)
    }
}

impl Default for Recent {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

/// Another process may have ended it meanwhile.
const RECENT: Duration = Duration::from_secs(10);
/// Uploads that are remembered.
const MOST: usize = 4 << 10;
