//! The manifests of a repository, and which of them need which.

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use wharf_spec::Digest;

use super::HolderKind;
use crate::collect::facts::Facts;

/// The manifests of one repository.
#[derive(Default)]
pub(super) struct Family {
    pub(super) manifests: HashMap<Digest, Facts>,
    /// Those that may go, and when.
    pub(super) going: HashMap<Digest, SystemTime>,
    /// What is about a manifest.
    pub(super) about: HashMap<Digest, Vec<Digest>>,
}

// === impl Family ===

impl Family {
    /// These stay, and what they list and what is about them, and so on; `is_new` is told of
    /// each, and says whether to go on from there.
    pub(super) fn keep(&self, roots: Vec<Digest>, is_new: &mut dyn FnMut(Digest) -> bool) {
        let mut next = roots;
        while let Some(digest) = next.pop() {
            let Some(facts) = self.manifests.get(&digest) else {
                continue;
            };
            if is_new(digest) {
                next.extend(&facts.children);
                next.extend(self.about.get(&digest).into_iter().flatten());
            }
        }
    }

    /// Until when something keeps the content.
    pub(super) fn until(&self, digest: Digest, kind: &HolderKind) -> Option<SystemTime> {
        let manifest = match kind {
            HolderKind::Revision => digest,
            HolderKind::Manifest(manifest) | HolderKind::Subject(manifest) => *manifest,
            HolderKind::LayerLink
            | HolderKind::Tag(..)
            | HolderKind::Trash
            | HolderKind::Upload(_) => return None,
        };
        self.going.get(&manifest).copied()
    }

    /// The manifests that need the content, those that need these, and so on; and the same as
    /// reasons, the nearest first, with what it is about.
    pub(super) fn above(&self, digest: Digest) -> (HashSet<Digest>, Vec<HolderKind>) {
        let mut parents: HashMap<Digest, Vec<Digest>> = HashMap::new();
        for (manifest, facts) in &self.manifests {
            for needed in facts.references() {
                parents.entry(needed).or_default().push(*manifest);
            }
        }
        let (mut above, mut kinds) = (HashSet::new(), Vec::new());
        let mut next = vec![digest];
        let mut at = 0;
        while let Some(digest) = next.get(at).copied() {
            at += 1;
            let mut found: Vec<Digest> = parents.get(&digest).cloned().unwrap_or_default();
            found.sort_unstable();
            for parent in found {
                if above.insert(parent) {
                    kinds.push(HolderKind::Manifest(parent));
                    next.push(parent);
                }
            }
            let subject = self.manifests.get(&digest).and_then(|facts| facts.subject);
            if let Some(subject) = subject
                && self.manifests.contains_key(&subject)
                && above.insert(subject)
            {
                kinds.push(HolderKind::Subject(subject));
                next.push(subject);
            }
        }
        (above, kinds)
    }
}
