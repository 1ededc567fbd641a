//! The configuration of an image (image-spec: config.md).

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Deserializer};
use wharf_spec::{Descriptor, Digest, Platform, media_type};

use crate::ImageError;
use crate::source::Source;

/// It, as far as it is shown. What is missing is empty, and so is `null`, as Go writes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ImageConfig {
    #[serde(deserialize_with = "or_default")]
    pub(super) created: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) author: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) architecture: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) os: String,
    pub(super) variant: Option<String>,
    #[serde(rename = "os.version")]
    pub(super) os_version: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) config: RunConfig,
    #[serde(deserialize_with = "or_default")]
    pub(super) rootfs: RootFilesystem,
    #[serde(deserialize_with = "or_default")]
    pub(super) history: Vec<HistoryEntry>,
}

/// What a container of it begins with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct RunConfig {
    #[serde(deserialize_with = "or_default")]
    pub(super) user: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) exposed_ports: BTreeMap<String, serde_json::Value>,
    #[serde(deserialize_with = "or_default")]
    pub(super) env: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) entrypoint: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) cmd: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) volumes: BTreeMap<String, serde_json::Value>,
    #[serde(deserialize_with = "or_default")]
    pub(super) working_dir: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    pub(super) stop_signal: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RootFilesystem {
    #[serde(deserialize_with = "or_default")]
    pub(super) diff_ids: Vec<Digest>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HistoryEntry {
    #[serde(deserialize_with = "or_default")]
    pub(super) created: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) created_by: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) comment: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) empty_layer: bool,
}

// === impl ImageConfig ===

impl ImageConfig {
    /// Reads it; `None` if it is that of an artifact of another kind.
    pub(crate) async fn read(
        source: &Arc<dyn Source>,
        descriptor: &Descriptor,
    ) -> Result<Option<Self>, ImageError> {
        let read = Self::read_with_bytes(source, descriptor).await?;
        Ok(read.map(|(config, _)| config))
    }

    /// The same, with what was read.
    pub(crate) async fn read_with_bytes(
        source: &Arc<dyn Source>,
        descriptor: &Descriptor,
    ) -> Result<Option<(Self, Bytes)>, ImageError> {
        let known = [media_type::OCI_CONFIG, media_type::DOCKER_CONFIG];
        if !known.contains(&descriptor.media_type.as_str()) {
            return Ok(None);
        }
        let what = format!("the configuration {}", descriptor.digest);
        let mut stream = source.blob(descriptor).await?;
        let mut bytes = Vec::new();
        while let Some(piece) = stream.chunk().await? {
            bytes.extend_from_slice(&piece);
            if bytes.len() as u64 > MOST_CONFIG {
                return Err(ImageError::TooLarge {
                    what,
                    size: bytes.len() as u64,
                    most: MOST_CONFIG,
                });
            }
        }
        let config = serde_json::from_slice(&bytes);
        let config = config.map_err(|error| ImageError::damaged(what, error.to_string()))?;
        Ok(Some((config, bytes.into())))
    }

    /// The digests of its layers, uncompressed, the lowest first.
    pub(crate) fn diff_ids(&self) -> &[Digest] {
        &self.rootfs.diff_ids
    }

    pub(crate) fn platform(&self) -> Platform {
        Platform {
            architecture: self.architecture.clone(),
            os: self.os.clone(),
            variant: self.variant.clone().filter(|it| !it.is_empty()),
            os_version: self.os_version.clone(),
            os_features: Vec::new(),
        }
    }

    /// When the image was made, as it says itself.
    pub(crate) fn created(&self) -> Option<&str> {
        Some(self.created.as_str()).filter(|it| !it.is_empty())
    }
}

// === private ===

fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Bytes that are read.
const MOST_CONFIG: u64 = 8 << 20;
