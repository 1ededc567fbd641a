//! What is read, and which mirrors gave some of it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use wharf_spec::{Digest, RepositoryName};

use crate::registry::RegistryClient;

/// A blob that is read. Clones count the same mirrors.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) client: RegistryClient,
    pub(super) repository: RepositoryName,
    pub(super) digest: Digest,
    /// Its size in bytes, as far as the one who reads it knows.
    pub(super) size: Option<u64>,
    /// The numbers of the mirrors that bytes came from.
    mirrors: Arc<Mutex<BTreeSet<usize>>>,
}

// === impl Wanted ===

impl Wanted {
    pub(super) fn new(
        client: RegistryClient,
        repository: RepositoryName,
        digest: Digest,
        size: Option<u64>,
    ) -> Self {
        Self {
            client,
            repository,
            digest,
            size,
            mirrors: Arc::default(),
        }
    }

    /// Its name, for errors.
    pub(super) fn what(&self) -> String {
        self.client.what_blob(&self.repository, &self.digest)
    }

    /// Notes that this server answers, if it is a mirror.
    pub(super) fn note(&self, server: usize) {
        if server < self.client.mirrors().len() {
            self.lock().insert(server);
        }
    }

    /// The mirrors that were noted so far, which are forgotten.
    pub(super) fn take_mirrors(&self) -> BTreeSet<usize> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<usize>> {
        self.mirrors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
