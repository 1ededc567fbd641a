//! Which appended objects are known to be durable with all their bytes, so that who publishes
//! one right after its end need not wait for it again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::disk::Stat;

/// Objects by path, each as it was when it was synced: one that looks otherwise is another, or
/// has grown.
#[derive(Debug, Default)]
pub(super) struct Durable {
    objects: Mutex<HashMap<String, Stat>>,
}

/// Beyond this it starts anew: some hundred kilobytes, and a few more syncs.
const MOST: usize = 4096;

// === impl Durable ===

impl Durable {
    /// Says that a sync covered the object, which looked like this when that began.
    pub(super) fn keep(&self, path: &str, stat: Stat) {
        let mut objects = self.lock();
        if objects.len() >= MOST {
            objects.clear();
        }
        objects.insert(path.to_owned(), stat);
    }

    /// Whether all of it is durable. It is asked once: what is published is called otherwise.
    pub(super) fn take(&self, path: &str, stat: Stat) -> bool {
        self.lock().remove(path) == Some(stat)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Stat>> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::fs::disk::Kind;

    #[test]
    fn only_what_has_not_changed_is_durable_and_once() {
        let stat = Stat {
            kind: Kind::File,
            size: 1,
            modified: SystemTime::UNIX_EPOCH,
            device: 1,
        };
        let (longer, later) = (
            Stat { size: 2, ..stat },
            Stat {
                modified: stat.modified + Duration::from_nanos(1),
                ..stat
            },
        );
        let durable = Durable::default();
        for other in [longer, later] {
            durable.keep("a", stat);
            assert!(!durable.take("a", other));
        }
        durable.keep("a", stat);
        assert!(!durable.take("b", stat));
        assert!(durable.take("a", stat));
        assert!(!durable.take("a", stat));
    }

    #[test]
    fn it_is_bounded() {
        let stat = Stat {
            kind: Kind::File,
            size: 1,
            modified: SystemTime::UNIX_EPOCH,
            device: 1,
        };
        let durable = Durable::default();
        for number in 0..=MOST {
            durable.keep(&number.to_string(), stat);
        }
        assert_eq!(durable.lock().len(), 1);
    }
}
