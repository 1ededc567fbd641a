//! Keeping the [`clock`](crate::clock) outside of a bucket whose provider takes no notice of
//! conditions.
//!
//! What keeps it may forget: it is emptied, or a replica takes its place that had not heard the
//! latest. Then nobody knows what is being removed at that moment. So whoever removes things has
//! written into the bucket before, once and for all, that somebody does ([`Bucket::may_sweep`]);
//! and whoever finds the clock missing, or kept by another memory than the one that it was told
//! to, makes a new one. That one says, if it is written so in the bucket, that everything may be
//! being removed, and everybody who writes waits until that must be over.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;
use wharf_store::{Result, StoreError, StorePath};

use crate::backend::Bucket;
use crate::clock::{Reading, Record, Swept, clock_path};
use crate::error::busy;

/// Keeps one text for all who use a bucket.
#[async_trait]
pub trait Locks: Send + Sync + 'static {
    /// The text, and who keeps it.
    ///
    /// # Errors
    /// When that is not to be had within some seconds.
    async fn load(&self) -> io::Result<Kept>;

    /// Replaces what was loaded; false if it is not that any more, or another memory has it.
    ///
    /// # Errors
    /// As [`Locks::load`]. It may have been done all the same.
    async fn replace(&self, seen: &Kept, text: &str) -> io::Result<bool>;
}

/// What was loaded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Kept {
    /// Nothing if nobody has put anything there, or it was lost.
    pub text: Option<String>,
    /// Another one after everything that may have lost the latest text: a restart, a replica that
    /// has taken over, a backup.
    pub memory: String,
}

// === impl Bucket ===

impl Bucket {
    /// The clock that is kept there, or a new one if it was lost.
    pub(crate) async fn read_kept(&self, locks: &Arc<dyn Locks>) -> Result<Reading> {
        let path = clock_path();
        for _ in 0..ATTEMPTS {
            let kept = locks
                .load()
                .await
                .map_err(|error| unreachable(&path, error))?;
            let known: Option<Record> = match kept.text.as_deref().map(serde_json::from_str) {
                None => None,
                Some(Ok(record)) => Some(record),
                Some(Err(error)) => return Err(StoreError::from_io("read", &path, error.into())),
            };
            let is_kept = |record: &Record| record.memory.as_ref() == Some(&kept.memory);
            if let Some(record) = known.filter(is_kept) {
                return Ok(Reading::kept(kept, record));
            }
            let sweep = self.has_swept().await?.then(Swept::everything);
            if sweep.is_some() {
                tracing::warn!(
                    "what is being removed was forgotten: whoever writes waits for a minute"
                );
            }
            let record = Record::anew(kept.memory.clone(), sweep);
            // Whoever was faster has made one.
            self.replace_kept(locks, &kept, &record).await?;
        }
        Err(busy("read", &path, "it is lost again and again"))
    }

    /// False if it is not what was read any more.
    pub(crate) async fn replace_kept(
        &self,
        locks: &Arc<dyn Locks>,
        kept: &Kept,
        record: &Record,
    ) -> Result<bool> {
        let path = clock_path();
        let text = serde_json::to_string(record)
            .map_err(|error| StoreError::from_io("put", &path, error.into()))?;
        let replaced = locks.replace(kept, &text).await;
        replaced.map_err(|error| unreachable(&path, error))
    }

    /// Before anything is removed: whether it can be done safely here.
    ///
    /// # Errors
    /// When it cannot.
    pub(crate) async fn may_sweep(&self) -> Result<()> {
        match &self.locks {
            None => {
                self.keeps_conditions().await?;
                self.told.get_or_try_init(|| self.is_here()).await?;
            }
            Some(_) => {
                let tell = || async {
                    let told = Bytes::from_static(TOLD.as_bytes());
                    self.put_lazily(&told_path(), told).await.map(drop)
                };
                self.told.get_or_try_init(tell).await?;
            }
        }
        Ok(())
    }

    /// Nobody keeps the clock elsewhere.
    async fn is_here(&self) -> Result<()> {
        if !self.has_swept().await? {
            return Ok(());
        }
        let path = told_path();
        let elsewhere = format!(
            "others keep what is being removed outside of the bucket (wharfinger.locks): if none \
             of them is there any more, remove {path} from it"
        );
        let elsewhere = io::Error::new(io::ErrorKind::Unsupported, elsewhere);
        Err(StoreError::from_io("remove", &path, elsewhere))
    }

    /// Whether anybody has ever removed anything by a clock that is kept elsewhere.
    async fn has_swept(&self) -> Result<bool> {
        match self.look(&told_path()).await {
            Ok(_) => Ok(true),
            Err(StoreError::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The time by the bucket's own clock.
    pub(crate) async fn time(&self) -> Result<SystemTime> {
        let probe = crate::path(format!("wharfinger/state/probes/{}", Uuid::now_v7()));
        self.put_lazily(&probe, Bytes::new()).await?;
        let time = self.look(&probe).await?.meta.last_modified;
        self.own.remove(&probe);
        self.delete(&probe, vec![self.key(&probe)]).await?;
        Ok(time.into())
    }
}

/// Whoever cannot know what is being removed acknowledges nothing.
fn unreachable(path: &StorePath, error: io::Error) -> StoreError {
    let why = io::Error::new(io::ErrorKind::NotConnected, error);
    StoreError::from_io("ask for", path, why)
}

fn told_path() -> StorePath {
    crate::path("wharfinger/state/locks".to_owned())
}

const TOLD: &str = "What is being removed here is written down outside of this bucket \
    (wharfinger.locks).\n";
/// How often a new clock is made.
const ATTEMPTS: usize = 50;
