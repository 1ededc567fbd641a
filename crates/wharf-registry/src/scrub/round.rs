//! One scrub.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use wharf_spec::RepositoryName;
use wharf_store::{Listing, Store, StoreError, StorePath};

use super::finding::{Finding, FindingKind, Outcome};
use super::pace::Pace;
use super::position::{Position, Status};
use super::{ScrubEvents, ScrubMode, ScrubProgress, ScrubStart, Scrubbed, Scrubbing};
use crate::{Error, Registry};

/// One scrub, and how far it is.
pub(super) struct Round<'a> {
    pub(super) registry: &'a Registry,
    pub(super) scrubbing: Scrubbing,
    pub(super) pace: Pace,
    pub(super) position: Position,
    /// Links that were touched at this moment or later are not removed; `None` where none is.
    pub(super) threshold: Option<SystemTime>,
    start: ScrubStart,
    events: &'a dyn ScrubEvents,
    /// Since when the duration has been counted.
    counted: Instant,
    told: Instant,
    kept: Instant,
}

// === impl Round ===

impl<'a> Round<'a> {
    pub(super) fn new(
        registry: &'a Registry,
        scrubbing: Scrubbing,
        start: ScrubStart,
        events: &'a dyn ScrubEvents,
    ) -> Self {
        let now = Instant::now();
        Self {
            registry,
            scrubbing,
            pace: Pace::new(scrubbing.rate),
            position: Position::default(),
            threshold: None,
            start,
            events,
            counted: now,
            told: now,
            kept: now,
        }
    }

    pub(super) async fn run(mut self) -> Scrubbed {
        match self.start {
            ScrubStart::Anew => {}
            ScrubStart::WhereItStopped => {
                self.position = Position::load(self.store()).await.unwrap_or_default();
            }
        }
        self.set_threshold().await;
        if !self.position.blobs_done {
            // What is right there has to be back before another copy could take its place.
            self.quarantined().await;
            self.blobs().await;
            self.position.blobs_done = true;
            self.keep_position().await;
        }
        self.repositories().await;
        self.count_time();
        match self.start {
            ScrubStart::Anew => {}
            ScrubStart::WhereItStopped => {
                Status::keep(self.position.scrubbed, self.store()).await;
                Position::forget(self.store()).await;
            }
        }
        self.position.scrubbed
    }

    pub(super) fn store(&self) -> &'a dyn Store {
        &*self.registry.inner.store
    }

    pub(super) fn scrubbed(&mut self) -> &mut Scrubbed {
        &mut self.position.scrubbed
    }

    /// Whether damaged blobs are moved aside.
    pub(super) const fn quarantines(&self) -> bool {
        match self.scrubbing.mode {
            ScrubMode::Report => false,
            ScrubMode::Quarantine | ScrubMode::Repair => true,
        }
    }

    /// Whether what leads nowhere goes.
    pub(super) const fn removes(&self) -> bool {
        match self.scrubbing.mode {
            ScrubMode::Report | ScrubMode::Quarantine => false,
            ScrubMode::Repair => true,
        }
    }

    /// Tells of a finding whose outcome is known.
    pub(super) fn found(&mut self, mut finding: Finding) {
        finding.advice = match finding.outcome {
            Outcome::Remains => finding.kind.advice(),
            Outcome::Quarantined => FindingKind::Quarantined.advice(),
            Outcome::Removed | Outcome::PutBack => "nothing needs to be done",
        };
        self.scrubbed().findings += 1;
        self.scrubbed().remaining += u64::from(finding.remains());
        self.events.found(&finding);
    }

    pub(super) fn unreadable(&mut self, path: &StorePath, error: &Error) {
        self.found(unreadable(path, error));
    }

    pub(super) fn strange(&mut self, path: impl Into<String>, why: &str) {
        self.found(Finding::new(FindingKind::Strange, path, why.to_owned()));
    }

    /// Nothing for a directory that is not there, or cannot be listed.
    pub(super) async fn list(&mut self, path: &StorePath) -> Option<Listing> {
        match self.store().list(path).await {
            Ok(listing) => Some(listing),
            Err(StoreError::NotFound(_)) => None,
            Err(error) => {
                self.unreadable(path, &error.into());
                None
            }
        }
    }

    /// Has looked at a link or the like: pays for it, and tells now and then.
    pub(super) async fn looked(&mut self, place: impl FnOnce() -> String) {
        self.pace.spend(PAGE).await;
        self.went_on(place).await;
    }

    /// Tells where it is, and keeps the position, if it is time for that.
    pub(super) async fn went_on(&mut self, place: impl FnOnce() -> String) {
        if self.told.elapsed() >= TOLD_EVERY {
            self.told = Instant::now();
            self.count_time();
            let done = self.position.blob.filter(|_| !self.position.blobs_done);
            let done = done.and_then(|blob| blob.bytes().first().copied());
            let percent = done.map_or(100, |byte| u16::from(byte) * 100 / 256);
            self.events.progress(&ScrubProgress {
                scrubbed: self.position.scrubbed,
                place: place(),
                percent: u8::try_from(percent).unwrap_or(100),
            });
        }
        if self.kept.elapsed() >= KEPT_EVERY {
            self.keep_position().await;
        }
    }

    pub(super) async fn keep_position(&mut self) {
        self.kept = Instant::now();
        self.count_time();
        match self.start {
            ScrubStart::Anew => {}
            ScrubStart::WhereItStopped => self.position.keep(self.store()).await,
        }
    }

    fn count_time(&mut self) {
        let now = Instant::now();
        self.position.scrubbed.duration += now - self.counted;
        self.counted = now;
    }

    /// Without the time of the store, nothing is removed.
    async fn set_threshold(&mut self) {
        if !self.removes() {
            return;
        }
        match self.store().now().await {
            Ok(now) => self.threshold = now.checked_sub(self.scrubbing.grace),
            Err(error) => {
                let path = crate::key::Key::Ours.path();
                self.unreadable(&path, &error.into());
            }
        }
    }
}

/// A finding of what the store does not want to read.
pub(super) fn unreadable(path: &StorePath, error: &Error) -> Finding {
    Finding::new(FindingKind::Unreadable, path.as_str(), told(error))
}

/// An error with its cause, which the store keeps apart.
pub(super) fn told(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Says whose it is.
pub(super) fn in_repository(mut finding: Finding, name: &RepositoryName) -> Finding {
    finding.repository = Some(name.to_string());
    finding
}

/// What looking at a link costs, at least.
const PAGE: u64 = 4096;
const TOLD_EVERY: Duration = Duration::from_secs(1);
const KEPT_EVERY: Duration = Duration::from_secs(30);
