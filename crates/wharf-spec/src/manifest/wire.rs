//! A manifest as it was written, before its parts are checked against each other.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::shape::Shape;
use super::{Manifest, ManifestError};
use crate::descriptor::{WireAnnotations, WireDescriptor, read_annotations};
use crate::json::{Object, present};
use crate::{Descriptor, ManifestType};

/// Every field of both kinds of manifest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireManifest {
    schema_version: Option<i64>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Object<WireDescriptor>>,
    layers: Option<Vec<Object<WireDescriptor>>>,
    /// `None` when absent, `Some(None)` when `null`.
    #[serde(default, deserialize_with = "present")]
    manifests: Option<Option<Vec<Object<WireDescriptor>>>>,
    subject: Option<Object<WireDescriptor>>,
    annotations: Option<WireAnnotations>,
}

// === impl WireManifest ===

impl WireManifest {
    pub(super) fn shape(&self) -> Shape<'_> {
        Shape {
            schema_version: self.schema_version,
            media_type: self.media_type.as_deref().map(Cow::Borrowed),
            config: self.config.as_ref().map(|_| IgnoredAny),
            layers: self.layers.as_ref().map(|_| IgnoredAny),
            manifests: self
                .manifests
                .as_ref()
                .and_then(Option::as_ref)
                .map(|_| IgnoredAny),
        }
    }

    pub(super) fn into_manifest(
        self,
        bytes: Bytes,
        media_type: ManifestType,
    ) -> Result<Manifest, ManifestError> {
        let missing = |field| ManifestError::MissingField { media_type, field };
        match media_type.is_index() {
            true if self.manifests.is_none() => return Err(missing("manifests")),
            false if self.config.is_none() => return Err(missing("config")),
            true | false => {}
        }
        let one = |name: &str, wire: Option<Object<WireDescriptor>>| {
            wire.map(|wire| read_descriptor(wire, || format!("{name}.digest")))
                .transpose()
        };
        Ok(Manifest {
            media_type,
            config: one("config", self.config)?,
            layers: read_descriptors("layers", self.layers.unwrap_or_default())?,
            children: read_descriptors("manifests", self.manifests.flatten().unwrap_or_default())?,
            subject: one("subject", self.subject)?,
            artifact_type: self.artifact_type.filter(|text| !text.is_empty()),
            annotations: read_annotations(self.annotations),
            bytes,
        })
    }
}

fn read_descriptors(
    name: &str,
    wires: Vec<Object<WireDescriptor>>,
) -> Result<Vec<Descriptor>, ManifestError> {
    let numbered = wires.into_iter().enumerate();
    numbered
        .map(|(index, wire)| read_descriptor(wire, || format!("{name}[{index}].digest")))
        .collect()
}

fn read_descriptor(
    Object(wire): Object<WireDescriptor>,
    field: impl FnOnce() -> String,
) -> Result<Descriptor, ManifestError> {
    wire.try_into().map_err(|source| ManifestError::Digest {
        field: field(),
        source,
    })
}
