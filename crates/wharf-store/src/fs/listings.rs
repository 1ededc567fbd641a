//! Listings that are kept as long as the directory shows that they are still true.
//!
//! Whoever adds, removes or renames a name in a directory, in whatever process, holds the
//! directory's lock while both the names and its times change. So a listing whose directory
//! has the times that it had both before and after it was read is complete, and it is still
//! true while the directory has them: asking costs one look at the directory.
//!
//! Times do not tell apart what happens within one of their steps: a name that is added
//! right after the listing may leave the time as it is. A listing is therefore kept only if
//! its directory had not been changed for some time when it was read, as git does with its
//! index: any later change has another time then. (Linux takes these times from a clock that
//! steps with the timer, every 1 to 10 ms, or, since 6.13, from a finer one if somebody has
//! looked; in between nothing goes backwards. Where they are of whole seconds, or of two, the
//! nanoseconds are 0.) A clock that was set back may make a directory younger than now: not
//! kept. That it is set back just so that a later change gets the same nanosecond is left
//! out. What sets the times of a directory, as `touch` and `rsync` do, cannot set `ctime`.
//!
//! Where the kernel tells of changes ([`watch`](super::watch)), a listing that is asked for again
//! is kept under a seal, and need not even be looked at while that holds.
//!
//! What a symbolic link stands for changes without the directory: listings with links are
//! not kept. Nor are those of filesystems on which others may write (`Disk::stamp`).

use std::time::{Duration, Instant, SystemTime};

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::disk::Stamp;
use super::facts::AGAIN;
use super::watch::Seal;
use crate::{Listing, StorePath};

/// Listings with the stamps of their directories, up to a bound in bytes.
pub(super) struct Listings(Option<Cache<StorePath, Kept, Weight>>);

#[derive(Clone)]
struct Kept {
    stamp: Stamp,
    sealing: Sealing,
    listing: Listing,
}

/// Whether the kernel tells of changes of a directory.
#[derive(Clone)]
pub(super) enum Sealing {
    /// Nobody has asked.
    Untried,
    /// It does, as long as the seal holds.
    Sealed(Seal),
    /// It could not then.
    Failed(Instant),
}

/// What is known of a directory that has a certain stamp.
pub(super) enum Known {
    /// Its listing.
    Listing(Listing),
    /// Its listing, which is worth to be kept under a seal.
    Unsealed(Listing),
    Nothing,
}

#[derive(Clone)]
struct Weight;

// === impl Listings ===

impl Listings {
    /// Room for `bytes`; for nothing, if that is 0.
    pub(super) fn new(bytes: u64) -> Self {
        let cache = || {
            let estimated = usize::try_from(bytes / TYPICAL).unwrap_or(usize::MAX);
            // Not divided: one listing may take all of the room.
            let options = quick_cache::OptionsBuilder::new()
                .estimated_items_capacity(estimated)
                .weight_capacity(bytes)
                .shards(1)
                .build()
                .ok()?;
            Some(Cache::with_options(
                options,
                Weight,
                quick_cache::DefaultHashBuilder::default(),
                quick_cache::sync::DefaultLifecycle::default(),
            ))
        };
        Self((bytes > 0).then(cache).flatten())
    }

    /// True when asking for a stamp may be worth the while.
    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// The listing, if it is kept and the directory has this stamp now.
    pub(super) fn get(&self, path: &str, stamp: Stamp) -> Known {
        match self.0.as_ref().and_then(|cache| cache.get(path)) {
            Some(kept) if kept.stamp == stamp && kept.sealing.is_due() => {
                Known::Unsealed(kept.listing)
            }
            Some(kept) if kept.stamp == stamp => Known::Listing(kept.listing),
            Some(_) | None => Known::Nothing,
        }
    }

    /// The listing, if it is kept under a seal that holds.
    pub(super) fn get_sealed(&self, path: &str) -> Option<Listing> {
        let kept = self.0.as_ref()?.get(path)?;
        kept.sealing.holds().then_some(kept.listing)
    }

    /// Keeps a listing that was read while its directory had this stamp, and that is under a
    /// seal if the directory had the stamp after that was taken.
    pub(super) fn keep(&self, path: &StorePath, stamp: Stamp, sealing: Sealing, listing: &Listing) {
        if let Some(cache) = &self.0 {
            let listing = listing.clone();
            let kept = Kept {
                stamp,
                sealing,
                listing,
            };
            cache.insert(path.clone(), kept);
        }
    }
}

impl Weighter<StorePath, Kept> for Weight {
    fn weight(&self, path: &StorePath, kept: &Kept) -> u64 {
        (OVERHEAD + path.as_str().len() + kept.listing.weight()) as u64
    }
}

// === impl Sealing ===

impl Sealing {
    fn holds(&self) -> bool {
        match self {
            Self::Sealed(seal) => seal.holds(),
            Self::Untried | Self::Failed(_) => false,
        }
    }

    fn is_due(&self) -> bool {
        match self {
            Self::Untried => true,
            Self::Sealed(seal) => !seal.holds(),
            Self::Failed(then) => then.elapsed() > AGAIN,
        }
    }
}

// === impl Stamp ===

impl Stamp {
    /// True when the last change of the directory was long enough before `now` for every
    /// change after it to have another time.
    #[must_use]
    pub fn is_settled(&self, now: SystemTime) -> bool {
        let of_seconds = self.modified.1 == 0 && self.changed.1 == 0;
        let step = if of_seconds { SECONDS } else { TICKS };
        [self.modified, self.changed]
            .into_iter()
            .all(|(seconds, nanos)| {
                let since = u64::try_from(seconds).unwrap_or_default();
                SystemTime::UNIX_EPOCH
                    .checked_add(Duration::new(since, nanos))
                    .and_then(|last| now.duration_since(last).ok())
                    .is_some_and(|age| age > step)
            })
    }
}

/// Longer than a step of the clock, and the distance between that clock and ours.
const TICKS: Duration = Duration::from_millis(50);
/// Longer than the longest step of any filesystem's times (FAT: two seconds).
const SECONDS: Duration = Duration::from_secs(3);
/// Bytes of a listing of a repository's directory, which most are.
const TYPICAL: u64 = 512;
/// Bytes that an entry costs beside its path and its listing.
const OVERHEAD: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(modified: (i64, u32), changed: (i64, u32)) -> Stamp {
        Stamp {
            device: 1,
            inode: 2,
            modified,
            changed,
        }
    }

    fn at(seconds: u64, millis: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(millis)
    }

    fn is_kept(listings: &Listings, path: &StorePath) -> bool {
        let known = listings.get(path.as_str(), stamp((1, 1), (1, 1)));
        matches!(known, Known::Unsealed(_))
    }

    #[test]
    fn a_fresh_change_is_not_settled() {
        let change = stamp((100, 1), (100, 1));
        for (now, settled) in [
            (at(99, 0), false),
            (at(100, 0), false),
            (at(100, 50), false),
            (at(100, 51), true),
        ] {
            assert_eq!(change.is_settled(now), settled, "{now:?}");
        }
    }

    #[test]
    fn whole_seconds_and_times_that_were_set_take_longer() {
        assert!(!stamp((100, 0), (100, 0)).is_settled(at(102, 999)));
        assert!(stamp((100, 0), (100, 0)).is_settled(at(103, 1)));
        assert!(!stamp((5, 0), (100, 7)).is_settled(at(100, 49)));
        assert!(stamp((5, 0), (100, 7)).is_settled(at(100, 51)));
        assert!(!stamp((500, 0), (100, 7)).is_settled(at(101, 0)));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let names = (0..100).map(|name| (format!("{name:050}"), crate::EntryKind::Object));
        let listing = Listing::new(names.collect());
        let listings = Listings::new(64 << 10);
        let stamp = stamp((1, 1), (1, 1));
        let path = |number: usize| StorePath::new(format!("{number}")).unwrap();
        for number in 0..1000 {
            listings.keep(&path(number), stamp, Sealing::Untried, &listing);
        }
        let kept = (0..1000).filter(|number| is_kept(&listings, &path(*number)));
        let kept = kept.count();
        assert!(kept > 0 && kept * listing.weight() <= 64 << 10, "{kept}");
        assert!(!is_kept(&Listings::new(0), &path(1)));
    }

    #[test]
    fn one_listing_may_take_most_of_the_room() {
        let names = (0..1000).map(|name| (format!("{name:050}"), crate::EntryKind::Object));
        let listing = Listing::new(names.collect());
        let listings = Listings::new(listing.weight() as u64 * 5 / 4);
        let (path, stamp) = (StorePath::new("a").unwrap(), stamp((1, 1), (1, 1)));
        listings.keep(&path, stamp, Sealing::Untried, &listing);
        assert!(is_kept(&listings, &path));
    }
}
