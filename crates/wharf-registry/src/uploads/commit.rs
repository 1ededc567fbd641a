//! The end of an upload: it becomes a blob of its repository, or nothing is left of it.

use std::io;

use wharf_hash::StreamHasher;
use wharf_spec::{Algorithm, Digest};
use wharf_store::{Change, Payload, StoreError};

use super::Upload;
use crate::key::Key;
use crate::{Error, Result, link};

// === impl Upload ===

impl Upload {
    /// Bytes first, then the name under which they are found, then membership: every
    /// prefix of this is legal, and only the whole of it is acknowledged.
    pub(super) async fn commit(mut self, digest: Digest) -> Result<()> {
        let computed = self.digest(digest.algorithm()).await?;
        if computed != digest {
            self.discard().await?;
            return Err(Error::DigestMismatch {
                named: digest,
                computed,
            });
        }
        // Others would have to wait for many bytes.
        let has_many = self.sink.len() > FEW;
        if has_many {
            self = self.synced().await?;
        }
        let Self { repository, id, .. } = &self;
        let name = &repository.name;
        let publish = Change::Publish {
            from: Key::UploadData(name, id).path(),
            to: Key::BlobData(digest).path(),
        };
        let link = link::change(Key::LayerLink(name, digest), digest);
        let remove = Change::Remove {
            path: Key::Upload(name, id).path(),
        };
        let steps = vec![vec![publish], vec![link, remove]];
        let committed = repository.store().commit(steps).await;
        repository.registry.contents.forget(digest);
        if let Err(error) = committed {
            // As where the sync of many fails.
            if !has_many {
                self.discard().await?;
            }
            return Err(error.into());
        }
        Ok(())
    }

    /// The upload, once everything received is durable. If that fails, nobody can tell
    /// what the disk has: the kernel may have dropped the bytes and call the next sync a
    /// success. So nothing of the upload is kept.
    pub(super) async fn synced(mut self) -> Result<Self> {
        match self.sink.sync().await {
            Ok(()) => Ok(self),
            Err(error) => {
                self.discard().await?;
                Err(error)
            }
        }
    }

    /// Removes the upload with everything received.
    pub(super) async fn discard(self) -> Result<()> {
        let Self {
            repository,
            id,
            sink,
            turn,
        } = self;
        drop(sink);
        let removed = repository
            .store()
            .remove(&Key::Upload(&repository.name, &id).path())
            .await;
        drop(turn);
        remove_if_there(removed)
    }

    /// The digest of everything received: from the running hash where it is there and by
    /// the right algorithm, else from the stored bytes.
    async fn digest(&mut self, algorithm: Algorithm) -> Result<Digest> {
        if let Some(hasher) = self.sink.hasher()
            && hasher.algorithm() == algorithm
            && hasher.len() == self.sink.len()
        {
            return Ok(hasher.clone().finish());
        }
        let path = Key::UploadData(&self.repository.name, &self.id).path();
        let payload = self.repository.store().open(&path).await?;
        hash(payload, algorithm)
            .await
            .map_err(|error| StoreError::from_io("hash", &path, error).into())
    }
}

async fn hash(payload: Payload, algorithm: Algorithm) -> io::Result<Digest> {
    let mut hasher = StreamHasher::new(algorithm);
    match payload {
        Payload::Bytes(bytes) => {
            let job = tokio::task::spawn_blocking(move || {
                hasher.update(&bytes);
                hasher
            });
            hasher = job.await?;
        }
        Payload::File(mut span) => {
            // One job per piece: a client that leaves stops it, and the pool stays shared.
            while !span.is_empty() {
                let job = tokio::task::spawn_blocking(move || {
                    let piece = span.read_front(PIECE)?;
                    hasher.update(&piece);
                    Ok::<_, io::Error>((span, hasher))
                });
                (span, hasher) = job.await??;
            }
        }
    }
    Ok(hasher.finish())
}

/// A purge may have come first.
fn remove_if_there(removed: std::result::Result<(), StoreError>) -> Result<()> {
    match removed {
        Err(StoreError::NotFound(_)) => Ok(()),
        other => Ok(other?),
    }
}

/// Bytes that may become durable together with what others write.
const FEW: u64 = 64 << 10;
/// Bytes read and hashed in one job.
const PIECE: usize = 4 << 20;
