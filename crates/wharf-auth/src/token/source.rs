//! Where the trusted keys come from.

use std::sync::{Arc, Mutex, PoisonError};

use super::files::Files;
use super::jwks::Entry;
use super::key::Key;
use super::remote::RemoteKeys;
use super::trusted::Trusted;
use crate::Keys;

/// Where the trusted keys come from.
pub(super) enum Source {
    /// Files of the operator's.
    Files(Arc<Files>),
    /// A URL, and perhaps a file with certificates.
    Remote(Arc<RemoteKeys>, Option<Arc<Files>>),
    /// The authorization server of this very process.
    Own(Own),
}

/// What is trusted at a moment; a token may be signed by what either has.
pub(super) struct Anchors {
    pub(super) first: Arc<Trusted>,
    pub(super) second: Option<Arc<Trusted>>,
}

/// Keys of the authorization server, as verification takes them.
pub(super) struct Own {
    keys: Arc<Keys>,
    /// Made of the keys of that generation.
    made: Mutex<Option<(u64, Arc<Trusted>)>>,
}

// === impl Source ===

impl Source {
    /// What is trusted, as of a moment ago.
    pub(super) async fn anchors(&self) -> Anchors {
        match self {
            Self::Files(files) => Anchors {
                first: files.trusted().await,
                second: None,
            },
            Self::Remote(remote, files) => Anchors {
                first: remote.trusted(),
                second: match files {
                    Some(files) => Some(files.trusted().await),
                    None => None,
                },
            },
            Self::Own(own) => Anchors {
                first: own.trusted().await,
                second: None,
            },
        }
    }
}

// === impl Anchors ===

impl Anchors {
    /// Other than before, when anything that is trusted is.
    pub(super) fn generation(&self) -> Generation {
        let second = self.second.as_ref().map(|trusted| trusted.generation);
        Generation(self.first.generation, second)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Trusted> {
        [Some(&*self.first), self.second.as_deref()]
            .into_iter()
            .flatten()
    }
}

/// Tells what is trusted at one moment from what is at another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Generation(pub(super) u64, pub(super) Option<u64>);

// === impl Own ===

impl Own {
    pub(super) fn new(keys: Arc<Keys>) -> Self {
        Self {
            keys,
            made: Mutex::default(),
        }
    }

    async fn trusted(&self) -> Arc<Trusted> {
        let ring = self.keys.ring().await;
        // No code that can panic runs under it, so it is whole even if poisoned.
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        match &*made {
            Some((generation, trusted)) if *generation == ring.generation => Arc::clone(trusted),
            Some(_) | None => {
                let keys = ring.points().filter_map(Key::from_p256);
                let entries = keys.map(|key| Entry { kid: None, key });
                let trusted = Arc::new(Trusted::new(Vec::new(), entries.collect()));
                *made = Some((ring.generation, Arc::clone(&trusted)));
                trusted
            }
        }
    }
}
