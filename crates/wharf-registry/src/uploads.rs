//! Uploads: bytes on their way to becoming a blob.
//!
//! All state of an upload is in the store (distribution: `_uploads/<id>`), so that it
//! survives a restart and can be continued by another replica or by distribution. In
//! memory there is only the turn of the request that writes to it now.

mod commit;
mod hash_state;
mod recent;
mod sessions;
mod sink;

use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;
use wharf_spec::{Algorithm, ContentRange, Digest, UploadId};
use wharf_store::{Durability, StoreError};

pub(crate) use recent::Recent;
pub(crate) use sessions::Sessions;
pub(crate) use sink::SinkCount;

use self::recent::Seen;
use self::sessions::Turn;
use self::sink::{End, Sink};
use crate::key::Key;
use crate::{Error, Frames, Repository, Result};

/// An upload that this request alone may write to.
///
/// Dropping it suspends it: what was received stays, and a later request continues it.
pub struct Upload {
    repository: Repository,
    id: UploadId,
    sink: Sink,
    /// Shared with the writes under way, which outlive a request that is given up.
    turn: Arc<Turn>,
}

/// Where an upload stands.
#[derive(Clone, Debug)]
pub struct UploadStatus {
    /// Its name.
    pub id: UploadId,
    /// Bytes received so far.
    pub size: u64,
}

// === impl Repository ===

impl Repository {
    /// Starts an upload whose bytes will be hashed by `algorithm` as they come.
    ///
    /// # Errors
    /// The store's.
    pub async fn start_upload(&self, algorithm: Algorithm) -> Result<UploadStatus> {
        let id = self.new_upload().await?;
        self.keep_algorithm(&id, algorithm).await?;
        // distribution's tree has the file from the start; it need not survive power loss.
        self.store()
            .create(&Key::UploadData(&self.name, &id).path())
            .await?;
        let seen = Seen { algorithm, size: 0 };
        self.registry.recent.note(&self.name, &id, seen);
        Ok(UploadStatus { id, size: 0 })
    }

    /// Stores a blob that comes in one request.
    ///
    /// # Errors
    /// `DigestMismatch`, after which nothing is left; `Interrupted`.
    pub async fn push_blob<F: Frames>(&self, digest: Digest, frames: &mut F) -> Result<()> {
        let id = self.new_upload().await?;
        let algorithm = digest.algorithm();
        let seen = Seen { algorithm, size: 0 };
        self.registry.recent.note(&self.name, &id, seen);
        let mut upload = self.upload_hashed_by(&id, algorithm).await?;
        match upload.receive(None, frames).await {
            Ok(_) => upload.commit(digest).await,
            Err(error) => {
                // It cannot be continued: its sender does not know its name.
                upload.cancel().await?;
                Err(error)
            }
        }
    }

    /// Takes the turn at an upload. A request that holds it gives way: its client has
    /// lost the connection and come back.
    ///
    /// # Errors
    /// `UploadUnknown`; `UploadBusy` when the holder does not give way in time.
    pub async fn upload(&self, id: &UploadId) -> Result<Upload> {
        self.take_upload(id, None).await
    }

    /// As [`Repository::upload`], by who knows already which algorithm the digest will have:
    /// what is still empty is hashed by it.
    ///
    /// # Errors
    /// As [`Repository::upload`].
    pub async fn upload_hashed_by(&self, id: &UploadId, algorithm: Algorithm) -> Result<Upload> {
        self.take_upload(id, Some(algorithm)).await
    }

    async fn take_upload(&self, id: &UploadId, algorithm: Option<Algorithm>) -> Result<Upload> {
        let turn = self.registry.sessions.enter(&self.name, id).await?;
        let seen = self.registry.recent.take(&self.name, id);
        if seen.is_none() {
            self.upload_must_exist(id).await?;
        }
        let begun = seen.map(|seen| seen.algorithm);
        let sink = self.open_sink(id, algorithm, begun).await?;
        // Another process was there meanwhile, and may have ended it.
        if seen.is_some_and(|seen| seen.size != sink.len()) {
            self.upload_must_exist(id).await?;
        }
        Ok(Upload {
            repository: self.clone(),
            id: id.clone(),
            sink,
            turn: Arc::new(turn),
        })
    }

    /// Where the upload stands, without disturbing it.
    ///
    /// # Errors
    /// `UploadUnknown`.
    pub async fn upload_status(&self, id: &UploadId) -> Result<UploadStatus> {
        // Bytes alone are what is left of a removal that was cut short.
        self.upload_must_exist(id).await?;
        let data = Key::UploadData(&self.name, id).path();
        let size = match self.store().size(&data).await {
            Ok(size) => size,
            Err(StoreError::NotFound(_)) => 0,
            Err(error) => return Err(error.into()),
        };
        Ok(UploadStatus {
            id: id.clone(),
            size,
        })
    }

    /// What is started has nothing to lose, so it need not survive power loss: a client that
    /// finds its upload gone starts another one. As soon as there are bytes, the sync of
    /// their directory keeps this name as well; the time is in the name of the upload too.
    async fn new_upload(&self) -> Result<UploadId> {
        #[expect(
            clippy::expect_used,
            reason = "a UUID has hexadecimal digits and hyphens only"
        )]
        let id: UploadId = Uuid::now_v7()
            .to_string()
            .parse()
            .expect("a UUID is an upload id");
        let now = jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string();
        let path = Key::UploadStartedAt(&self.name, &id).path();
        self.store()
            .put(&path, Bytes::from(now), Durability::Lazy)
            .await?;
        Ok(id)
    }

    async fn upload_must_exist(&self, id: &UploadId) -> Result<()> {
        match self
            .store()
            .size(&Key::UploadStartedAt(&self.name, id).path())
            .await
        {
            Ok(_) => Ok(()),
            Err(StoreError::NotFound(_)) => Err(Error::UploadUnknown(id.clone())),
            Err(error) => Err(error.into()),
        }
    }
}

// === impl Upload ===

impl Upload {
    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> UploadStatus {
        UploadStatus {
            id: self.id.clone(),
            size: self.sink.len(),
        }
    }

    /// Appends a chunk and suspends the upload; everything received is durable then.
    ///
    /// # Errors
    /// `OutOfOrder`, `SizeMismatch`, `Interrupted`, `UploadSuperseded`; what was received
    /// is kept all the same.
    pub async fn append<F: Frames>(
        mut self,
        range: Option<ContentRange>,
        frames: &mut F,
    ) -> Result<UploadStatus> {
        self.must_continue_at(range)?;
        let received = self.receive(range, frames).await;
        self.suspended().await?;
        received
    }

    /// Appends the last chunk, if there is one, and makes the upload a blob.
    ///
    /// # Errors
    /// As [`Upload::append`]; `DigestMismatch`, after which nothing is left of it; `Busy` when
    /// others remove what it writes.
    pub async fn finish<F: Frames>(
        mut self,
        range: Option<ContentRange>,
        frames: &mut F,
        digest: Digest,
    ) -> Result<()> {
        self.must_continue_at(range)?;
        if let Err(error) = self.receive(range, frames).await {
            self.suspended().await?;
            return Err(error);
        }
        self.commit(digest).await
    }

    /// Ends it and removes what was received.
    ///
    /// # Errors
    /// The store's.
    pub async fn cancel(self) -> Result<()> {
        self.discard().await
    }

    /// Leaves the upload to a later request. Its bytes are made durable before the state of
    /// their hash is kept: after power loss the state must not vouch for bytes that are gone.
    async fn suspended(self) -> Result<()> {
        // After a failed write, what the store has is for the next request to find out.
        if !self.sink.is_whole() {
            return Ok(());
        }
        let upload = self.synced().await?;
        // Few bytes are as quickly hashed again.
        let is_few = upload.sink.content().is_some();
        if let Some(hasher) = upload.sink.hasher().filter(|_| !is_few).cloned() {
            upload.repository.keep_hash_state(&upload.id, &hasher).await;
        }
        if let Some(hasher) = upload.sink.hasher() {
            let Repository { registry, name } = &upload.repository;
            let seen = Seen {
                algorithm: hasher.algorithm(),
                size: upload.sink.len(),
            };
            registry.recent.note(name, &upload.id, seen);
        }
        Ok(())
    }

    /// Refuses a chunk that does not start where the upload stands.
    fn must_continue_at(&self, range: Option<ContentRange>) -> Result<()> {
        let size = self.sink.len();
        match range {
            Some(ContentRange { start, .. }) if start != size => {
                Err(Error::OutOfOrder { start, size })
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn receive<F: Frames>(
        &mut self,
        range: Option<ContentRange>,
        frames: &mut F,
    ) -> Result<UploadStatus> {
        let size = self.sink.len();
        match self.sink.receive(frames, &self.turn).await? {
            End::Complete => {}
            End::Broken(error) => return Err(Error::Interrupted(error)),
            End::Revoked => return Err(Error::UploadSuperseded(self.id.clone())),
        }
        let received = self.sink.len() - size;
        match range {
            Some(range) if range.len() != received => Err(Error::SizeMismatch {
                announced: range.len(),
                received,
            }),
            Some(_) | None => Ok(self.status()),
        }
    }
}
