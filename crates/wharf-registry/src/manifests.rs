//! Manifests of a repository: pushing, reading, removing.

mod references;
mod storing;
mod urls;

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use wharf_spec::{
    Algorithm, Digest, Manifest, ManifestError, ManifestType, Reference, RepositoryName, Tag,
};
use wharf_store::{Removal, StoreError};

use crate::contents::Content;
use crate::key::Key;
use crate::reliance::PAUSES;
use crate::repository::to_the_end;
use crate::turns::Held;
use crate::{Error, Repository, Result, link};

/// The most bytes a pushed manifest may have (OCI distribution-spec, "Pushing Manifests").
pub const MANIFEST_LIMIT: usize = 4 << 20;

/// A manifest as it was pushed.
#[derive(Clone, Debug)]
pub struct StoredManifest {
    /// The digest of its bytes, by the algorithm it was asked or tagged by.
    pub digest: Digest,
    /// Its kind.
    pub media_type: ManifestType,
    /// The very bytes.
    pub bytes: Bytes,
}

/// What a push of a manifest did.
#[derive(Clone, Debug)]
pub struct PushedManifest {
    /// Its digest.
    pub digest: Digest,
    /// The manifest it refers to, under which it is listed from now on.
    pub subject: Option<Digest>,
}

impl Repository {
    /// The manifest that the reference stands for.
    ///
    /// # Errors
    /// `ManifestUnknown`, also where only another repository holds it.
    pub async fn manifest(&self, reference: &Reference) -> Result<StoredManifest> {
        let unknown = || Error::ManifestUnknown(reference.clone());
        let digest = match reference {
            Reference::Digest(digest) => *digest,
            Reference::Tag(tag) => self.tag_target(tag).await?.ok_or_else(unknown)?,
        };
        let link = Key::RevisionLink(&self.name, digest).path();
        let Some(target) = link::read(self.store(), &link).await? else {
            if let Reference::Tag(tag) = reference {
                tracing::warn!(path = %link, %tag, "a tag leads to a manifest that the repository does not hold");
            }
            return Err(unknown());
        };
        let (bytes, media_type) = self.usable_bytes(target).await?.ok_or_else(unknown)?;
        match reference {
            // Whoever asks may refer to it next, or come again.
            Reference::Digest(_) => {
                if !self.is_relied_on(&link, target).await {
                    return Err(unknown());
                }
            }
            Reference::Tag(_) => {}
        }
        Ok(StoredManifest {
            digest,
            media_type,
            bytes,
        })
    }

    /// The bytes of a manifest and its kind, if they are there and can be used.
    async fn usable_bytes(&self, target: Digest) -> Result<Option<(Bytes, ManifestType)>> {
        let path = Key::BlobData(target).path();
        let kept = match self.content(target, &path).await {
            Err(error) => return self.without_bytes(error),
            Ok(Some(Content {
                bytes,
                manifest: Some(media_type),
            })) => return Ok(Some((bytes, media_type))),
            Ok(kept) => kept,
        };
        let bytes = match kept {
            Some(content) => content.bytes,
            None => match self.store().read(&path, READ_LIMIT).await {
                Ok(bytes) => bytes,
                Err(error) => return self.without_bytes(error),
            },
        };
        // Only the kind is needed, and it is found without reading every descriptor.
        let Some(media_type) = self.usable(target, Manifest::detect(&bytes)) else {
            return Ok(None);
        };
        let content = Content {
            bytes: bytes.clone(),
            manifest: Some(media_type),
        };
        self.registry.contents.keep(target, content);
        Ok(Some((bytes, media_type)))
    }

    /// Stores a manifest under its digest, and lets tags point to it: the reference if it
    /// is a tag, and `tags`.
    ///
    /// # Errors
    /// `ManifestInvalid`; `LayerUrl`, `LayerUrlMissing`, `ClassUnknown` and `ClassDenied`
    /// where the operator wants none such; `DigestMismatch` when the reference is another
    /// digest; `ReferencesUnknown` with everything that is missing; `Busy` when others remove
    /// what it writes.
    pub async fn push_manifest(
        &self,
        bytes: Bytes,
        content_type: Option<&str>,
        reference: &Reference,
        mut tags: Vec<Tag>,
    ) -> Result<PushedManifest> {
        let algorithm = match reference {
            Reference::Digest(digest) => digest.algorithm(),
            Reference::Tag(tag) => {
                tags.push(tag.clone());
                Algorithm::Sha256
            }
        };
        let content_type = content_type.map(str::to_owned);
        let (manifest, digest) = self.examine(bytes, content_type, algorithm).await?;
        match reference {
            Reference::Digest(named) if *named != digest => {
                return Err(Error::DigestMismatch {
                    named: *named,
                    computed: digest,
                });
            }
            Reference::Digest(_) | Reference::Tag(_) => {}
        }
        let held = self.check_references(&manifest).await?;
        let repository = self.clone();
        to_the_end(async move {
            repository
                .store_manifest(&manifest, digest, &tags, held)
                .await
        })
        .await
    }

    /// Parses and hashes a manifest and applies the operator's policies to it, off the async
    /// workers if that takes long.
    async fn examine(
        &self,
        bytes: Bytes,
        content_type: Option<String>,
        algorithm: Algorithm,
    ) -> Result<(Manifest, Digest)> {
        let small = bytes.len() <= INLINE;
        let registry = Arc::clone(&self.registry);
        let examine = move || {
            let digest = wharf_hash::digest(algorithm, &bytes);
            let manifest = Manifest::parse(bytes, content_type.as_deref())?;
            registry.options.classes.check(&manifest)?;
            urls::check(&registry.options.urls, &manifest)?;
            Ok((manifest, digest))
        };
        if small {
            return examine();
        }
        match tokio::task::spawn_blocking(examine).await {
            Ok(examined) => examined,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is going down, and this task with it.
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// Takes the manifest and every tag that points to it out of this repository.
    ///
    /// # Errors
    /// `DeletionDisabled`, `ManifestUnknown`.
    pub async fn delete_manifest(&self, digest: Digest) -> Result<()> {
        self.deletion_allowed()?;
        let repository = self.clone();
        to_the_end(async move { repository.remove_manifest(digest).await }).await
    }

    async fn remove_manifest(&self, digest: Digest) -> Result<()> {
        let unknown = || Error::ManifestUnknown(Reference::Digest(digest));
        let _turn = self.manifest_turn(digest).await?;
        if self.revision_target(digest).await?.is_none() {
            return Err(unknown());
        }
        let manifest = self.revision(digest).await?;
        let mut moment = self.store().now().await?;
        let mut tags = self.tags_at(digest).await?;
        self.throw_away_manifest(digest, &tags).await?;
        for pause in PAUSES {
            match self.remove_revision(digest, &tags, moment).await? {
                Removal::Removed(_) => {
                    return match manifest.as_ref().and_then(Manifest::subject) {
                        Some(subject) => self.forget_referrer(subject.digest, digest).await,
                        None => Ok(()),
                    };
                }
                Removal::Absent => return Err(unknown()),
                // Somebody has just pushed it elsewhere, maybe under another tag.
                Removal::Kept => {}
            }
            moment = self.moment_after(pause).await?;
            tags = self.tags_at(digest).await?;
        }
        Err(Error::Busy)
    }

    /// Tags first: a crash in between leaves a manifest without tags, never a tag without one.
    async fn remove_revision(
        &self,
        digest: Digest,
        tags: &[Tag],
        moment: SystemTime,
    ) -> Result<Removal> {
        for tag in tags {
            if self.untag(tag, digest, moment).await? == Removal::Kept {
                return Ok(Removal::Kept);
            }
        }
        let link = Key::RevisionLink(&self.name, digest).path();
        self.take_away(&link, moment).await
    }

    /// The manifest with this digest, if the repository holds it and it can be used.
    pub(crate) async fn revision(&self, digest: Digest) -> Result<Option<Manifest>> {
        let Some(target) = self.revision_target(digest).await? else {
            return Ok(None);
        };
        let bytes = self.stored_bytes(target).await?;
        Ok(bytes.and_then(|bytes| self.usable(target, Manifest::parse(bytes, None))))
    }

    /// Keeps a deletion of a manifest apart from its pushes.
    async fn manifest_turn(&self, digest: Digest) -> Result<Held<'_, (RepositoryName, Digest)>> {
        let key = (self.name.clone(), digest);
        self.registry.manifest_turns.take(key).await
    }

    /// The bytes of a manifest that the repository holds, if they are there.
    pub(crate) async fn stored_bytes(&self, target: Digest) -> Result<Option<Bytes>> {
        match self
            .store()
            .read(&Key::BlobData(target).path(), READ_LIMIT)
            .await
        {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => self.without_bytes(error),
        }
    }

    /// Damage that the operator must hear of, and absence to the client.
    fn without_bytes<T>(&self, error: StoreError) -> Result<Option<T>> {
        match error {
            StoreError::NotFound(_) | StoreError::TooLarge { .. } => {
                tracing::warn!(repo = %self.name, %error, "the repository links a manifest that cannot be read");
                Ok(None)
            }
            StoreError::Full { .. } | StoreError::Io { .. } => Err(error.into()),
        }
    }

    /// What cannot be used (damage, schema 1) is absent to clients; the operator hears of it.
    fn usable<T>(
        &self,
        target: Digest,
        parsed: std::result::Result<T, ManifestError>,
    ) -> Option<T> {
        let path = || Key::BlobData(target).path();
        parsed
            .inspect_err(|error| tracing::warn!(repo = %self.name, path = %path(), %error, "a stored manifest cannot be used"))
            .ok()
    }
}

/// Bytes that are parsed and hashed in less time than it takes to hand them over.
const INLINE: usize = 64 << 10;
/// Other registries had no limit of their own: what they stored is still served.
const READ_LIMIT: u64 = 32 << 20;
