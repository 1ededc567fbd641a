//! Removing data that nothing leads to.

use wharf_spec::{Algorithm, Digest};
use wharf_store::Removal;

use super::progress::Place;
use super::{CollectionEvent, Links, Round};
use crate::Result;
use crate::key::Key;

// === impl Round ===

impl Round<'_> {
    /// Removes all data that is neither marked nor young, but for that in the first
    /// directories, which were looked through already.
    pub(super) async fn data(&mut self, done: usize) -> Result<()> {
        // No link may come back, after power loss, to data that is gone.
        self.links = Links::Unsettled;
        if done == 0 && self.keeper.is_some() {
            // What was marked is not marked again.
            self.keep_progress(Place::Data(0)).await;
        }
        for (number, algorithm) in Algorithm::ALL.into_iter().enumerate() {
            let Some(shards) = self.list(Key::Blobs(algorithm)).await else {
                continue;
            };
            for entry in shards.iter() {
                match u8::from_str_radix(entry.name, 16) {
                    Ok(shard) if format!("{shard:02x}") == entry.name => {
                        let place = number * SHARDS + usize::from(shard);
                        if place < done {
                            continue;
                        }
                        self.look_at_clock().await?;
                        if !self.is_stopped() {
                            self.shard(algorithm, shard).await?;
                        }
                        if self.is_due() && !self.is_stopped() {
                            self.keep_progress(Place::Data(place + 1)).await;
                        }
                    }
                    Ok(_) | Err(_) => {
                        let path = format!("{}/{}", Key::Blobs(algorithm).path(), entry.name);
                        self.problem(path, "no digest begins like that");
                    }
                }
                if self.is_stopped() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn shard(&mut self, algorithm: Algorithm, shard: u8) -> Result<()> {
        let key = Key::BlobShard(algorithm, shard);
        let Some(listing) = self.list(key).await else {
            return Ok(());
        };
        for digest in self.digests(key, &listing, algorithm) {
            let path = Key::BlobData(digest).path();
            if digest.bytes().first() != Some(&shard) {
                let path = format!("{}/{}", key.path(), digest.hex());
                self.problem(path, "it is in the directory of other digests");
            } else if self.marks.contains(digest) {
            } else if self.young.contains(digest) {
                self.waits(digest).await;
            } else {
                self.settle().await?;
                match self.remove(&path, self.threshold).await {
                    Some(Removal::Removed(size)) => {
                        self.collected.blobs += 1;
                        self.collected.bytes += size;
                        self.events
                            .tell(CollectionEvent::BlobEligible { digest, size });
                        self.pace.bytes(size).await;
                    }
                    Some(Removal::Kept) => self.waits(digest).await,
                    Some(Removal::Absent) | None => {}
                }
            }
            if self.is_stopped() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Counts data that stays for its grace only.
    async fn waits(&mut self, digest: Digest) {
        self.pace.operations(1).await;
        let path = Key::BlobData(digest).path();
        if let Ok(stat) = self.registry.inner.store.stat(&path).await {
            let waiting = &mut self.collected.waiting;
            waiting.blobs += 1;
            waiting.bytes += stat.size;
            if stat.touched >= self.threshold {
                self.wait(stat.touched);
            }
        }
    }
}

/// Directories of data by one algorithm.
const SHARDS: usize = 256;
