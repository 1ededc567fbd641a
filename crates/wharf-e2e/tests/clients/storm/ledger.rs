//! What was acknowledged and not deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::content::Content;

pub(super) const REPOSITORIES: [&str; 3] = ["storm/red", "storm/red/nested", "storm/blue"];

/// An item in a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) repository: usize,
    pub(super) item: usize,
}

/// What a registry has to say of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fate {
    #[default]
    Gone,
    There,
    /// The answer was cut off: either is right.
    Either,
}

/// What is known of a slot.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    pub(super) manifest: Fate,
    pub(super) tag: Fate,
    /// Somebody is at it.
    busy: bool,
}

/// The whole of it.
#[derive(Default)]
pub(super) struct Ledger {
    state: Mutex<Written>,
}

#[derive(Default)]
struct Written {
    entries: BTreeMap<Slot, Entry>,
    /// Uploads that were acknowledged as finished, by repository and id.
    finished: BTreeSet<String>,
    losses: Vec<String>,
    surprises: Vec<String>,
    counts: BTreeMap<&'static str, u64>,
}

/// The right to change what is known of a slot.
pub(super) struct Turn<'a> {
    ledger: &'a Ledger,
    pub(super) slot: Slot,
    pub(super) entry: Entry,
}

// === impl Ledger ===

impl Ledger {
    fn lock(&self) -> MutexGuard<'_, Written> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn at a slot, unless somebody else has it.
    pub(super) fn take(&self, slot: Slot) -> Option<Turn<'_>> {
        let mut written = self.lock();
        let entry = written.entries.entry(slot).or_default();
        if entry.busy {
            return None;
        }
        entry.busy = true;
        let entry = *entry;
        Some(Turn {
            ledger: self,
            slot,
            entry,
        })
    }

    /// The turn at a slot that no index needs, or may come to need, so that it can be deleted.
    pub(super) fn take_alone(&self, slot: Slot, content: &Content) -> Option<Turn<'_>> {
        let turn = self.take(slot)?;
        let needed = content.items.iter().enumerate().any(|(item, it)| {
            let parent = Slot { item, ..slot };
            it.children.contains(&slot.item) && {
                let entry = self.entry(parent);
                entry.busy || entry.manifest != Fate::Gone
            }
        });
        (!needed).then_some(turn)
    }

    pub(super) fn entry(&self, slot: Slot) -> Entry {
        self.lock().entries.get(&slot).copied().unwrap_or_default()
    }

    pub(super) fn finished(&self, upload: String) {
        self.lock().finished.insert(upload);
    }

    pub(super) fn finished_uploads(&self) -> BTreeSet<String> {
        self.lock().finished.clone()
    }

    pub(super) fn count(&self, what: &'static str) {
        *self.lock().counts.entry(what).or_default() += 1;
    }

    pub(super) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.lock().counts.clone()
    }

    /// Something acknowledged is not there, or is something else.
    #[expect(clippy::print_stdout, reason = "whoever waits wants to see it")]
    pub(super) fn lost(&self, what: String) {
        println!("LOST {what}");
        self.lock().losses.push(what);
    }

    /// An answer that no right server gives.
    #[expect(clippy::print_stdout, reason = "whoever waits wants to see it")]
    pub(super) fn surprise(&self, what: String) {
        println!("SURPRISE {what}");
        self.lock().surprises.push(what);
    }

    pub(super) fn losses(&self) -> Vec<String> {
        self.lock().losses.clone()
    }

    pub(super) fn surprises(&self) -> Vec<String> {
        self.lock().surprises.clone()
    }
}

// === impl Turn ===

impl Turn<'_> {
    /// What is known from now on.
    pub(super) fn note(&mut self, change: impl FnOnce(&mut Entry)) {
        change(&mut self.entry);
        self.ledger.lock().entries.insert(self.slot, self.entry);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.note(|entry| entry.busy = false);
    }
}

// === impl Slot ===

impl Slot {
    pub(super) fn name(self) -> &'static str {
        REPOSITORIES[self.repository]
    }

    pub(super) fn tag(self) -> String {
        format!("t{}", self.item)
    }
}
