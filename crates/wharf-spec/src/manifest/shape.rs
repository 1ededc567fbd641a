//! What a manifest is, told by a few of its fields.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::ManifestError;
use crate::{ManifestType, media_type};

/// Those facts of a manifest that tell what it is. `null` counts as absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shape<'a> {
    pub(super) schema_version: Option<i64>,
    #[serde(borrow)]
    pub(super) media_type: Option<Cow<'a, str>>,
    pub(super) config: Option<IgnoredAny>,
    pub(super) layers: Option<IgnoredAny>,
    pub(super) manifests: Option<IgnoredAny>,
}

// === impl Shape ===

impl Shape<'_> {
    /// What the manifest is, by the header it came with or else by itself.
    pub(super) fn media_type(
        &self,
        content_type: Option<&str>,
    ) -> Result<ManifestType, ManifestError> {
        match self.schema_version {
            Some(2) => {}
            Some(1) => return Err(ManifestError::Schema1),
            other => return Err(ManifestError::SchemaVersion(other)),
        }
        let header = content_type
            .map(media_type::essence)
            .filter(|text| !text.is_empty());
        let media_type = match header {
            Some(header) => self.media_type_by_header(header)?,
            None => self.media_type_by_body()?,
        };
        match (media_type.is_index(), self.image_field(), self.manifests) {
            (_, Some(_), Some(_)) => Err(ManifestError::Ambiguous),
            (true, Some(field), None) => Err(ManifestError::WrongKind { media_type, field }),
            (false, None, Some(_)) => Err(ManifestError::WrongKind {
                media_type,
                field: "manifests",
            }),
            _ => Ok(media_type),
        }
    }

    fn media_type_by_header(&self, header: &str) -> Result<ManifestType, ManifestError> {
        let header = ManifestType::parse(header).ok_or_else(|| unsupported(header))?;
        match self.own_media_type() {
            None if header.is_oci() => Ok(header),
            None => Err(ManifestError::MediaTypeMissing(header)),
            Some(body) if body == header.as_str() => Ok(header),
            Some(body) => Err(ManifestError::MediaTypeMismatch {
                header,
                body: body.to_owned(),
            }),
        }
    }

    fn media_type_by_body(&self) -> Result<ManifestType, ManifestError> {
        match self.own_media_type() {
            Some(body) => {
                let known = ManifestType::ALL
                    .into_iter()
                    .find(|known| known.as_str() == body);
                known.ok_or_else(|| unsupported(body))
            }
            None if self.manifests.is_some() => Ok(ManifestType::OciIndex),
            None => Ok(ManifestType::OciManifest),
        }
    }

    fn own_media_type(&self) -> Option<&str> {
        self.media_type.as_deref().filter(|text| !text.is_empty())
    }

    fn image_field(&self) -> Option<&'static str> {
        self.config
            .map(|_| "config")
            .or(self.layers.map(|_| "layers"))
    }
}

fn unsupported(media_type: &str) -> ManifestError {
    if media_type::is_schema1(media_type) {
        ManifestError::Schema1
    } else {
        ManifestError::UnsupportedMediaType(media_type.to_owned())
    }
}
