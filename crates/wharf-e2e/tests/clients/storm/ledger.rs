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
    work: Work,
}

/// Whether somebody is at a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Work {
    #[default]
    None,
    /// What an index needs may be pushed or pulled meanwhile, not deleted.
    Use,
    /// No index that needs it may be pushed meanwhile: it would find it, and then it has gone.
    Deletion,
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

    /// The turn at a slot, unless somebody else has it or deletes what it needs.
    pub(super) fn take(&self, slot: Slot, content: &Content) -> Option<Turn<'_>> {
        self.take_for(Work::Use, slot, |written| {
            let mut children = content.items[slot.item].children.iter();
            children.all(|child| {
                let child = Slot {
                    item: *child,
                    ..slot
                };
                written.entry(child).work != Work::Deletion
            })
        })
    }

    /// The turn at a slot that no index needs, or may come to need, so that it can be deleted.
    pub(super) fn take_alone(&self, slot: Slot, content: &Content) -> Option<Turn<'_>> {
        self.take_for(Work::Deletion, slot, |written| {
            let mut items = content.items.iter().enumerate();
            items.all(|(item, it)| {
                let parent = written.entry(Slot { item, ..slot });
                let is_unused = parent.work == Work::None && parent.manifest == Fate::Gone;
                is_unused || !it.children.contains(&slot.item)
            })
        })
    }

    /// What is asked of the others is true when the turn is taken: both under one lock.
    fn take_for(
        &self,
        work: Work,
        slot: Slot,
        others_allow: impl FnOnce(&Written) -> bool,
    ) -> Option<Turn<'_>> {
        let mut written = self.lock();
        let mut entry = written.entry(slot);
        if entry.work != Work::None || !others_allow(&written) {
            return None;
        }
        entry.work = work;
        written.entries.insert(slot, entry);
        Some(Turn {
            ledger: self,
            slot,
            entry,
        })
    }

    pub(super) fn entry(&self, slot: Slot) -> Entry {
        self.lock().entry(slot)
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

// === impl Written ===

impl Written {
    fn entry(&self, slot: Slot) -> Entry {
        self.entries.get(&slot).copied().unwrap_or_default()
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
        self.note(|entry| entry.work = Work::None);
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
