//! When somebody last asked for the time, and what is being swept: one small object that is
//! replaced only by whoever has seen what it holds (`If-Match`).
//!
//! A sweep writes down what it will remove, then looks whether that was touched, and removes it.
//! Whoever writes or touches something does so first, and then reads the clock: if it has not
//! changed since before, no sweep has begun meanwhile ([`commit`](crate::commit)). A sweep must
//! be over within [`SWEEP`]; whoever waits for one does so for [`LEASE`], and then takes it for
//! dead.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use object_store::{Error, GetOptions, PutMode, PutOptions, PutPayload, UpdateVersion};
use serde::{Deserialize, Serialize};
use tokio::time::Instant as Tick;
use uuid::Uuid;
use wharf_store::{Result, StoreError, StorePath};

use crate::backend::Bucket;
use crate::error::could_not;

/// What this process knows of the clock.
#[derive(Default)]
pub(crate) struct Seen(Mutex<Option<Sight>>);

/// A version of the clock, if there was one, and when this process first knew of it.
#[derive(Clone)]
struct Sight {
    version: Option<String>,
    at: Instant,
}

/// The clock as it is now.
pub(crate) struct Reading {
    version: Option<UpdateVersion>,
    /// Nobody has asked for the time since.
    pub(crate) quiet_since: Instant,
    pub(crate) sweep: Option<Swept>,
}

/// What is being removed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Swept {
    id: Uuid,
    paths: Vec<String>,
}

#[derive(Deserialize, Serialize)]
struct Record {
    /// No two versions are alike.
    version: Uuid,
    sweep: Option<Swept>,
}

/// The right to remove what was written down, for a time.
pub(crate) struct Lease {
    id: Uuid,
    begun: Tick,
}

// === impl Seen ===

impl Seen {
    /// When this version was first known of.
    fn first_saw(&self, version: Option<String>) -> Instant {
        let mut seen = self.lock();
        match &*seen {
            Some(sight) if sight.version == version => sight.at,
            _ => {
                let at = Instant::now();
                *seen = Some(Sight { version, at });
                at
            }
        }
    }

    pub(crate) fn is_new(&self) -> bool {
        self.lock().is_none()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Sight>> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Swept ===

impl Swept {
    pub(crate) fn has(&self, path: &StorePath) -> bool {
        self.paths.iter().any(|swept| swept == path.as_str())
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
        let path = clock_path();
        let found = match self.get(&path, GetOptions::new()).await {
            Ok(found) => found,
            Err(StoreError::NotFound(_)) => {
                return Ok(Reading {
                    version: None,
                    quiet_since: self.clock.first_saw(None),
                    sweep: None,
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
        let record: Record = serde_json::from_slice(&bytes)
            .map_err(|error| StoreError::from_io("read", &path, error.into()))?;
        Ok(Reading {
            quiet_since: self.clock.first_saw(Some(record.version.to_string())),
            version: Some(version),
            sweep: record.sweep,
        })
    }

    /// Replaces what was read; false if it is not that any more.
    async fn set_clock(&self, read: &Reading, sweep: Option<Swept>) -> Result<bool> {
        let path = clock_path();
        let record = Record {
            version: Uuid::now_v7(),
            sweep,
        };
        let content = serde_json::to_vec(&record)
            .map_err(|error| StoreError::from_io("put", &path, error.into()))?;
        let mode = match &read.version {
            None => PutMode::Create,
            Some(version) => PutMode::Update(version.clone()),
        };
        let (key, payload) = (self.key(&path), PutPayload::from(Bytes::from(content)));
        let put = self
            .backend
            .objects
            .put_opts(&key, payload, PutOptions::from(mode));
        match put.await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            // It has been removed, and is made again.
            Err(Error::NotFound { .. }) if read.version.is_some() => Ok(false),
            Err(error) => Err(could_not("put", &path, error)),
        }
    }

    pub(crate) async fn now(&self) -> Result<SystemTime> {
        let path = clock_path();
        for _ in 0..ATTEMPTS {
            let read = self.clock().await?;
            let sweep = read.sweep.clone();
            if self.set_clock(&read, sweep).await? {
                return Ok(self.look(&path).await?.meta.last_modified.into());
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
            if let Some(sweep) = &read.sweep {
                self.swept(sweep).await?;
                continue;
            }
            let lease = Lease {
                id: Uuid::now_v7(),
                begun: Tick::now(),
            };
            let sweep = Swept {
                id: lease.id,
                paths: vec![path.as_str().to_owned()],
            };
            let is_ours = |read: Reading| read.sweep.is_some_and(|sweep| sweep.id == lease.id);
            // A request that was sent again may have been carried out the first time.
            if self.set_clock(&read, Some(sweep)).await? || is_ours(self.clock().await?) {
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
            if read.sweep.is_none_or(|other| other.id != sweep.id) {
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
            if read.sweep.as_ref().is_none_or(|sweep| sweep.id != id)
                || self.set_clock(&read, None).await?
            {
                return Ok(());
            }
        }
        Err(contended(&path))
    }
}

fn contended(path: &StorePath) -> StoreError {
    let error = std::io::Error::other("others change it all the time");
    StoreError::from_io("put", path, error)
}

fn clock_path() -> StorePath {
    crate::path("wharfinger/state/clock".to_owned())
}

/// A sweep removes nothing later than this.
const SWEEP: Duration = Duration::from_secs(20);
/// Whoever waits for a sweep waits so long: what was sent in time has arrived by then.
const LEASE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LAST_PAUSE: Duration = Duration::from_millis(500);
/// How often a sweep is begun again because others were faster.
const PATIENCE: usize = 10;
/// How often it is tried to replace the clock.
const ATTEMPTS: usize = 50;
