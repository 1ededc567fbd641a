//! Blobs of a repository: reading, mounting, removing.

use wharf_spec::{Digest, RepositoryName};
use wharf_store::{Payload, StoreError};

use crate::contents::{self, Content};
use crate::key::Key;
use crate::{Error, Repository, Result, link};

/// A blob that can be sent.
#[derive(Debug)]
pub struct Blob {
    /// The digest it was asked by.
    pub digest: Digest,
    /// Its bytes, not read yet.
    pub payload: Payload,
}

/// What became of the wish to mount a blob.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mount {
    /// The repository holds it now.
    Mounted,
    /// It is not where the client looked: it has to be uploaded.
    Absent,
}

impl Repository {
    /// The blob, if this repository holds it.
    ///
    /// # Errors
    /// `BlobUnknown`, also where only another repository holds it.
    pub async fn blob(&self, digest: Digest) -> Result<Blob> {
        let target = self
            .layer_target(digest)
            .await?
            .ok_or(Error::BlobUnknown(digest))?;
        let payload = self.data(target).await;
        let payload = payload.map_err(|error| self.without_data(digest, error))?;
        Ok(Blob { digest, payload })
    }

    /// The bytes of a blob: from memory if they are kept there, else as the store has them.
    async fn data(&self, target: Digest) -> wharf_store::Result<Payload> {
        let path = Key::BlobData(target).path();
        if !self.registry.contents.is_on() {
            return self.store().open(&path).await;
        }
        if let Some(content) = self.content(target, &path).await? {
            return Ok(Payload::Bytes(content.bytes));
        }
        match self.store().read(&path, contents::LARGEST).await {
            Ok(bytes) => {
                let content = Content {
                    bytes: bytes.clone(),
                    manifest: None,
                };
                self.registry.contents.keep(target, content);
                Ok(Payload::Bytes(bytes))
            }
            Err(StoreError::TooLarge { .. }) => self.store().open(&path).await,
            Err(error) => Err(error),
        }
    }

    /// The size of the blob in bytes, if this repository holds it.
    ///
    /// # Errors
    /// As [`Repository::blob`].
    pub async fn blob_size(&self, digest: Digest) -> Result<u64> {
        let target = self
            .layer_target(digest)
            .await?
            .ok_or(Error::BlobUnknown(digest))?;
        let size = self.store().size(&Key::BlobData(target).path()).await;
        size.map_err(|error| self.without_data(digest, error))
    }

    /// Takes the blob out of this repository. Its bytes stay until a collection.
    ///
    /// # Errors
    /// `DeletionDisabled`, `BlobUnknown`.
    pub async fn delete_blob(&self, digest: Digest) -> Result<()> {
        self.deletion_allowed()?;
        let removed = self
            .store()
            .remove(&Key::LayerLink(&self.name, digest).path())
            .await;
        match removed {
            Err(StoreError::NotFound(_)) => Err(Error::BlobUnknown(digest)),
            other => Ok(other?),
        }
    }

    /// Makes this repository hold a blob that `from` holds, or without `from`, that any
    /// repository holds.
    ///
    /// # Errors
    /// The store's.
    pub async fn mount(&self, digest: Digest, from: Option<&RepositoryName>) -> Result<Mount> {
        let target = match from {
            None => Some(digest),
            Some(from) => link::read(self.store(), &Key::LayerLink(from, digest).path()).await?,
        };
        let Some(target) = target else {
            return Ok(Mount::Absent);
        };
        if !self.has_settled_data(target).await? {
            return Ok(Mount::Absent);
        }
        let link = link::change(Key::LayerLink(&self.name, digest), target);
        self.store().commit(vec![vec![link]]).await?;
        Ok(Mount::Mounted)
    }

    /// A link without data is damage that the operator must hear of, and absence to the client.
    fn without_data(&self, digest: Digest, error: StoreError) -> Error {
        if !error.is_not_found() {
            return error.into();
        }
        tracing::warn!(repo = %self.name, %error, "the repository links a blob that has no data");
        Error::BlobUnknown(digest)
    }
}
