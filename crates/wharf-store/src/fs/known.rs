//! Which directories are known to survive power loss, so that not every write syncs
//! every directory above it.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Directories (relative to the root) whose own names are durable in their parents.
///
/// The one promise: while a directory is in the set, no one has removed it through
/// this store since its parent was synced. That needs care when removals and syncs
/// overlap, so both are announced: a sync counts only if no removal of the directory,
/// or of one above it, ran at any moment between [`Known::claim`] and
/// [`Claim::confirm`]. What other processes remove is not seen here; the driver finds
/// out when it has to make the directory again. (That another process removes a
/// directory and makes it again, without syncing, between two of our writes into it, is
/// beyond us.)
#[derive(Debug, Default)]
pub(super) struct Known {
    state: Mutex<State>,
}

/// A sync of a directory's parent that is under way.
pub(super) struct Claim<'a> {
    known: &'a Known,
    directory: &'a str,
    number: u64,
}

/// A removal that is under way.
pub(super) struct Removal<'a> {
    known: &'a Known,
    path: &'a str,
}

#[derive(Debug, Default)]
struct State {
    durable: BTreeSet<String>,
    claims: Vec<Pending>,
    removals: Vec<String>,
    next: u64,
}

#[derive(Debug)]
struct Pending {
    number: u64,
    directory: String,
    tainted: bool,
}

/// Beyond this the set starts anew: a few megabytes, and a few more syncs.
const MOST: usize = 64 * 1024;

// === impl Known ===

impl Known {
    /// True when the directory is known to be durable.
    pub(super) fn contains(&self, directory: &str) -> bool {
        self.lock().durable.contains(directory)
    }

    /// Announces that the directory's parent is about to be synced.
    pub(super) fn claim<'a>(&'a self, directory: &'a str) -> Claim<'a> {
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        let tainted = state
            .removals
            .iter()
            .any(|removed| is_within(directory, removed));
        state.claims.push(Pending {
            number,
            directory: directory.to_owned(),
            tainted,
        });
        Claim {
            known: self,
            directory,
            number,
        }
    }

    /// Announces that `path`, with everything below it, is about to be removed, until
    /// the answer is dropped.
    pub(super) fn removal<'a>(&'a self, path: &'a str) -> Removal<'a> {
        let mut state = self.lock();
        state.removals.push(path.to_owned());
        for claim in state
            .claims
            .iter_mut()
            .filter(|claim| is_within(&claim.directory, path))
        {
            claim.tainted = true;
        }
        state.forget_below(path);
        Removal { known: self, path }
    }

    /// Forgets a directory, but not what is below it.
    pub(super) fn forget(&self, directory: &str) {
        self.lock().durable.remove(directory);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Claim ===

impl Claim<'_> {
    /// True when it is about this directory.
    pub(super) fn is_of(&self, directory: &str) -> bool {
        self.directory == directory
    }

    /// Says that the parent has been synced while the directory was in it.
    pub(super) fn confirm(self) {
        let mut state = self.known.lock();
        if state
            .claims
            .iter()
            .any(|claim| claim.number == self.number && !claim.tainted)
        {
            if state.durable.len() >= MOST {
                state.durable.clear();
            }
            state.durable.insert(self.directory.to_owned());
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.known
            .lock()
            .claims
            .retain(|claim| claim.number != self.number);
    }
}

// === impl Removal ===

impl Drop for Removal<'_> {
    fn drop(&mut self) {
        let mut state = self.known.lock();
        if let Some(at) = state
            .removals
            .iter()
            .position(|removed| removed == self.path)
        {
            state.removals.swap_remove(at);
        }
    }
}

// === impl State ===

impl State {
    fn forget_below(&mut self, path: &str) {
        self.durable.remove(path);
        // `0` is the character after `/`.
        let (start, end) = (format!("{path}/"), format!("{path}0"));
        let below: Vec<_> = self
            .durable
            .range::<str, _>((Bound::Included(&*start), Bound::Excluded(&*end)))
            .cloned()
            .collect();
        for directory in below {
            self.durable.remove(&directory);
        }
    }
}

/// True when `path` is `top` or below it.
fn is_within(path: &str, top: &str) -> bool {
    path.strip_prefix(top)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confirmed_directories_are_known_until_removed() {
        let known = Known::default();
        for directory in ["a", "a/b", "a/b/c", "a/bc", "a.b"] {
            known.claim(directory).confirm();
        }
        drop(known.removal("a/b"));
        let left: Vec<_> = known.lock().durable.iter().cloned().collect();
        assert_eq!(left, ["a", "a.b", "a/bc"]);
        assert!(known.lock().claims.is_empty() && known.lock().removals.is_empty());
    }

    #[test]
    fn a_removal_that_overlaps_a_sync_spoils_it() {
        let known = Known::default();
        let (claim, other) = (known.claim("a/b"), known.claim("c"));
        drop(known.removal("a"));
        claim.confirm();
        other.confirm();
        assert!(!known.contains("a/b") && known.contains("c"));

        let removal = known.removal("a");
        let claim = known.claim("a/b");
        drop(removal);
        claim.confirm();
        assert!(!known.contains("a/b"));
    }

    #[test]
    fn the_set_is_bounded() {
        let known = Known::default();
        for number in 0..=MOST {
            known.claim(&number.to_string()).confirm();
        }
        assert_eq!(known.lock().durable.len(), 1);
    }
}
