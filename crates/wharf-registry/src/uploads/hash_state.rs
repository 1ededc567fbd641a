//! The hash of an unfinished upload, kept beside its bytes in distribution's layout
//! (`hashstates/<algorithm>/<offset>`), so that the next request need not start over.

use bytes::Bytes;
use wharf_hash::StreamHasher;
use wharf_spec::{Algorithm, UploadId};
use wharf_store::{Durability, StoreError, StorePath};

use super::sink::Sink;
use crate::key::Key;
use crate::{Repository, Result};

impl Repository {
    /// The upload's bytes, ready for more. What is still empty is hashed by `algorithm`, or as it
    /// was begun, where that is known.
    pub(super) async fn open_sink(
        &self,
        id: &UploadId,
        algorithm: Option<Algorithm>,
        begun: Option<Algorithm>,
    ) -> Result<Sink> {
        let path = self.data_of(id);
        let appender = self.store().appender(&path).await?;
        let hasher = match algorithm.or(begun) {
            Some(algorithm) if appender.is_empty() => Some(StreamHasher::new(algorithm)),
            Some(_) | None => match appender.content() {
                Some(content) => Some(self.hash_again(id, algorithm, content).await?),
                None => self.hash_state(id, appender.len()).await,
            },
        };
        let count = self.registry.sinks.clone();
        Ok(Sink::new(count, path, appender, hasher))
    }

    /// The hash of few bytes, of which none was kept.
    async fn hash_again(
        &self,
        id: &UploadId,
        algorithm: Option<Algorithm>,
        content: Bytes,
    ) -> Result<StreamHasher> {
        let begun = match algorithm {
            Some(algorithm) => Some(StreamHasher::new(algorithm)),
            None => self.hash_state(id, 0).await,
        };
        let mut hasher = begun.unwrap_or_else(|| StreamHasher::new(Algorithm::Sha256));
        let hashing = tokio::task::spawn_blocking(move || {
            hasher.update(&content);
            hasher
        });
        hashing
            .await
            .map_err(|error| StoreError::from_io("hash", &self.data_of(id), error.into()).into())
    }

    fn data_of(&self, id: &UploadId) -> StorePath {
        Key::UploadData(&self.name, id).path()
    }

    /// Remembers by which algorithm an upload is hashed; sha256 goes without saying.
    pub(super) async fn keep_algorithm(&self, id: &UploadId, algorithm: Algorithm) -> Result<()> {
        if algorithm == Algorithm::Sha256 {
            return Ok(());
        }
        let path = Key::UploadHashState(&self.name, id, algorithm, 0).path();
        let state = StreamHasher::new(algorithm).state();
        self.store()
            .put(&path, Bytes::from(state), Durability::Lazy)
            .await?;
        Ok(())
    }

    /// Stores the hash of what was received. If that fails, or the state is lost with the
    /// power, the upload is hashed from its bytes when it is committed.
    pub(super) async fn keep_hash_state(&self, id: &UploadId, hasher: &StreamHasher) {
        let path = Key::UploadHashState(&self.name, id, hasher.algorithm(), hasher.len()).path();
        if let Err(error) = self
            .store()
            .put(&path, Bytes::from(hasher.state()), Durability::Lazy)
            .await
        {
            tracing::warn!(repo = %self.name, upload = %id, %error, "the hash state of an upload was not kept");
        }
    }

    /// The hash of the first `size` bytes, unless it was not kept.
    async fn hash_state(&self, id: &UploadId, size: u64) -> Option<StreamHasher> {
        // That nothing has been hashed by sha256 is not kept.
        let algorithms: &[_] = match size {
            0 => &[Algorithm::Sha512],
            _ => &[Algorithm::Sha512, Algorithm::Sha256],
        };
        for algorithm in algorithms.iter().copied() {
            let path = Key::UploadHashState(&self.name, id, algorithm, size).path();
            let Ok(state) = self.store().read(&path, LONGEST).await else {
                continue;
            };
            match StreamHasher::resume(algorithm, &state) {
                Ok(hasher) if hasher.len() == size => return Some(hasher),
                Ok(_) | Err(_) => {}
            }
        }
        // Nothing has been hashed yet, or it has to be hashed at the end.
        (size == 0).then(|| StreamHasher::new(Algorithm::Sha256))
    }
}

/// More than any state has.
const LONGEST: u64 = 1024;
