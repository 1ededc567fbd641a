//! Repositories of registries.

mod referrers;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use wharf_client::{ClientError, ImageName, PushedBlob, RegistryClient, RegistryHost};
use wharf_hash::StreamHasher;
use wharf_spec::{Algorithm, Descriptor, Digest, Manifest, Reference, RepositoryName};

use crate::manifests::descriptor;
use crate::source::{Root, Source};
use crate::target::{PlacedManifest, Role, Taken, Target};
use crate::{Attached, Blob, BlobStream, ImageError, attached};

/// A repository that is read, and the image of it that is meant.
#[derive(Debug)]
pub struct RegistrySource {
    client: RegistryClient,
    name: ImageName,
    /// The root, which is asked for by its tag and then by its digest.
    root: Mutex<Option<(Digest, Bytes)>>,
}

/// A repository that is written, and what the image is to be called there.
#[derive(Debug)]
pub struct RegistryTarget {
    client: RegistryClient,
    name: ImageName,
    /// One list of referrers is written at a time.
    listing: tokio::sync::Mutex<()>,
}

// === impl RegistrySource ===

impl RegistrySource {
    /// An image of the registry that `client` speaks with.
    #[must_use]
    pub const fn new(client: RegistryClient, name: ImageName) -> Self {
        Self {
            client,
            name,
            root: Mutex::new(None),
        }
    }

    fn after(&self, descriptor: &Descriptor, begun: StreamHasher) -> BlobStream {
        let repository = &self.name.repository;
        // Old manifests leave sizes out, which is read as zero.
        let size = Some(descriptor.size).filter(|size| *size > 0);
        let reader = self
            .client
            .blob_after(repository, descriptor.digest, size, begun);
        BlobStream::new(reader.into_stream().map_err(ImageError::from))
    }
}

#[async_trait]
impl Source for RegistrySource {
    fn place(&self) -> String {
        self.name.to_string()
    }

    async fn roots(&self) -> Result<Vec<Root>, ImageError> {
        let reference = self.name.reference();
        let reference = reference.ok_or_else(|| nameless(&self.place()))?;
        let fetched = self.client.manifest(&self.name.repository, &reference, &[]);
        let fetched = fetched.await?;
        let size = fetched.bytes.len() as u64;
        let descriptor = descriptor(&fetched.media_type, fetched.digest, size);
        let mut root = self.root.lock().unwrap_or_else(PoisonError::into_inner);
        *root = Some((fetched.digest, fetched.bytes));
        let is_named = self.name.tag.is_some();
        let names = is_named.then(|| {
            let digest = None;
            let name = ImageName {
                digest,
                ..self.name.clone()
            };
            name.to_string()
        });
        Ok(vec![Root {
            descriptor,
            names: names.into_iter().collect(),
        }])
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<Bytes, ImageError> {
        let root = self
            .root
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some((_, bytes)) = root.filter(|(digest, _)| *digest == descriptor.digest) {
            return Ok(bytes);
        }
        let reference = Reference::Digest(descriptor.digest);
        let fetched = self.client.manifest(&self.name.repository, &reference, &[]);
        Ok(fetched.await?.bytes)
    }

    async fn blob(&self, descriptor: &Descriptor) -> Result<BlobStream, ImageError> {
        let begun = StreamHasher::new(descriptor.digest.algorithm());
        Ok(self.after(descriptor, begun))
    }

    fn rest(&self, descriptor: &Descriptor, begun: StreamHasher) -> Option<BlobStream> {
        Some(self.after(descriptor, begun))
    }

    async fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, ImageError> {
        let referrers = self.client.referrers(&self.name.repository, subject, None);
        Ok(referrers.await?)
    }

    /// Such tags are asked for one by one: a list of all tags may be long.
    async fn attached(&self, subject: &Digest) -> Result<Vec<Attached>, ImageError> {
        let mut attached = Vec::new();
        for tag in attached::tags(subject) {
            let reference = Reference::Tag(tag.clone());
            let head = self
                .client
                .manifest_head(&self.name.repository, &reference, &[]);
            match head.await {
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
                Ok(_) => {
                    let fetched = self.client.manifest(&self.name.repository, &reference, &[]);
                    let fetched = fetched.await?;
                    let size = fetched.bytes.len() as u64;
                    let descriptor = descriptor(&fetched.media_type, fetched.digest, size);
                    attached.push(Attached { tag, descriptor });
                }
            }
        }
        Ok(attached)
    }

    fn home(&self) -> Option<(&RegistryHost, &RepositoryName)> {
        Some((&self.name.registry, &self.name.repository))
    }
}

// === impl RegistryTarget ===

impl RegistryTarget {
    /// An image-to-be of the registry that `client` speaks with. The client has no mirrors:
    /// what a mirror has need not be there.
    #[must_use]
    pub fn new(client: RegistryClient, name: ImageName) -> Self {
        Self {
            client,
            name,
            listing: tokio::sync::Mutex::default(),
        }
    }

    /// What the root is written under, its tag last. A digest that was asked for has to be
    /// the root's.
    fn references(&self, by_digest: Reference) -> Result<Vec<Reference>, ImageError> {
        let own = self.name.digest.map(Reference::Digest);
        let is_other = match &by_digest {
            Reference::Digest(digest) => digest.algorithm() != Algorithm::Sha256,
            Reference::Tag(_) => false,
        };
        // By its tag alone, the registry would know it under another digest.
        let own = own.or_else(|| is_other.then_some(by_digest));
        let tag = self.name.tag.clone().map(Reference::Tag);
        let references: Vec<_> = own.into_iter().chain(tag).collect();
        if references.is_empty() {
            return Err(nameless(&self.place()));
        }
        Ok(references)
    }
}

#[async_trait]
impl Target for RegistryTarget {
    fn place(&self) -> String {
        self.name.to_string()
    }

    async fn has_manifest(&self, digest: &Digest) -> Result<bool, ImageError> {
        let reference = Reference::Digest(*digest);
        let head = self
            .client
            .manifest_head(&self.name.repository, &reference, &[]);
        match head.await {
            Ok(_) => Ok(true),
            // Who asks for a repository that is to come is told that it may not be seen.
            Err(ClientError::NotFound { .. } | ClientError::Denied { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn put_blob(&self, blob: &Blob) -> Result<Taken, ImageError> {
        let home = blob
            .home()
            .filter(|(registry, _)| **registry == self.name.registry);
        let others: Vec<_> = home
            .map(|(_, repository)| repository.clone())
            .into_iter()
            .collect();
        let Descriptor { digest, size, .. } = blob.descriptor;
        let source = Arc::new(blob.clone());
        let repository = &self.name.repository;
        let pushed = self
            .client
            .push_blob(repository, &digest, size, source, &others);
        Ok(match pushed.await? {
            PushedBlob::Existed => Taken::Existed,
            PushedBlob::Mounted(from) => Taken::Mounted(from),
            PushedBlob::Uploaded => Taken::Stored,
        })
    }

    async fn put_manifest(&self, manifest: PlacedManifest) -> Result<(), ImageError> {
        let PlacedManifest {
            descriptor,
            bytes,
            role,
        } = manifest;
        let by_digest = Reference::Digest(descriptor.digest);
        let repository = &self.name.repository;
        // What it says of itself is what the registry compares; if it says nothing, what it was
        // said to be.
        let parsed = Manifest::parse(bytes.clone(), Some(&descriptor.media_type));
        let parsed = parsed
            .or_else(|_| Manifest::parse(bytes.clone(), None))
            .ok();
        let own = parsed
            .as_ref()
            .map(|it| it.media_type().as_str().to_owned());
        let media_type = own.unwrap_or(descriptor.media_type);
        let references = match role {
            Role::Child | Role::Referrer => vec![by_digest],
            Role::Attached(tag) => vec![Reference::Tag(tag)],
            Role::Root(_) => self.references(by_digest)?,
        };
        let mut subject_noted = true;
        for reference in &references {
            let push = self
                .client
                .push_manifest(repository, reference, &media_type, bytes.clone());
            subject_noted = push.await?.subject_noted;
        }
        if let Some((manifest, subject)) = parsed.as_ref().and_then(|it| Some((it, it.subject()?)))
            && !subject_noted
        {
            let _turn = self.listing.lock().await;
            let referrer = manifest.descriptor(descriptor.digest);
            referrers::list(&self.client, repository, &subject.digest, referrer).await?;
        }
        Ok(())
    }

    /// Every request was answered when it was done.
    async fn finish(&self) -> Result<(), ImageError> {
        Ok(())
    }
}

// === private ===

fn nameless(place: &str) -> ImageError {
    ImageError::Unsupported {
        place: place.to_owned(),
        problem: "it has neither a tag nor a digest".to_owned(),
    }
}
