//! Scrubbing: looking through all that is stored for damage, and mending what can be mended.
//!
//! Every blob is hashed again, every link followed, every manifest compared with what it
//! refers to. A blob whose bytes are wrong is moved aside, so that clients are told that it is
//! not there and push it again. Nothing is removed that could still be right, and everything
//! that is moved or removed goes through [`Store::move_untouched`] and
//! [`Store::remove_untouched`]: what somebody pushes meanwhile stays.
//!
//! [`Store::move_untouched`]: wharf_store::Store::move_untouched
//! [`Store::remove_untouched`]: wharf_store::Store::remove_untouched

mod blobs;
mod finding;
mod hashing;
mod links;
mod manifests;
pub(crate) mod pace;
mod position;
mod quarantine;
mod removal;
mod repositories;
mod round;
mod scrubber;
mod tags;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::round::Round;
use crate::Registry;

pub use self::finding::{Finding, FindingKind, Outcome};
pub use self::scrubber::Scrubber;

/// How to scrub.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Scrubbing {
    /// What is done about damage.
    pub mode: ScrubMode,
    /// Bytes that are read in a second; 0 for any number. Looking at a link counts as reading
    /// a page.
    pub rate: u64,
    /// Links that somebody wrote or relied on within this time are not removed.
    pub grace: Duration,
}

/// What is done about damage.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ScrubMode {
    /// It is told.
    Report,
    /// Damaged blobs are moved aside as well.
    Quarantine,
    /// And links that lead nowhere are removed.
    Repair,
}

/// Where a scrub begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ScrubStart {
    /// At the beginning; it leaves no trace of where it has come to.
    Anew,
    /// Where the last one that began like this was stopped.
    WhereItStopped,
}

/// What a scrub came to.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Scrubbed {
    /// Blobs that were hashed.
    pub blobs: u64,
    /// Bytes that were hashed.
    pub bytes: u64,
    /// Repositories that were looked through.
    pub repositories: u64,
    /// Links that were followed.
    pub links: u64,
    /// Manifests that were read.
    pub manifests: u64,
    /// What was found.
    pub findings: u64,
    /// What of it is still to be done something about.
    pub remaining: u64,
    /// How long it took, in all its parts.
    pub duration: Duration,
}

/// Where a scrub is.
#[derive(Clone, Debug)]
pub struct ScrubProgress {
    /// What it came to so far.
    pub scrubbed: Scrubbed,
    /// What it is at.
    pub place: String,
    /// How many hundredths of the blobs are behind it, judging by their digests.
    pub percent: u8,
}

/// Who wants to hear of a scrub.
pub trait ScrubEvents: Send + Sync {
    /// Of damage, once it has been dealt with as far as that is done.
    fn found(&self, finding: &Finding);

    /// That it is over, and what it came to.
    fn ended(&self, _scrubbed: &Scrubbed) {}

    /// Of where it is, every now and then.
    fn progress(&self, _progress: &ScrubProgress) {}
}

// === impl Registry ===

impl Registry {
    /// Looks through everything. It does not fail: what cannot be read is among the findings.
    pub async fn scrub(
        &self,
        scrubbing: &Scrubbing,
        start: ScrubStart,
        events: &dyn ScrubEvents,
    ) -> Scrubbed {
        Round::new(self, *scrubbing, start, events).run().await
    }
}
