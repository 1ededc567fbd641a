//! Blobs of a repository: reading, mounting, removing.

use wharf_spec::{Digest, RepositoryName};
use wharf_store::{Payload, StoreError};

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
        let opened = self.store().open(&Key::BlobData(target).path()).await;
        let payload = opened.map_err(|error| self.without_data(digest, error))?;
        Ok(Blob { digest, payload })
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
