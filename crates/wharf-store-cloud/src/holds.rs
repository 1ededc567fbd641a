//! Names that are held: an empty object for each holder, written again and again.

use std::collections::BTreeSet;
use std::sync::{Arc, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use bytes::Bytes;
use object_store::ObjectMeta;
use tokio::runtime::RuntimeFlavor;
use tokio::task::JoinHandle;
use uuid::Uuid;
use wharf_store::{Hold, Result, StorePath};

use crate::backend::Bucket;
use crate::error::failed;

/// Ends with its owner.
struct Held {
    bucket: Arc<Bucket>,
    path: StorePath,
    beating: JoinHandle<()>,
}

// === impl Bucket ===

impl Bucket {
    pub(crate) async fn hold(bucket: &Arc<Self>, path: &StorePath) -> Result<Hold> {
        let path = crate::path(format!("{HELD}/{path}/{}", Uuid::now_v7()));
        bucket.put_lazily(&path, Bytes::new()).await?;
        let beat = {
            let (bucket, path) = (Arc::clone(bucket), path.clone());
            async move {
                loop {
                    tokio::time::sleep(BEAT).await;
                    if let Err(error) = bucket.put_lazily(&path, Bytes::new()).await {
                        tracing::warn!(%error, "that we are there could not be written");
                    }
                }
            }
        };
        Ok(Hold::of(Held {
            bucket: Arc::clone(bucket),
            path,
            beating: tokio::spawn(beat),
        }))
    }

    pub(crate) async fn is_held(&self, path: &StorePath) -> Result<bool> {
        let directory = crate::path(format!("{HELD}/{path}"));
        let prefix = format!("{}/", self.key(&directory));
        // Before, since what is listed may be gone, and forgotten here, right after that.
        let released = self.released().clone();
        let holders = self.objects_in(&prefix).await;
        let holders = holders.map_err(|error| failed("list", &directory, error))?;
        let is_ours = |object: &&ObjectMeta| {
            let mut keys = released.iter().map(|path| self.key(path));
            keys.any(|key| key == object.location)
        };
        let others = holders.iter().filter(|it| !is_ours(it));
        let Some(last) = others.max_by_key(|object| object.last_modified) else {
            return Ok(false);
        };
        // By the same clock.
        let probe = crate::path(format!("wharfinger/state/probes/{}", Uuid::now_v7()));
        self.put_lazily(&probe, Bytes::new()).await?;
        let now = self.look(&probe).await?.meta.last_modified;
        self.delete(&probe, vec![self.key(&probe)]).await?;
        let since = (now - last.last_modified).to_std().unwrap_or_default();
        Ok(since < DEAD)
    }

    fn released(&self) -> MutexGuard<'_, BTreeSet<StorePath>> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.released.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.beating.abort();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // It is taken for dead after a while.
            return;
        };
        let (bucket, path) = (Arc::clone(&self.bucket), self.path.clone());
        bucket.released().insert(path.clone());
        let release = async move {
            let key = bucket.key(&path);
            let removed = bucket.delete(&path, vec![key]);
            let removed = tokio::time::timeout(PATIENCE, removed).await;
            bucket.released().remove(&path);
            if let Ok(Err(error)) = removed {
                tracing::debug!(%error, "that we have gone could not be written");
            }
        };
        // A command that ends here would take everything with it that it has only begun.
        let (done, is_done) = mpsc::channel::<()>();
        runtime.spawn(async move {
            release.await;
            drop(done);
        });
        if runtime.runtime_flavor() == RuntimeFlavor::MultiThread {
            // At its end, the runtime drops what it was given: so there is nothing to wait for.
            tokio::task::block_in_place(|| _ = is_done.recv_timeout(PATIENCE));
        }
    }
}

const HELD: &str = "wharfinger/state/held";
/// How long a process waits until it is written that it has gone.
const PATIENCE: Duration = Duration::from_secs(5);
const BEAT: Duration = Duration::from_secs(10);
/// A process that has not written for so long is not there any more.
const DEAD: Duration = Duration::from_secs(45);
