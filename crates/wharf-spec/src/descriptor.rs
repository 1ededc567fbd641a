//! References to content by digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::json::{Object, or_default};
use crate::{Digest, DigestError, Platform, media_type};

/// What a manifest says of something it refers to (image-spec: descriptor.md).
///
/// A missing media type is read as empty and a missing size as zero: distribution stores
/// such manifests, so they must be readable. Embedded `data` is not kept.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", try_from = "Object<WireDescriptor>")]
pub struct Descriptor {
    /// The type of the content.
    pub media_type: String,
    /// The name of the content.
    pub digest: Digest,
    /// The size of the content, in bytes.
    pub size: u64,
    /// Where else the content may be had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// Whatever the author wanted to add.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// What the content runs on, if it is an entry of an index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The type of the artifact, if the content is a manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
}

/// A descriptor as it was written, its digest not yet checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireDescriptor {
    #[serde(default, deserialize_with = "or_default")]
    media_type: String,
    #[serde(default, deserialize_with = "or_default")]
    digest: String,
    #[serde(default, deserialize_with = "or_default")]
    size: u64,
    #[serde(default, deserialize_with = "or_default")]
    urls: Vec<String>,
    annotations: Option<WireAnnotations>,
    platform: Option<Object<Platform>>,
    artifact_type: Option<String>,
}

/// Annotations as they were written: Go reads `null` as an empty text.
pub(crate) type WireAnnotations = BTreeMap<String, Option<String>>;

// === impl Descriptor ===

impl Descriptor {
    /// Whether a registry need not hold the content: the type says so (image-spec: layer.md,
    /// "Non-Distributable Layers"), or the document says where to get it.
    #[must_use]
    pub fn is_nondistributable(&self) -> bool {
        self.has_nondistributable_type() || !self.urls.is_empty()
    }

    /// Whether the type alone says so.
    #[must_use]
    pub fn has_nondistributable_type(&self) -> bool {
        matches!(
            self.media_type.as_str(),
            media_type::DOCKER_FOREIGN_LAYER
                | media_type::OCI_NONDISTRIBUTABLE_LAYER
                | media_type::OCI_NONDISTRIBUTABLE_LAYER_GZIP
                | media_type::OCI_NONDISTRIBUTABLE_LAYER_ZSTD
        )
    }
}

impl TryFrom<WireDescriptor> for Descriptor {
    type Error = DigestError;

    fn try_from(wire: WireDescriptor) -> Result<Self, Self::Error> {
        Ok(Self {
            media_type: wire.media_type,
            digest: wire.digest.parse()?,
            size: wire.size,
            urls: wire.urls,
            annotations: read_annotations(wire.annotations),
            platform: wire.platform.map(|Object(platform)| platform),
            artifact_type: wire.artifact_type.filter(|text| !text.is_empty()),
        })
    }
}

impl TryFrom<Object<WireDescriptor>> for Descriptor {
    type Error = DigestError;

    fn try_from(Object(wire): Object<WireDescriptor>) -> Result<Self, Self::Error> {
        wire.try_into()
    }
}

// === private ===

pub(crate) fn read_annotations(wire: Option<WireAnnotations>) -> BTreeMap<String, String> {
    let pairs = wire.unwrap_or_default().into_iter();
    pairs
        .map(|(key, value)| (key, value.unwrap_or_default()))
        .collect()
}
