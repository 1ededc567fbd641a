//! Telling somebody what the cache does: for metrics.

/// Learns what a cache does. It is asked on the way: it must not block.
pub trait CacheObserver: Send + Sync + 'static {
    /// Somebody wanted a blob, and this was found.
    fn answered(&self, answered: Answered);

    /// A fill is over, of which so many bytes had come.
    fn filled(&self, end: FillEnd, bytes: u64);

    /// So many bytes are in the cache, those included for which there is to be room.
    fn stands(&self, bytes: u64);
}

/// Where somebody has a blob from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answered {
    /// It is here.
    Hit,
    /// It comes here for somebody else.
    Joined,
    /// It comes here for them.
    Began,
    /// From the store: it is large, or there is no room, or too much is coming already, or only
    /// a part of it is wanted.
    Passed,
}

/// How a fill ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FillEnd {
    /// The blob is here.
    Kept,
    /// The store did not send all of it, or the process ends.
    Broken,
    /// What the store sent has another digest.
    Wrong,
    /// The disk did not take it.
    Disk,
}

/// Nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

// === impl Unobserved ===

impl CacheObserver for Unobserved {
    fn answered(&self, _: Answered) {}

    fn filled(&self, _: FillEnd, _: u64) {}

    fn stands(&self, _: u64) {}
}
