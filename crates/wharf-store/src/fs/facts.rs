//! What small files hold, and sizes of others, known as long as the kernel tells of no change
//! ([`watch`](super::watch)): a link that is read for every pull costs one system call then, not
//! four.
//!
//! What is asked for once may never be asked for again: a fact is kept from the second time on.

use std::time::{Duration, Instant};

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::now;
use super::tree::{Tree, parent};
use super::watch::{Seal, Watch};
use crate::{Result, StoreError, StorePath};

/// What is known of files, up to a bound in bytes.
pub(super) struct Facts(Option<Cache<StorePath, Fact, Weight>>);

#[derive(Clone)]
enum Fact {
    /// Somebody has asked for it.
    Asked,
    /// The kernel cannot tell of its changes.
    Untold,
    /// It could not then.
    Failed(Instant),
    Known {
        seal: Seal,
        known: Known,
    },
}

#[derive(Clone)]
enum Known {
    Content(Bytes),
    Size(u64),
}

/// The answer to a question for a fact.
pub(super) enum Told<T> {
    /// It is this, now.
    Known(T),
    /// It is worth to be learnt: it is asked for again.
    Wanted,
    /// Whoever wants to know has to look, and to say so if something was there.
    New,
    /// Whoever wants to know has to look.
    Unknown,
}

#[derive(Clone)]
struct Weight;

// === impl Facts ===

impl Facts {
    /// Room for `bytes`; for nothing, if that is 0.
    pub(super) fn new(bytes: u64) -> Self {
        let cache = || {
            let estimated = usize::try_from(bytes / TYPICAL).unwrap_or(usize::MAX);
            Cache::with_weighter(estimated, bytes, Weight)
        };
        Self((bytes > 0).then(cache))
    }

    fn ask(&self, path: &StorePath, watch: Option<&Watch>) -> Told<Known> {
        let Some(cache) = &self.0 else {
            return Told::Unknown;
        };
        match cache.get(path) {
            Some(Fact::Known { seal, known }) => {
                if watch.is_some_and(|watch| watch.says(&seal)) {
                    Told::Known(known)
                } else {
                    Told::New
                }
            }
            Some(Fact::Asked) => Told::Wanted,
            Some(Fact::Failed(then)) if then.elapsed() > AGAIN => Told::Wanted,
            Some(Fact::Untold | Fact::Failed(_)) => Told::Unknown,
            None => Told::New,
        }
    }

    /// Somebody has looked at the object.
    pub(super) fn was_asked_for(&self, path: &StorePath) {
        self.keep(path, Some(Fact::Asked));
    }

    fn keep(&self, path: &StorePath, fact: Option<Fact>) {
        match (&self.0, fact) {
            (Some(cache), Some(fact)) => cache.insert(path.clone(), fact),
            (Some(cache), None) => _ = cache.remove(path),
            (None, _) => {}
        }
    }
}

// === impl Tree ===

impl Tree {
    /// What the object holds, if that is known.
    pub(super) fn known_content(
        &self,
        facts: &Facts,
        path: &StorePath,
        limit: u64,
    ) -> Told<Result<Bytes>> {
        match facts.ask(path, self.watch_so_far()) {
            Told::Known(Known::Content(content)) => {
                let size = content.len() as u64;
                Told::Known(StoreError::unless_within(limit, size, path).map(|()| content))
            }
            Told::Known(Known::Size(_)) | Told::Unknown => Told::Unknown,
            Told::Wanted => Told::Wanted,
            Told::New => Told::New,
        }
    }

    /// The size of the object, if that is known.
    pub(super) fn known_size(&self, facts: &Facts, path: &StorePath) -> Told<u64> {
        match facts.ask(path, self.watch_so_far()) {
            Told::Known(Known::Content(content)) => Told::Known(content.len() as u64),
            Told::Known(Known::Size(size)) => Told::Known(size),
            Told::Wanted => Told::Wanted,
            Told::New => Told::New,
            Told::Unknown => Told::Unknown,
        }
    }

    /// Learns what there is to know of the object. May wait for the disk.
    pub(super) fn learn(&self, facts: &Facts, path: &StorePath) {
        facts.keep(path, self.fact(path));
    }

    /// Nothing if there is no object. The seal comes first: what changes from then on breaks it.
    fn fact(&self, path: &StorePath) -> Option<Fact> {
        let Some(watch) = self.watch() else {
            return Some(Fact::Untold);
        };
        let Some(seal) = watch.seal(parent(path.as_str())) else {
            return Some(Fact::Failed(Instant::now()));
        };
        if now::is_told_of(&self.at(path.as_str())) {
            let known = self.look_at(path)?;
            Some(Fact::Known { seal, known })
        } else {
            Some(Fact::Untold)
        }
    }

    fn look_at(&self, path: &StorePath) -> Option<Known> {
        let size = self.object(path).ok()?.size;
        if size > SMALL {
            return Some(Known::Size(size));
        }
        self.read(path, SMALL).ok().map(Known::Content)
    }
}

impl Weighter<StorePath, Fact> for Weight {
    fn weight(&self, path: &StorePath, fact: &Fact) -> u64 {
        let content = match fact {
            Fact::Known {
                known: Known::Content(content),
                ..
            } => content.len(),
            Fact::Known { .. } | Fact::Asked | Fact::Untold | Fact::Failed(_) => 0,
        };
        (OVERHEAD + path.as_str().len() + content) as u64
    }
}

/// Bytes of a file whose content is known, and not its size alone: links have at most 135.
const SMALL: u64 = 512;
/// After so long it is tried again whether the kernel can tell.
pub(super) const AGAIN: Duration = Duration::from_mins(1);
/// Bytes of a link's path and its content.
const TYPICAL: u64 = 512;
/// Bytes that a fact costs beside its path and its content.
const OVERHEAD: usize = 160;
