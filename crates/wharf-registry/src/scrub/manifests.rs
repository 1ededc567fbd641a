//! Every manifest is compared with what it refers to.

use bytes::Bytes;
use wharf_spec::{Descriptor, Digest, Manifest, ManifestError};
use wharf_store::StoreError;

use super::finding::{Finding, FindingKind};
use super::links::{Content, Place, read};
use super::round::{Round, unreadable};
use crate::key::Key;
use crate::{Result, SparseManifests};

/// What a manifest refers to.
enum Part<'a> {
    /// The configuration, or a layer.
    Blob(&'a Descriptor),
    Child(&'a Descriptor),
    /// It may be missing.
    Subject(&'a Descriptor),
}

/// What a repository has of it.
enum Held {
    Nothing,
    Blob(u64),
    Manifest(Digest, u64),
}

// === impl Round ===

impl Round<'_> {
    /// `digest` is what the repository knows it by, `target` where its bytes are.
    pub(super) async fn manifest(&mut self, place: &Place, digest: Digest, target: Digest) {
        let path = Key::BlobData(target).path();
        let bytes = match self.store().read(&path, LARGEST).await {
            Ok(bytes) => bytes,
            Err(StoreError::NotFound(_)) => return,
            Err(error @ StoreError::TooLarge { .. }) => {
                let (kind, detail) = (FindingKind::ManifestInvalid, error.to_string());
                return self.about_manifest(place, digest, kind, detail).await;
            }
            Err(error) => return self.found(place.about(unreadable(&path, &error.into()))),
        };
        self.scrubbed().manifests += 1;
        self.pace.spend(bytes.len() as u64).await;
        match parse(bytes).await {
            Ok(manifest) => self.parts(place, digest, &manifest).await,
            Err(error) => {
                let (kind, detail) = (FindingKind::ManifestInvalid, error.to_string());
                self.about_manifest(place, digest, kind, detail).await;
            }
        }
    }

    async fn parts(&mut self, place: &Place, digest: Digest, manifest: &Manifest) {
        let blobs = manifest.config().into_iter().chain(manifest.layers());
        let parts = blobs
            .map(Part::Blob)
            .chain(manifest.children().iter().map(Part::Child))
            .chain(manifest.subject().map(Part::Subject));
        for part in parts {
            self.looked(|| place.name.to_string()).await;
            match self.part(place, &part).await {
                Ok(None) => {}
                Ok(Some((kind, detail))) => self.about_manifest(place, digest, kind, detail).await,
                Err(error) => {
                    let path = Key::BlobData(part.descriptor().digest).path();
                    self.found(place.about(unreadable(&path, &error)));
                }
            }
        }
    }

    async fn part(&self, place: &Place, part: &Part<'_>) -> Result<Option<(FindingKind, String)>> {
        let descriptor = part.descriptor();
        let digest = descriptor.digest;
        let (target, size) = match self.held(place, part).await? {
            Held::Nothing if self.may_be_missing(part) => return Ok(None),
            Held::Nothing => {
                let aside = self.is_quarantined(digest).await;
                let why = if aside {
                    "is damaged and was moved aside"
                } else {
                    "is missing"
                };
                let detail = format!("{} {digest} {why}", part.word());
                return Ok(Some((FindingKind::MissingPart, detail)));
            }
            Held::Blob(size) => (None, size),
            Held::Manifest(target, size) => (Some(target), size),
        };
        if size != descriptor.size {
            let said = descriptor.size;
            let detail = format!("{} {digest} has {size} bytes, not {said}", part.word());
            return Ok(Some((FindingKind::WrongSize, detail)));
        }
        match (part, target) {
            (Part::Child(_), Some(target)) => self.media_type(descriptor, target).await,
            (Part::Blob(_) | Part::Child(_) | Part::Subject(_), _) => Ok(None),
        }
    }

    /// Whether a child is what the index says.
    async fn media_type(
        &self,
        descriptor: &Descriptor,
        target: Digest,
    ) -> Result<Option<(FindingKind, String)>> {
        let said = descriptor.media_type.as_str();
        let path = Key::BlobData(target).path();
        let bytes = match self.store().read(&path, LARGEST).await {
            Ok(bytes) => bytes,
            // It is looked at for itself.
            Err(StoreError::NotFound(_) | StoreError::TooLarge { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Ok(manifest) = parse(bytes).await else {
            return Ok(None);
        };
        let is = manifest.media_type();
        if said.is_empty() || said == is.as_str() {
            return Ok(None);
        }
        let digest = descriptor.digest;
        let detail = format!("child {digest} is {is}, not {said}");
        Ok(Some((FindingKind::WrongMediaType, detail)))
    }

    async fn held(&self, place: &Place, part: &Part<'_>) -> Result<Held> {
        let digest = part.descriptor().digest;
        let revision = match part {
            Part::Blob(_) => None,
            Part::Child(_) | Part::Subject(_) => Some(Key::RevisionLink(&place.name, digest)),
        };
        if let Some(link) = revision
            && let Some((target, size)) = self.at(link).await?
        {
            return Ok(Held::Manifest(target, size));
        }
        let layer = self.at(Key::LayerLink(&place.name, digest)).await?;
        Ok(layer.map_or(Held::Nothing, |(_, size)| Held::Blob(size)))
    }

    /// What a link leads to, and how large that is.
    async fn at(&self, link: Key<'_>) -> Result<Option<(Digest, u64)>> {
        let Content::To(target) = read(&self.registry.inner, &link.path()).await? else {
            return Ok(None);
        };
        match self.store().size(&Key::BlobData(target).path()).await {
            Ok(size) => Ok(Some((target, size))),
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// As a push would be judged.
    fn may_be_missing(&self, part: &Part<'_>) -> bool {
        let sparse = &self.registry.inner.options.sparse;
        match (part, sparse) {
            (Part::Subject(_), _) | (_, SparseManifests::All) => true,
            (Part::Blob(blob), _) => blob.is_nondistributable(),
            (Part::Child(_), SparseManifests::Indexes) => true,
            (Part::Child(child), SparseManifests::Refused) => child.is_nondistributable(),
            (Part::Child(child), SparseManifests::IndexesBut(platforms)) => {
                !platforms.contain(child.platform.as_ref())
            }
        }
    }

    /// Unless the manifest was deleted meanwhile, and then perhaps what it needs.
    async fn about_manifest(
        &mut self,
        place: &Place,
        digest: Digest,
        kind: FindingKind,
        detail: String,
    ) {
        if matches!(
            read(&self.registry.inner, &place.path).await,
            Ok(Content::Absent)
        ) {
            return;
        }
        let mut finding = Finding::new(kind, place.path.as_str(), detail);
        finding.digest = Some(digest);
        self.found(place.about(finding));
    }
}

// === impl Part ===

impl Part<'_> {
    const fn descriptor(&self) -> &Descriptor {
        match self {
            Self::Blob(descriptor) | Self::Child(descriptor) | Self::Subject(descriptor) => {
                descriptor
            }
        }
    }

    const fn word(&self) -> &'static str {
        match self {
            Self::Blob(_) => "blob",
            Self::Child(_) => "child",
            Self::Subject(_) => "subject",
        }
    }
}

async fn parse(bytes: Bytes) -> std::result::Result<Manifest, ManifestError> {
    if bytes.len() <= INLINE {
        return Manifest::parse(bytes, None);
    }
    let job = tokio::task::spawn_blocking(move || Manifest::parse(bytes, None));
    match job.await {
        Ok(parsed) => parsed,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Bytes that are parsed in less time than it takes to hand them over.
const INLINE: usize = 64 << 10;
/// As much as is served.
const LARGEST: u64 = 32 << 20;
