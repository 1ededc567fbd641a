//! Collection: what nobody needs any more goes, while clients push and pull.
//!
//! First all that is needed is marked, repository by repository; then untagged manifests that
//! may go, layer links, and last data are removed, each only if nobody has written or touched
//! it since the run began, or within the grace. So a mark that came too late does no harm:
//! whoever makes a reference touches what it refers to, and learns if that was gone.

pub(crate) mod bell;
mod collector;
mod data;
mod events;
pub(crate) mod facts;
mod graph;
mod links;
pub(crate) mod marks;
mod pace;
mod plan;
mod progress;
mod status;
mod trash;
mod untagged;
mod walk;

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use wharf_store::StoreError;

use self::marks::{Marks, Noted};
use self::pace::Bucket;
use self::progress::{Keeper, Place};
use crate::key::Key;
use crate::{Options, Registry, Result};

pub use self::bell::CollectorState;
pub use self::collector::{CollectionObserver, Collector};
pub use self::events::{CollectionEvent, CollectionEvents, Silent};
pub use self::pace::Pace;
pub use self::progress::Resume;
pub use self::status::CollectionStatus;
pub(crate) use self::untagged::Fate;
pub use self::untagged::{Untagged, UntaggedRule};

/// What is collected, and how fast.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    /// What nobody needs stays for so long after it was last written or touched.
    pub grace: Duration,
    /// What becomes of manifests without a tag.
    pub untagged: Untagged,
    /// Manifests without a tag stay for so long at least after they were last written or
    /// touched: beside servers, for longer than a push takes from its manifest to its tag.
    pub untagged_age: Duration,
    /// Whether anything really goes.
    pub mode: CollectionMode,
    /// How much may be done in a second.
    pub pace: Pace,
    /// Ends the run at its next step.
    pub stop: CancellationToken,
    /// Lets it go on where the last one was interrupted.
    pub resume: Option<Resume>,
}

/// Whether a collection removes anything.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum CollectionMode {
    /// It does.
    #[default]
    Remove,
    /// It says what it would remove.
    DryRun,
}

/// What a collection came to.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Collected {
    /// How it ended.
    pub end: CollectionEnd,
    /// Manifests and blobs that manifests need.
    pub marked: u64,
    /// Data that was removed, or would be.
    pub blobs: u64,
    /// The bytes of that.
    pub bytes: u64,
    /// Layer links that were removed, or would be.
    pub links: u64,
    /// Manifests that were removed from their repositories, or would be.
    pub manifests: u64,
    /// Repositories in which nothing was left.
    pub repositories: u64,
    /// What nobody needs, but somebody asked for not long ago.
    pub waiting: Waiting,
    /// Things that could not be read or understood; what they may need was kept.
    pub problems: u64,
    /// How long it took.
    pub duration: Duration,
}

/// How a collection ended.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum CollectionEnd {
    /// It looked at everything.
    #[default]
    Complete,
    /// Something could not be looked at that may need any data: none was removed.
    WithoutData,
    /// It was told to stop.
    Stopped,
    /// The clock of the storage went back, so that nobody knows any more what is old: nothing
    /// more was removed.
    ClockWentBack,
}

/// What goes when its grace is over, if nobody comes to need it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Waiting {
    /// Data.
    pub blobs: u64,
    /// The bytes of that.
    pub bytes: u64,
    /// When the first of it may go.
    pub next: Option<SystemTime>,
}

// === impl Collection ===

impl Collection {
    /// As it is beside clients of a registry with these options.
    #[must_use]
    pub fn beside_clients(options: &Options) -> Self {
        Self {
            grace: options.grace,
            untagged: options.untagged.clone(),
            untagged_age: UNTAGGED_BESIDE_CLIENTS,
            ..Self::default()
        }
    }
}

/// The least age of untagged manifests that go while clients push. A push writes its manifest
/// first and then the tag: where the manifest could go in between, the tag would be left
/// leading to nothing.
pub const UNTAGGED_BESIDE_CLIENTS: Duration = Duration::from_mins(10);

// === impl Registry ===

impl Registry {
    /// Removes what nobody needs. It may run beside requests, servers and other collections
    /// on the same store. Whatever cannot be read is told as a problem, and what depends on it
    /// is kept.
    ///
    /// # Errors
    /// The store's, where going on would not be safe; also while somebody copies into it, since
    /// what has come may have no link yet.
    pub async fn collect(
        &self,
        options: &Collection,
        events: &mut dyn CollectionEvents,
    ) -> Result<Collected> {
        let began = tokio::time::Instant::now();
        self.is_not_copied_to().await?;
        // Before anything is looked at.
        let start = self.inner.store.now().await?;
        let mut round = Round {
            registry: self,
            options,
            events,
            start,
            seen: start,
            clock: Clock::Forward,
            threshold: before(start, options.grace),
            marks: Marks::default(),
            young: Noted::default(),
            sight: Sight::Clear,
            links: Links::Unsettled,
            pace: Bucket::new(options.pace),
            keeper: None,
            collected: Collected::default(),
        };
        round.expire().await;
        let place = round.take_up().await?;
        round.run(place).await?;
        let mut collected = round.collected;
        collected.marked = round.marks.by_manifests();
        collected.duration = began.elapsed();
        Ok(collected)
    }
}

/// One collection.
struct Round<'a> {
    registry: &'a Registry,
    options: &'a Collection,
    events: &'a mut dyn CollectionEvents,
    /// When it began, by the clock of the store.
    start: SystemTime,
    /// What was touched at that moment or later stays.
    threshold: SystemTime,
    /// The last that was seen of that clock.
    seen: SystemTime,
    clock: Clock,
    marks: Marks,
    /// Data that only links lead to whose grace is not over.
    young: Noted,
    sight: Sight,
    links: Links,
    pace: Bucket,
    /// Where how far it has come is written down.
    keeper: Option<Keeper>,
    collected: Collected,
}

/// How the clock goes that touches go by.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Clock {
    Forward,
    /// What is touched now may be told from what is old no more.
    Back,
}

/// Whether all links could be looked at.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Sight {
    Clear,
    /// Some could not: any data may be needed.
    Blind,
}

/// Whether what was seen to be missing is missing for good, so that something may be removed
/// because of it.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Links {
    Settled,
    Unsettled,
}

// === impl Round ===

impl Round<'_> {
    /// What can be restored no more needs nothing any more.
    async fn expire(&mut self) {
        match self.options.mode {
            CollectionMode::DryRun => {}
            CollectionMode::Remove => {
                if let Err(error) = self.registry.expire_trash(self.start).await {
                    self.problem(Key::Trash.path().as_str(), &error.to_string());
                }
            }
        }
    }

    async fn run(&mut self, place: Option<Place>) -> Result<()> {
        let (after, shards) = match place {
            None => (None, None),
            Some(Place::Repositories(last)) => (Some(last), None),
            Some(Place::Data(shards)) => (None, Some(shards)),
        };
        if shards.is_none() {
            self.repositories(after).await?;
            if !self.is_stopped() {
                self.deleted_repositories().await;
            }
        }
        if !self.is_stopped() {
            match self.sight {
                Sight::Blind => self.collected.end = CollectionEnd::WithoutData,
                Sight::Clear => self.data(shards.unwrap_or_default()).await?,
            }
        }
        match self.clock {
            Clock::Back => self.collected.end = CollectionEnd::ClockWentBack,
            Clock::Forward if self.is_stopped() => {
                self.collected.end = CollectionEnd::Stopped;
                return Ok(());
            }
            Clock::Forward => {}
        }
        if self.keeper.is_some() {
            progress::forget(self.registry).await;
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        self.options.stop.is_cancelled() || self.clock == Clock::Back
    }

    /// Looks whether what was touched since it began can still be told from what was not.
    async fn look_at_clock(&mut self) -> Result<()> {
        let now = self.registry.inner.store.now().await?;
        if now < self.seen {
            self.clock = Clock::Back;
        }
        self.seen = now;
        Ok(())
    }

    /// Before the first removal after something was seen to be missing.
    async fn settle(&mut self) -> Result<()> {
        match (self.links, self.options.mode) {
            (Links::Settled, _) | (_, CollectionMode::DryRun) => Ok(()),
            (Links::Unsettled, CollectionMode::Remove) => {
                let store = &self.registry.inner.store;
                // What is in the trash is ours, and its removal counts as well.
                store.settle_all(&Key::Truth.path()).await?;
                store.settle_all(&Key::Ours.path()).await?;
                self.links = Links::Settled;
                Ok(())
            }
        }
    }

    fn problem(&mut self, path: impl AsRef<str>, what: &str) {
        self.collected.problems += 1;
        let path = path.as_ref();
        self.events.tell(CollectionEvent::Problem { path, what });
    }

    /// A problem because of which any data may be needed.
    fn blinded(&mut self, path: impl AsRef<str>, what: &str) {
        self.sight = Sight::Blind;
        self.problem(path, what);
    }

    /// When something that was touched at a moment may go.
    fn wait(&mut self, touched: SystemTime) {
        let over = touched.checked_add(self.options.grace).unwrap_or(touched);
        let next = &mut self.collected.waiting.next;
        *next = Some(next.map_or(over, |next| next.min(over)));
    }
}

/// Before the first of all times, nothing is old.
fn before(moment: SystemTime, time: Duration) -> SystemTime {
    moment.checked_sub(time).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// An error with its cause, as a problem is told.
fn told(error: &StoreError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
