//! Purging: uploads that nobody finished, and what killed writes have left, do not stay
//! for ever.
//!
//! The tree is walked repository by repository; nothing is collected first. Whatever is
//! strange in it is logged and left alone.
// distribution: registry/storage/purgeuploads.go

mod age;
mod purger;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use wharf_spec::{RepositoryName, UploadId};
use wharf_store::{EntryKind, Listing, StoreError, Sweep};

use crate::catalog::Walk;
use crate::key::Key;
use crate::repository::to_the_end;
use crate::{Error, Registry, Repository, Result};

pub use self::purger::Purger;

/// What is purged, and how often (distribution: `storage.maintenance.uploadpurging`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Purging {
    /// Uploads that were started longer ago go.
    pub age: Duration,
    /// From the end of one purge to the start of the next; a second at least.
    pub interval: Duration,
    /// Whether anything really goes.
    pub mode: PurgeMode,
}

/// Whether a purge removes anything (distribution: `dryrun`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum PurgeMode {
    /// It does.
    #[default]
    Remove,
    /// It logs what it would remove.
    DryRun,
}

/// What a purge came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Purged {
    /// Uploads that were removed, or would have been.
    pub uploads: u64,
    /// Those that are too young, or that a request writes to.
    pub kept: u64,
    /// Left-overs of killed writes that were removed, or would have been.
    pub left_overs: u64,
    /// Things that could not be understood or removed; each has its line in the log.
    pub failed: u64,
}

// === impl Purging ===

impl Default for Purging {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            age: 7 * DAY,
            interval: DAY,
            mode: PurgeMode::default(),
        }
    }
}

// === impl Registry ===

impl Registry {
    /// Removes every upload that was started longer than `purging.age` before `now` and
    /// that no request of this process writes to; then what writes that were killed more
    /// than a day before `now` have left behind.
    pub async fn purge(&self, purging: &Purging, now: Timestamp) -> Purged {
        let mut round = Round {
            registry: self,
            mode: purging.mode,
            // Before the first of all times, nothing is old.
            before: now.checked_sub(purging.age).unwrap_or(Timestamp::MIN),
            purged: Purged::default(),
            since_pause: (0, Instant::now()),
        };
        tracing::info!(started_before = %round.before, mode = ?purging.mode, "purging uploads");
        round.uploads().await;
        round.left_overs(now).await;
        let Purged {
            uploads,
            kept,
            left_overs,
            failed,
        } = round.purged;
        tracing::info!(mode = ?purging.mode, uploads, kept, left_overs, failed, "purged");
        round.purged
    }
}

/// One purge.
struct Round<'a> {
    registry: &'a Registry,
    mode: PurgeMode,
    before: Timestamp,
    purged: Purged,
    /// Uploads since the last pause, and when that ended.
    since_pause: (u32, Instant),
}

// === impl Round ===

impl Round<'_> {
    async fn uploads(&mut self) {
        let mut walk = Walk::after(None);
        if let Some(entries) = self.list(Key::Repositories).await {
            walk.enter(String::new(), entries);
        }
        while let Some(path) = walk.next() {
            let Ok(name) = path.parse::<RepositoryName>() else {
                self.strange(&path, "its name is not that of a repository");
                continue;
            };
            let Some(entries) = self.list(Key::Repository(&name)).await else {
                continue;
            };
            let has_uploads = entries.contains("_uploads");
            walk.enter(path, entries);
            if has_uploads {
                self.repository(&self.registry.repository(name)).await;
            }
        }
    }

    async fn repository(&mut self, repository: &Repository) {
        let uploads = Key::Uploads(&repository.name);
        let entries = self.list(uploads).await.unwrap_or_default();
        for entry in entries.iter() {
            let path = format!("{}/_uploads/{}", repository.name, entry.name);
            match (entry.kind, entry.name.parse::<UploadId>()) {
                (EntryKind::Directory, Ok(id)) => self.upload(repository, &id).await,
                (EntryKind::Directory, Err(_)) => {
                    self.strange(&path, "its name is not that of an upload");
                }
                (EntryKind::Object, _) => self.strange(&path, "an upload is a directory"),
            }
        }
    }

    async fn upload(&mut self, repository: &Repository, id: &UploadId) {
        // Nobody starts an upload before it has a name.
        if age::named(id).is_some_and(|named| named >= self.before) {
            self.purged.kept += 1;
            return;
        }
        self.pause().await;
        let name = repository.name.to_string();
        let started = match repository.upload_started(id).await {
            Ok(Some(started)) => started,
            Ok(None) => {
                let path = format!("{name}/_uploads/{id}");
                return self.strange(&path, "nobody knows when the upload was started");
            }
            Err(error) => return self.failed(&format!("{name}/_uploads/{id}"), &error),
        };
        if started >= self.before {
            self.purged.kept += 1;
            return;
        }
        match repository.purge_upload(id, self.mode).await {
            Ok(true) => {
                self.purged.uploads += 1;
                let (upload, mode) = (id.to_string(), self.mode);
                if self.purged.uploads <= TOLD {
                    tracing::info!(repo = name, upload, %started, ?mode, "an old upload is purged");
                } else {
                    tracing::debug!(repo = name, upload, %started, ?mode, "an old upload is purged");
                }
            }
            Ok(false) => self.purged.kept += 1,
            Err(error) => self.failed(&format!("{name}/_uploads/{id}"), &error),
        }
    }

    /// Leaves the disk to others now and then, for longer when it is slow.
    async fn pause(&mut self) {
        let (uploads, since) = &mut self.since_pause;
        *uploads += 1;
        if *uploads > RUN {
            tokio::time::sleep((since.elapsed() / SHARE).min(LONGEST_PAUSE)).await;
            self.since_pause = (1, Instant::now());
        }
    }

    /// What is below the tree's two roots, and nothing else that may stand beside them.
    async fn left_overs(&mut self, now: Timestamp) {
        let before = SystemTime::from(now)
            .checked_sub(LEFT_OVER)
            .unwrap_or(SystemTime::UNIX_EPOCH);
        let mode = match self.mode {
            PurgeMode::Remove => Sweep::Remove,
            PurgeMode::DryRun => Sweep::Count,
        };
        for root in [Key::Truth, Key::Ours] {
            let path = root.path();
            let swept = self.registry.inner.store.sweep(&path, before, mode).await;
            self.purged.left_overs += swept.found;
            self.purged.failed += swept.failed;
            if let Some(error) = swept.first_failure {
                let failed = swept.failed;
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, failed, "left-overs of killed writes may stay");
            }
        }
    }

    /// Nothing for a directory that is not there, or cannot be listed.
    async fn list(&mut self, key: Key<'_>) -> Option<Listing> {
        let path = key.path();
        match self.registry.inner.store.list(&path).await {
            Ok(entries) => Some(entries),
            Err(StoreError::NotFound(_)) => None,
            Err(error) => {
                self.failed(path.as_str(), &error.into());
                None
            }
        }
    }

    fn strange(&mut self, path: &str, why: &str) {
        self.purged.failed += 1;
        tracing::warn!(path, why, "something strange in the tree is not purged");
    }

    fn failed(&mut self, path: &str, error: &Error) {
        self.purged.failed += 1;
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(path, %error, cause, "an upload could not be purged");
    }
}

// === impl Repository ===

impl Repository {
    /// Removes an upload; false when somebody is at it, or it has gone by itself.
    async fn purge_upload(&self, id: &UploadId, mode: PurgeMode) -> Result<bool> {
        let Some(turn) = self.registry.sessions.enter_if_free(&self.name, id) else {
            return Ok(false);
        };
        match mode {
            PurgeMode::DryRun => return Ok(true),
            PurgeMode::Remove => {}
        }
        let path = Key::Upload(&self.name, id).path();
        let registry = Arc::clone(&self.registry);
        to_the_end(async move {
            let _turn = turn;
            // What power loss brings back is old the next time too.
            match registry.store.discard(&path).await {
                Ok(()) => Ok(true),
                Err(StoreError::NotFound(_)) => Ok(false),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }
}

/// Uploads that are looked at without a pause.
const RUN: u32 = 64;
/// The work takes so many times as long as the pauses.
const SHARE: u32 = 4;
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Purged uploads that have a line each in the log; of more, the number says enough.
const TOLD: u64 = 100;
/// No write takes that long.
const LEFT_OVER: Duration = Duration::from_secs(24 * 60 * 60);
