//! Manifests: the raw bytes, kept for ever, beside what was read from them once.

mod error;
mod field_names;
mod shape;
mod wire;

use std::collections::BTreeMap;

use bytes::Bytes;

pub use self::error::ManifestError;
use self::shape::Shape;
use self::wire::WireManifest;
use crate::json::Object;
use crate::{Descriptor, Digest, ManifestType};

/// A manifest that a registry may store: of a known type, about one thing only, with valid
/// digests throughout (image-spec: manifest.md, image-index.md).
///
/// What it refers to need not exist, and its own digest is not known here: both are for
/// whoever holds a store and a hash.
#[derive(Clone, Debug)]
pub struct Manifest {
    bytes: Bytes,
    media_type: ManifestType,
    config: Option<Descriptor>,
    layers: Vec<Descriptor>,
    children: Vec<Descriptor>,
    subject: Option<Descriptor>,
    artifact_type: Option<String>,
    annotations: BTreeMap<String, String>,
}

// === impl Manifest ===

impl Manifest {
    /// Reads a manifest that was pushed with `content_type`, or that was stored, when it is
    /// `None`. distribution: storage/manifeststore.go, `Get`; manifests.go
    ///
    /// A body that could be read as an image and as an index is refused (CVE-2021-41190), and
    /// so is one with field names that only differ in case from ours, since Go programs would
    /// read them and we would not.
    ///
    /// # Errors
    /// Each says what the author of the manifest should change.
    pub fn parse(bytes: Bytes, content_type: Option<&str>) -> Result<Self, ManifestError> {
        let Object(wire) = serde_json::from_slice::<Object<WireManifest>>(&bytes)?;
        let media_type = wire.shape().media_type(content_type)?;
        field_names::check(&bytes)?;
        wire.into_manifest(bytes, media_type)
    }

    /// Only the type of a stored manifest: enough to serve it, and cheaper than reading it
    /// all. It also serves what an older registry stored and [`Manifest::parse`] would refuse
    /// for its descriptors.
    ///
    /// # Errors
    /// When it has no type that can be told.
    pub fn detect(bytes: &[u8]) -> Result<ManifestType, ManifestError> {
        let Object(shape) = serde_json::from_slice::<Object<Shape<'_>>>(bytes)?;
        shape.media_type(None)
    }

    /// The manifest as it was pushed, byte for byte.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What it is.
    #[must_use]
    pub const fn media_type(&self) -> ManifestType {
        self.media_type
    }

    /// The configuration; an image manifest has one, an index has none.
    #[must_use]
    pub const fn config(&self) -> Option<&Descriptor> {
        self.config.as_ref()
    }

    /// The layers of an image manifest, the lowest first.
    #[must_use]
    pub fn layers(&self) -> &[Descriptor] {
        &self.layers
    }

    /// The manifests that an index lists.
    #[must_use]
    pub fn children(&self) -> &[Descriptor] {
        &self.children
    }

    /// Everything that must be kept for this manifest to be whole: configuration, layers and
    /// children. The subject is not among them: it may be missing.
    pub fn references(&self) -> impl Iterator<Item = &Descriptor> {
        self.config.iter().chain(&self.layers).chain(&self.children)
    }

    /// The manifest that this one is about (distribution-spec: "Listing Referrers").
    #[must_use]
    pub const fn subject(&self) -> Option<&Descriptor> {
        self.subject.as_ref()
    }

    /// The type that a list of referrers shows and filters by: `artifactType`, else an image
    /// manifest's configuration's media type (distribution-spec: "Listing Referrers").
    #[must_use]
    pub fn artifact_type(&self) -> Option<&str> {
        let of_config = self
            .config
            .as_ref()
            .map(|config| config.media_type.as_str());
        self.artifact_type
            .as_deref()
            .or(of_config)
            .filter(|text| !text.is_empty())
    }

    /// Whatever the author wanted to add.
    #[must_use]
    pub const fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }

    /// This manifest as a list of referrers shows it (distribution-spec: "Listing
    /// Referrers"), given its digest.
    #[must_use]
    pub fn descriptor(&self, digest: Digest) -> Descriptor {
        Descriptor {
            media_type: self.media_type.as_str().to_owned(),
            digest,
            size: self.bytes.len() as u64,
            urls: Vec::new(),
            annotations: self.annotations.clone(),
            platform: None,
            artifact_type: self.artifact_type().map(str::to_owned),
        }
    }
}
