//! The end of an upload: it becomes a blob of its repository, or nothing is left of it.

use std::io;
use std::time::{Instant, SystemTime};

use wharf_hash::StreamHasher;
use wharf_spec::{Algorithm, Digest};
use wharf_store::{Change, Payload, StoreError, StorePath};

use super::Upload;
use crate::descriptors::Layer;
use crate::key::Key;
use crate::reliance::Holding;
use crate::{Error, Result, link};

// === impl Upload ===

impl Upload {
    /// Bytes first, then the name under which they are found, then membership: every
    /// prefix of this is legal, and only the whole of it is acknowledged.
    pub(super) async fn commit(mut self, digest: Digest) -> Result<()> {
        let content = self.sink.content();
        let computed = match (self.running(digest.algorithm()), &content) {
            (Some(computed), _) => computed,
            (None, Some(content)) => {
                let (here, path) = (Payload::Bytes(content.clone()), self.path());
                hashed(here, digest.algorithm(), &path).await?
            }
            (None, None) => {
                self.sink.flush().await?;
                self.stored(digest.algorithm()).await?
            }
        };
        if computed != digest {
            self.discard().await?;
            return Err(Error::DigestMismatch {
                named: digest,
                computed,
            });
        }
        // Others would have to wait for many bytes.
        let is_few = content.is_none() && self.sink.len() <= FEW;
        match &content {
            Some(_) => {}
            None if is_few => self.sink.flush().await?,
            None => self = self.synced().await?,
        }
        let size = self.sink.len();
        let Self { repository, id, .. } = &self;
        let name = &repository.name;
        let data = Key::BlobData(digest).path();
        let place = match content {
            Some(content) => Change::Put {
                path: data.clone(),
                content,
            },
            None => Change::Publish {
                from: self.path(),
                to: data.clone(),
            },
        };
        let link = link::change(Key::LayerLink(name, digest), digest);
        let remove = Change::Remove {
            path: Key::Upload(name, id).path(),
        };
        let linked = Key::LayerLink(name, digest).path();
        let mut steps = vec![vec![place], vec![link, remove]];
        steps.extend(repository.layer_touches(digest, digest));
        let (before, looked) = (SystemTime::now(), Instant::now());
        let committed = repository.store().commit(steps).await;
        repository.registry.contents.forget(digest);
        match committed {
            Ok(()) => {
                repository.registry.touched.note(&data, before);
                let layer = Layer {
                    target: digest,
                    size,
                };
                repository.remember(digest, layer, looked).await;
                Ok(())
            }
            // A collection was faster than the touch.
            Err(StoreError::NotFound(gone)) if gone == linked || gone == data => {
                match repository.hold_layer(digest, digest).await? {
                    Holding::Held => Ok(()),
                    Holding::Gone => Err(Error::Busy),
                }
            }
            Err(error) => {
                // As where the sync of many fails.
                if is_few {
                    self.discard().await?;
                }
                Err(error.into())
            }
        }
    }

    /// The upload, once everything received is durable. If that fails, nobody can tell
    /// what the disk has: the kernel may have dropped the bytes and call the next sync a
    /// success. So nothing of the upload is kept, except where that cannot be: there, another
    /// process may have gone on with it.
    pub(super) async fn synced(mut self) -> Result<Self> {
        match self.sink.sync().await {
            Ok(()) => Ok(self),
            Err(error) if self.sink.outlives_failures() => Err(error),
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

    /// The digest of everything received, if the running hash is there and by this algorithm.
    fn running(&self, algorithm: Algorithm) -> Option<Digest> {
        let hasher = self.sink.hasher()?;
        let is_it = hasher.algorithm() == algorithm && hasher.len() == self.sink.len();
        is_it.then(|| hasher.clone().finish())
    }

    /// The digest of everything received, from the stored bytes.
    async fn stored(&mut self, algorithm: Algorithm) -> Result<Digest> {
        let path = self.path();
        let payload = self.repository.store().open(&path).await?;
        hashed(payload, algorithm, &path).await
    }

    fn path(&self) -> StorePath {
        Key::UploadData(&self.repository.name, &self.id).path()
    }
}

async fn hashed(payload: Payload, algorithm: Algorithm, path: &StorePath) -> Result<Digest> {
    let hashed = hash(payload, algorithm).await;
    hashed.map_err(|error| StoreError::from_io("hash", path, error).into())
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
        Payload::Remote(mut span) => {
            while let Some(frame) = span.next().await {
                let frame = frame?;
                let job = tokio::task::spawn_blocking(move || {
                    hasher.update(&frame);
                    hasher
                });
                hasher = job.await?;
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
