//! Blobs of a repository: reading, mounting, removing.

use std::time::Instant;

use wharf_spec::{Digest, RepositoryName};
use wharf_store::{Fetch, FetchMethod, Locate, Payload, StoreError, StorePath};

use crate::contents::{self, Content};
use crate::descriptors::Layer;
use crate::key::Key;
use crate::reliance::Holding;
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

    /// The URL at which a client can have the blob, if this repository holds it and clients are
    /// sent elsewhere; nothing also where no URL could be had, which is logged.
    ///
    /// # Errors
    /// As [`Repository::blob`].
    pub async fn blob_elsewhere(&self, digest: Digest, fetch: Fetch) -> Result<Option<String>> {
        match &self.registry.around.locator {
            // Hardly anybody has one, and every pull would take the memory.
            Some(locator) => Box::pin(self.located(&**locator, digest, fetch)).await,
            None => Ok(None),
        }
    }

    async fn located(
        &self,
        locator: &dyn Locate,
        digest: Digest,
        fetch: Fetch,
    ) -> Result<Option<String>> {
        let target = match fetch.method {
            FetchMethod::Get => match self.remembered(digest).await {
                // What has gone since is not found there either.
                Some(target) => target,
                None => self.existing_target(digest).await?,
            },
            FetchMethod::Head => {
                let target = self.existing_target(digest).await?;
                let link = Key::LayerLink(&self.name, digest).path();
                // Whoever asks for the size relies on its being there.
                if !self.is_relied_on(&link, target).await {
                    return Err(Error::BlobUnknown(digest));
                }
                target
            }
        };
        match locator.locate(&Key::BlobData(target).path(), fetch).await {
            Ok(url) => Ok(url),
            Err(error) => {
                // It can be had here all the same.
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(repo = %self.name, %error, cause, "a client could not be sent elsewhere");
                Ok(None)
            }
        }
    }

    /// Where the data of a blob was when somebody last looked for it here.
    async fn remembered(&self, digest: Digest) -> Option<Digest> {
        let descriptors = self.registry.around.descriptors.as_ref()?;
        let layer = descriptors.layer(&self.name, digest).await.ok()??;
        Some(layer.target)
    }

    /// Where the data of a blob is, if this repository holds it. That is remembered.
    async fn existing_target(&self, digest: Digest) -> Result<Digest> {
        let looked = Instant::now();
        let Some(target) = self.layer_target(digest).await? else {
            return Err(Error::BlobUnknown(digest));
        };
        let size = self.store().size(&Key::BlobData(target).path()).await;
        let size = size.map_err(|error| self.without_data(digest, error))?;
        self.remember(digest, Layer { target, size }, looked).await;
        Ok(target)
    }

    /// Has others know of a layer that the store had at `looked`.
    pub(crate) async fn remember(&self, digest: Digest, layer: Layer, looked: Instant) {
        if let Some(descriptors) = &self.registry.around.descriptors {
            let remembered = descriptors.remember(&self.name, digest, layer, looked);
            remembered.await;
        }
    }

    /// The bytes of a blob: from memory or from the cache if they are kept there, else as the
    /// store has them. It is asked in any case whether they are there.
    async fn data(&self, target: Digest) -> wharf_store::Result<Payload> {
        let path = Key::BlobData(target).path();
        if !self.registry.contents.is_on() {
            return self.open_data(target, &path).await;
        }
        if let Some(content) = self.content(target, &path).await? {
            return Ok(Payload::Bytes(content.bytes));
        }
        let cache = self.registry.around.cache.as_ref();
        if cache.is_some_and(|cache| cache.holds(target)) {
            return self.open_data(target, &path).await;
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
            Err(StoreError::TooLarge { .. }) => self.open_data(target, &path).await,
            Err(error) => Err(error),
        }
    }

    async fn open_data(&self, target: Digest, path: &StorePath) -> wharf_store::Result<Payload> {
        let payload = self.store().open(path).await?;
        Ok(match &self.registry.around.cache {
            // Large, and seldom there.
            Some(cache) => Box::pin(cache.nearer(target, payload)).await,
            None => payload,
        })
    }

    /// The size of the blob in bytes, if this repository holds it. Whoever asks will rely on
    /// its being there.
    ///
    /// # Errors
    /// As [`Repository::blob`].
    pub async fn blob_size(&self, digest: Digest) -> Result<u64> {
        let unknown = Error::BlobUnknown(digest);
        let link = Key::LayerLink(&self.name, digest).path();
        let Some(target) = link::read(self.store(), &link).await? else {
            return Err(unknown);
        };
        let size = self.store().size(&Key::BlobData(target).path()).await;
        let size = size.map_err(|error| self.without_data(digest, error))?;
        if self.is_relied_on(&link, target).await {
            Ok(size)
        } else {
            Err(unknown)
        }
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
    /// The store's; `Busy` when others remove what it does.
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
        match self.hold_layer(digest, target).await? {
            Holding::Held => Ok(Mount::Mounted),
            Holding::Gone => Ok(Mount::Absent),
        }
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
