//! What this process has touched lately: a client that asks again and again whether something
//! is there costs a touch only now and then.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, SystemTime};

use quick_cache::sync::Cache;
use wharf_store::StorePath;

/// When objects were last touched, by what their paths hash to. The hashes are keyed, so that
/// nobody can choose two names that are taken for one.
pub(crate) struct Touched {
    keys: (RandomState, RandomState),
    /// Nothing where every touch is to be made.
    moments: Option<Cache<(u64, u64), SystemTime>>,
    /// A touch is good for so long.
    lasts: Duration,
}

// === impl Touched ===

impl Touched {
    /// Touches that are renewed often enough for collections with that grace.
    pub(crate) fn for_grace(grace: Duration) -> Self {
        Self {
            keys: <_>::default(),
            moments: (!grace.is_zero()).then(|| Cache::new(MOST)),
            lasts: grace / PER_GRACE,
        }
    }

    /// True if the object need not be touched again. The clock may have been put back.
    pub(crate) fn is_recent(&self, path: &StorePath) -> bool {
        let moments = self.moments.as_ref();
        let moment = moments.and_then(|moments| moments.get(&self.key(path)));
        let passed = moment.and_then(|moment| moment.elapsed().ok());
        passed.is_some_and(|passed| passed < self.lasts)
    }

    /// Notes that it was touched after `moment`.
    pub(crate) fn note(&self, path: &StorePath, moment: SystemTime) {
        if let Some(moments) = &self.moments {
            moments.insert(self.key(path), moment);
        }
    }

    /// It may have gone.
    pub(crate) fn forget(&self, path: &StorePath) {
        if let Some(moments) = &self.moments {
            moments.remove(&self.key(path));
        }
    }

    fn key(&self, path: &StorePath) -> (u64, u64) {
        let (one, other) = &self.keys;
        (one.hash_one(path.as_str()), other.hash_one(path.as_str()))
    }
}

/// Objects that are remembered.
const MOST: usize = 64 << 10;
/// How often an object that is asked for all the time is touched while one grace passes.
const PER_GRACE: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_touch_is_renewed_in_time_and_memory_is_bounded() {
        let touched = Touched::for_grace(Duration::from_secs(80));
        let path = |number: usize| StorePath::new(format!("a/{number}")).unwrap();
        let now = SystemTime::now();
        for (ago, recent) in [(0, true), (9, true), (11, false)] {
            touched.note(&path(0), now - Duration::from_secs(ago));
            assert_eq!(touched.is_recent(&path(0)), recent, "{ago}");
        }
        touched.note(&path(0), now + Duration::from_secs(100));
        assert!(!touched.is_recent(&path(0)) && !touched.is_recent(&path(1)));
        for number in 0..MOST * 2 {
            touched.note(&path(number), now);
        }
        let kept = touched.moments.as_ref().unwrap().len();
        assert!(kept > 0 && kept <= MOST, "{kept}");

        let never = Touched::for_grace(Duration::ZERO);
        never.note(&path(0), now);
        assert!(!never.is_recent(&path(0)) && never.moments.is_none());
    }
}
