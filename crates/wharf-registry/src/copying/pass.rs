//! One pass, and what it knows.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use wharf_spec::Digest;
use wharf_store::{Listing, Result, Store, StoreError, StorePath};

use super::events::{CopyEvents, CopyProblem, CopyProgress, CopyStage, ProblemKind};
use super::{Copied, Copying};
use crate::collect::marks::{Prefix, prefix};
use crate::key::Key;
use crate::scrub::pace::Pace;

/// One pass. Its errors are those of the target.
pub(super) struct Pass<'a> {
    pub(super) source: &'a dyn Store,
    pub(super) target: &'a dyn Store,
    pub(super) copying: Copying,
    /// One permit for each blob that may be under way.
    pub(super) transfers: Semaphore,
    /// Two repositories do not copy the same blob at once: one turn for each first byte of
    /// digests.
    pub(super) turns: Vec<tokio::sync::Mutex<()>>,
    pub(super) pace: tokio::sync::Mutex<Pace>,
    events: &'a dyn CopyEvents,
    staged: AtomicU64,
    // Nothing is waited for while it is locked.
    known: Mutex<Known>,
}

struct Known {
    copied: Copied,
    /// Content that the target has.
    whole: HashSet<Prefix>,
    /// Content that cannot be had.
    lost: HashSet<Digest>,
    stage: CopyStage,
    told: Instant,
}

/// What is known of some content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Have {
    /// The target has it.
    Whole,
    /// It cannot be had, and that was told.
    Lost,
}

// === impl Pass ===

impl<'a> Pass<'a> {
    pub(super) fn new(
        source: &'a dyn Store,
        target: &'a dyn Store,
        copying: Copying,
        events: &'a dyn CopyEvents,
    ) -> Self {
        Self {
            source,
            target,
            copying,
            transfers: Semaphore::new(copying.at_once.get().min(Semaphore::MAX_PERMITS)),
            turns: (0..=u8::MAX).map(|_| <_>::default()).collect(),
            pace: tokio::sync::Mutex::new(Pace::new(copying.rate)),
            events,
            staged: AtomicU64::new(0),
            known: Mutex::new(Known {
                copied: Copied::default(),
                whole: HashSet::new(),
                lost: HashSet::new(),
                stage: CopyStage::Blobs(0),
                told: Instant::now(),
            }),
        }
    }

    pub(super) async fn run(&self) -> Result<()> {
        self.clear().await?;
        // So much that links and tags, which are read later, find almost all of it there.
        self.blobs().await?;
        self.repositories().await?;
        // A deletion writes there before it removes anything.
        self.trash().await?;
        self.clear().await
    }

    /// What a pass that was killed had under way goes.
    async fn clear(&self) -> Result<()> {
        match self.target.discard(&Key::Copying.path()).await {
            Err(StoreError::NotFound(_)) => Ok(()),
            cleared => cleared,
        }
    }

    /// What it came to so far.
    pub(super) fn copied(&self) -> Copied {
        self.known().copied
    }

    /// Where the bytes of the next blob may come.
    pub(super) fn staged(&self) -> StorePath {
        Key::Staged(self.staged.fetch_add(1, Ordering::Relaxed)).path()
    }

    pub(super) fn have(&self, digest: Digest) -> Option<Have> {
        let known = self.known();
        if known.whole.contains(&prefix(digest)) {
            Some(Have::Whole)
        } else {
            known.lost.contains(&digest).then_some(Have::Lost)
        }
    }

    pub(super) fn note(&self, digest: Digest, have: Have) -> Have {
        let mut known = self.known();
        match have {
            Have::Whole => _ = known.whole.insert(prefix(digest)),
            Have::Lost => _ = known.lost.insert(digest),
        }
        have
    }

    pub(super) fn count(&self, count: impl FnOnce(&mut Copied)) {
        count(&mut self.known().copied);
    }

    pub(super) fn problem(&self, problem: &CopyProblem) {
        self.count(|copied| copied.problems += 1);
        self.events.problem(problem);
    }

    /// The source does not want to give something.
    pub(super) fn unreadable(&self, path: &StorePath, error: &StoreError) {
        let detail = told(error);
        let problem = CopyProblem::new(ProblemKind::Unreadable, path.as_str(), detail);
        self.problem(&problem);
    }

    pub(super) fn strange(&self, path: impl Into<String>, why: &str) {
        self.problem(&CopyProblem::new(
            ProblemKind::Strange,
            path,
            why.to_owned(),
        ));
    }

    /// Where it is now.
    pub(super) fn is_at(&self, stage: CopyStage) {
        self.known().stage = stage;
        self.went_on();
    }

    /// Tells how far it is, if it is time for that.
    pub(super) fn went_on(&self) {
        let progress = {
            let mut known = self.known();
            if known.told.elapsed() < TOLD_EVERY {
                return;
            }
            known.told = Instant::now();
            CopyProgress {
                copied: known.copied,
                stage: known.stage,
            }
        };
        self.events.progress(&progress);
    }

    /// What is in a directory of the source, nothing if it is not there; `None` if that cannot
    /// be told.
    pub(super) async fn source_list(&self, path: &StorePath) -> Option<Listing> {
        match self.source.list(path).await {
            Ok(listing) => Some(listing),
            Err(StoreError::NotFound(_)) => Some(Listing::default()),
            Err(error) => {
                self.unreadable(path, &error);
                None
            }
        }
    }

    /// The same of the target.
    pub(super) async fn target_list(&self, path: &StorePath) -> Result<Listing> {
        match self.target.list(path).await {
            Err(StoreError::NotFound(_)) => Ok(Listing::default()),
            listed => listed,
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error with its cause, which the store keeps apart.
pub(super) fn told(error: &StoreError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

const TOLD_EVERY: Duration = Duration::from_secs(1);
