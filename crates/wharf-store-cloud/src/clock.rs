//! When somebody last asked for the time, and what is being swept: one small object that is
//! replaced only by whoever has seen what it holds (`If-Match`).
//!
//! A sweep writes down what it will remove, then looks whether that was touched, and removes it.
//! Whoever writes or touches something does so first, and then reads the clock: if nobody has
//! asked for the time since before, and no sweep of just that has begun, nothing has taken it
//! away meanwhile ([`commit`](crate::commit)). A sweep must be over within [`SWEEP`]; whoever
//! waits for one does so for [`LEASE`], and then takes it for dead.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use object_store::{Error, GetOptions, PutMode, PutOptions, PutPayload, UpdateVersion};
use serde::{Deserialize, Serialize};
use tokio::time::Instant as Tick;
use uuid::Uuid;
use wharf_store::{Result, StoreError, StorePath};

use crate::backend::Bucket;
use crate::error::{busy, could_not};
use crate::locks::Kept;

/// The clock as it is now.
pub(crate) struct Reading {
    version: Version,
    record: Record,
}

/// What may be replaced.
enum Version {
    /// There is none yet.
    None,
    Object(UpdateVersion),
    Elsewhere(Kept),
}

/// What is being removed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Swept {
    id: Uuid,
    path: String,
    /// It is not known what.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    everything: bool,
}

/// No two versions of it are alike.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Record {
    /// The last question for the time.
    pub(crate) asked: Option<Uuid>,
    /// Sweeps that were ever begun.
    pub(crate) sweeps: u64,
    /// What the last of them were about, the newest last.
    pub(crate) recent: Vec<String>,
    /// The last of them, if it has not ended.
    pub(crate) sweep: Option<Swept>,
    /// Who keeps it, if it is not the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) memory: Option<String>,
}

/// The right to remove what was written down, for a time.
pub(crate) struct Lease {
    id: Uuid,
    begun: Tick,
}

// === impl Reading ===

impl Reading {
    pub(crate) const fn kept(kept: Kept, record: Record) -> Self {
        Self {
            version: Version::Elsewhere(kept),
            record,
        }
    }

    /// What is being removed at this moment.
    pub(crate) fn sweep(&self) -> Option<&Swept> {
        self.record.sweep.as_ref()
    }
}

// === impl Record ===

impl Record {
    /// The first one of a memory that knows no other: nobody takes it for one that they know.
    pub(crate) fn anew(memory: String, sweep: Option<Swept>) -> Self {
        Self {
            asked: Some(Uuid::now_v7()),
            sweep,
            memory: Some(memory),
            ..Self::default()
        }
    }

    /// The next one after somebody has asked for the time.
    fn asked(self) -> Self {
        Self {
            asked: Some(Uuid::now_v7()),
            ..self
        }
    }

    /// The next one when this begins.
    fn begun(mut self, sweep: Swept) -> Self {
        if self.recent.len() == RECENT {
            self.recent.remove(0);
        }
        self.recent.push(sweep.path.clone());
        Self {
            sweeps: self.sweeps + 1,
            sweep: Some(sweep),
            ..self
        }
    }

    /// The next one when the sweep is over.
    fn ended(self) -> Self {
        Self {
            sweep: None,
            ..self
        }
    }
}

// === impl Swept ===

impl Swept {
    /// One that nobody knows anything of.
    pub(crate) fn everything() -> Self {
        Self {
            id: Uuid::now_v7(),
            path: String::new(),
            everything: true,
        }
    }

    pub(crate) fn has(&self, path: &StorePath) -> bool {
        self.everything || self.path == path.as_str()
    }
}

// === impl Lease ===

impl Lease {
    /// How long something may still be removed.
    pub(crate) fn left(&self) -> Duration {
        SWEEP.saturating_sub(self.begun.elapsed())
    }
}

// === impl Bucket ===

impl Bucket {
    pub(crate) async fn clock(&self) -> Result<Reading> {
        let read = self.read_clock().await?;
        self.seen.see(&read.record);
        Ok(read)
    }

    async fn read_clock(&self) -> Result<Reading> {
        if let Some(locks) = &self.locks {
            return self.read_kept(locks).await;
        }
        let path = clock_path();
        let found = match self.get(&path, GetOptions::new()).await {
            Ok(found) => found,
            Err(StoreError::NotFound(_)) => {
                return Ok(Reading {
                    version: Version::None,
                    record: Record::default(),
                });
            }
            Err(error) => return Err(error),
        };
        let version = UpdateVersion {
            e_tag: found.meta.e_tag.clone(),
            version: found.meta.version.clone(),
        };
        let bytes = found.bytes().await;
        let bytes = bytes.map_err(|error| could_not("read", &path, error))?;
        let record = serde_json::from_slice(&bytes)
            .map_err(|error| StoreError::from_io("read", &path, error.into()))?;
        Ok(Reading {
            version: Version::Object(version),
            record,
        })
    }

    /// Replaces what was read; false if it is not that any more.
    async fn set_clock(&self, read: Reading, record: Record) -> Result<bool> {
        let path = clock_path();
        let content = serde_json::to_vec(&record)
            .map_err(|error| StoreError::from_io("put", &path, error.into()))?;
        let mode = match read.version {
            Version::None => PutMode::Create,
            Version::Object(version) => PutMode::Update(version),
            Version::Elsewhere(kept) => return self.set_elsewhere(&kept, &record).await,
        };
        let (key, payload) = (self.key(&path), PutPayload::from(Bytes::from(content)));
        let put = self
            .backend
            .objects
            .put_opts(&key, payload, PutOptions::from(mode));
        match put.await {
            Ok(_) => Ok(true),
            Err(error @ (Error::PermissionDenied { .. } | Error::Unauthenticated { .. })) => {
                Err(could_not("put", &path, error))
            }
            // Others were faster, it was removed, or it was carried out and its answer lost.
            Err(_) => Ok(self.clock().await?.record == record),
        }
    }

    async fn set_elsewhere(&self, kept: &Kept, record: &Record) -> Result<bool> {
        let Some(locks) = &self.locks else {
            return Ok(false);
        };
        match self.replace_kept(locks, kept, record).await {
            Ok(true) => Ok(true),
            // As above.
            Ok(false) | Err(_) => Ok(self.clock().await?.record == *record),
        }
    }

    pub(crate) async fn now(&self) -> Result<SystemTime> {
        let path = clock_path();
        // Before the clock is changed: who touches something after that does so later.
        let time = match &self.locks {
            None => None,
            Some(_) => Some(self.time().await?),
        };
        for _ in 0..ATTEMPTS {
            let read = self.clock().await?;
            let record = read.record.clone().asked();
            if self.set_clock(read, record).await? {
                return match time {
                    Some(time) => Ok(time),
                    None => Ok(self.look(&path).await?.meta.last_modified.into()),
                };
            }
        }
        Err(contended(&path))
    }

    /// A time that is later than that of what was written before: most buckets tell whole seconds.
    pub(crate) async fn next_moment(&self) -> Result<SystemTime> {
        let now = self.now().await?;
        loop {
            tokio::time::sleep(SECOND).await;
            let next = self.now().await?;
            if next > now {
                return Ok(next);
            }
        }
    }

    /// Writes down what is to be removed; nothing if others are at something again and again.
    pub(crate) async fn begin_sweep(&self, path: &StorePath) -> Result<Option<Lease>> {
        for _ in 0..PATIENCE {
            let read = self.clock().await?;
            if let Some(sweep) = read.sweep() {
                self.swept(sweep).await?;
                continue;
            }
            let lease = Lease {
                id: Uuid::now_v7(),
                begun: Tick::now(),
            };
            let sweep = Swept {
                id: lease.id,
                path: path.as_str().to_owned(),
                everything: false,
            };
            let record = read.record.clone().begun(sweep);
            if self.set_clock(read, record).await? {
                return Ok(Some(lease));
            }
        }
        Ok(None)
    }

    /// It is over.
    pub(crate) async fn end_sweep(&self, lease: &Lease) -> Result<()> {
        self.forget_sweep(lease.id).await
    }

    /// Returns when a sweep is over, or must be.
    pub(crate) async fn swept(&self, sweep: &Swept) -> Result<()> {
        let begun = Tick::now();
        let mut pause = FIRST_PAUSE;
        while begun.elapsed() < LEASE {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
            let read = self.clock().await?;
            if read.sweep().is_none_or(|other| other.id != sweep.id) {
                return Ok(());
            }
        }
        tracing::warn!("a sweep was not ended by whoever began it");
        self.forget_sweep(sweep.id).await
    }

    async fn forget_sweep(&self, id: Uuid) -> Result<()> {
        let path = clock_path();
        for _ in 0..ATTEMPTS {
            let read = self.clock().await?;
            if read.sweep().is_none_or(|sweep| sweep.id != id) {
                return Ok(());
            }
            let record = read.record.clone().ended();
            if self.set_clock(read, record).await? {
                return Ok(());
            }
        }
        Err(contended(&path))
    }
}

fn contended(path: &StorePath) -> StoreError {
    busy("put", path, "others change it all the time")
}

pub(crate) fn clock_path() -> StorePath {
    crate::path("wharfinger/state/clock".to_owned())
}

/// A sweep removes nothing later than this.
const SWEEP: Duration = Duration::from_secs(20);
/// Whoever waits for a sweep waits so long: what was sent in time has arrived by then.
const LEASE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LAST_PAUSE: Duration = Duration::from_millis(500);
/// Sweeps that are remembered.
const RECENT: usize = 32;
/// How often a sweep is begun again because others were faster.
const PATIENCE: usize = 10;
/// How often it is tried to replace the clock.
const ATTEMPTS: usize = 50;
