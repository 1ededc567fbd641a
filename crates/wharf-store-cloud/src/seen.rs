//! What this process knows of the [`clock`](crate::clock), and since when: so that it need not
//! be asked before something is written, only after.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use uuid::Uuid;
use wharf_store::StorePath;

use crate::clock::Record;

#[derive(Default)]
pub(crate) struct Seen(Mutex<Option<Sight>>);

struct Sight {
    asked: Option<Uuid>,
    /// When this process first knew that nobody has asked for the time since.
    at: Instant,
    /// Sweeps that are known to be over: what one that is under way will have done is not
    /// known.
    over: u64,
    /// When this process last heard of a sweep of a path, for those since `at`.
    swept: HashMap<String, Instant>,
}

// === impl Seen ===

impl Seen {
    pub(crate) fn is_new(&self) -> bool {
        self.lock().is_none()
    }

    /// To be told of each reading, right after it. An old one that comes late does no harm.
    pub(crate) fn see(&self, record: &Record) {
        let now = Instant::now();
        let mut seen = self.lock();
        match &mut *seen {
            Some(sight) if sight.asked == record.asked => sight.hear(record, now),
            _ => *seen = Some(Sight::new(record, now)),
        }
    }

    /// Whether a sweep may have taken away what was begun to be written or touched then.
    pub(crate) fn may_have_gone(&self, path: &StorePath, begun: Instant) -> bool {
        self.lock().as_ref().is_none_or(|sight| {
            let swept = sight.swept.get(path.as_str());
            begun <= sight.at || swept.is_some_and(|at| begun <= *at)
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Sight>> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Sight ===

impl Sight {
    fn new(record: &Record, now: Instant) -> Self {
        Self {
            asked: record.asked,
            at: now,
            over: over(record),
            swept: HashMap::new(),
        }
    }

    fn hear(&mut self, record: &Record, now: Instant) {
        let told = u64::try_from(record.recent.len()).unwrap_or(u64::MAX);
        let before = record.sweeps.saturating_sub(told);
        let unheard = record.sweeps.saturating_sub(self.over).min(told);
        if before > self.over || self.swept.len() > MOST_SWEPT {
            // What was removed meanwhile is not told any more, or not remembered.
            self.at = now;
            self.swept.clear();
        }
        let newest = record.recent.iter().rev();
        let unheard = usize::try_from(unheard).unwrap_or(usize::MAX);
        for path in newest.take(unheard) {
            self.swept.insert(path.clone(), now);
        }
        self.over = self.over.max(over(record));
    }
}

/// Sweeps that have ended.
fn over(record: &Record) -> u64 {
    let under_way = u64::from(record.sweep.is_some());
    record.sweeps.saturating_sub(under_way)
}

/// Paths that are remembered.
const MOST_SWEPT: usize = 4 << 10;
