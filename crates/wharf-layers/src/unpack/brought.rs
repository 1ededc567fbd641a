//! What the layer that is being applied has brought: its own whiteouts do not hide that.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// Paths, as they are after symbolic links. Two hashes, whose keys no image knows, stand for
/// each, so that the longest names need no more memory than short ones.
#[derive(Default)]
pub(super) struct Brought {
    keys: (RandomState, RandomState),
    paths: HashSet<(u64, u64)>,
}

// === impl Brought ===

impl Brought {
    pub(super) fn add(&mut self, path: &[u8]) {
        self.paths.insert(self.hash(path));
    }

    pub(super) fn has(&self, path: &[u8]) -> bool {
        !self.paths.is_empty() && self.paths.contains(&self.hash(path))
    }

    fn hash(&self, path: &[u8]) -> (u64, u64) {
        (self.keys.0.hash_one(path), self.keys.1.hash_one(path))
    }
}
