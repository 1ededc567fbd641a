//! What is needed, in little memory.

use std::collections::HashSet;

use wharf_spec::Digest;

/// The first bytes of a digest. Two digests that begin alike would both be kept.
pub(crate) type Prefix = [u8; 16];

/// The data that stays, by the first bytes of its digest.
#[derive(Default)]
pub(super) struct Marks {
    marked: Noted,
    by_manifests: u64,
}

/// Digests by their first bytes, and which of them are not written down yet.
#[derive(Default)]
pub(super) struct Noted {
    all: HashSet<Prefix>,
    fresh: Vec<Prefix>,
    recording: Recording,
}

#[derive(Clone, Copy, Default)]
enum Recording {
    #[default]
    Off,
    On,
}

// === impl Marks ===

impl Marks {
    /// Marks what a manifest that stays needs, or the manifest itself; true if it was not
    /// marked yet.
    pub(super) fn need(&mut self, digest: Digest) -> bool {
        let is_new = self.marked.insert(digest);
        self.by_manifests += u64::from(is_new);
        is_new
    }

    /// Marks what stays for another reason.
    pub(super) fn keep(&mut self, digest: Digest) {
        self.marked.insert(digest);
    }

    pub(super) fn contains(&self, digest: Digest) -> bool {
        self.marked.contains(digest)
    }

    /// How many were marked by [`Self::need`].
    pub(super) fn by_manifests(&self) -> u64 {
        self.by_manifests
    }

    pub(super) fn noted(&mut self) -> &mut Noted {
        &mut self.marked
    }

    /// These were marked by an interrupted run.
    pub(super) fn take_up(&mut self, marked: Vec<Prefix>, by_manifests: u64) {
        self.marked.take_up(marked);
        self.by_manifests = by_manifests;
    }
}

// === impl Noted ===

impl Noted {
    /// True if it is new.
    pub(super) fn insert(&mut self, digest: Digest) -> bool {
        let prefix = prefix(digest);
        let is_new = self.all.insert(prefix);
        match self.recording {
            Recording::On if is_new => self.fresh.push(prefix),
            Recording::On | Recording::Off => {}
        }
        is_new
    }

    pub(super) fn contains(&self, digest: Digest) -> bool {
        self.all.contains(&prefix(digest))
    }

    /// What comes from now on is to be written down.
    pub(super) fn record(&mut self) {
        self.recording = Recording::On;
    }

    /// These were written down by an interrupted run.
    pub(super) fn take_up(&mut self, noted: Vec<Prefix>) {
        self.all.extend(noted);
    }

    /// What is not written down yet.
    pub(super) fn fresh(&self) -> &[Prefix] {
        &self.fresh
    }

    /// The first ones of these are by now.
    pub(super) fn kept(&mut self, count: usize) {
        self.fresh.drain(..count.min(self.fresh.len()));
    }
}

pub(crate) fn prefix(digest: Digest) -> Prefix {
    let mut prefix = Prefix::default();
    // Every hash is longer.
    if let Some((first, _)) = digest.bytes().split_first_chunk() {
        prefix = *first;
    }
    prefix
}
