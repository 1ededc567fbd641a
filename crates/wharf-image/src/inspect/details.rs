//! One image, in detail.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use wharf_spec::{Descriptor, Digest, Manifest, Platform};

use super::ImageConfig;
use super::config::HistoryEntry;
use crate::ImageError;
use crate::source::Source;

/// An image manifest with its configuration. Texts that nobody wrote are empty.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageDetails {
    /// The digest of its manifest.
    pub digest: Digest,
    /// Its configuration, whose digest is what Docker calls the image's ID.
    pub config: Descriptor,
    /// What it runs on.
    pub platform: Platform,
    /// When it was made (RFC 3339).
    pub created: String,
    /// Who made it.
    pub author: String,
    /// Bytes of manifest, configuration and layers, as they are transferred.
    pub size: u64,
    /// Its layers, the lowest first.
    pub layers: Vec<LayerDetails>,
    /// How it was made, the first step first.
    pub history: Vec<Step>,
    /// Labels of its configuration.
    pub labels: BTreeMap<String, String>,
    /// Annotations of its manifest.
    pub annotations: BTreeMap<String, String>,
    /// `NAME=VALUE`
    pub environment: Vec<String>,
    /// The program that a container runs.
    pub entrypoint: Vec<String>,
    /// The program, or its arguments.
    pub command: Vec<String>,
    /// Where it runs.
    pub working_directory: String,
    /// As whom it runs.
    pub user: String,
    /// `PORT/PROTOCOL`
    pub exposed_ports: Vec<String>,
    /// Directories that are volumes.
    pub volumes: Vec<String>,
    /// What stops it.
    pub stop_signal: String,
    /// What it was made from, if it says so.
    pub base: Option<BaseImage>,
}

/// A layer.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerDetails {
    /// As it is transferred.
    #[serde(flatten)]
    pub descriptor: Descriptor,
    /// The digest of what is in it, uncompressed (image-spec: config.md, "Layer DiffID").
    pub diff_id: Option<Digest>,
}

/// A step of a history.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// When (RFC 3339).
    pub created: String,
    /// By which command.
    pub created_by: String,
    /// What else is said.
    pub comment: String,
    /// Which of the layers came of it, counted from 0; `None` if none did.
    pub layer: Option<usize>,
}

/// What an image was made from (image-spec: annotations.md, `org.opencontainers.image.base`).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BaseImage {
    /// Its name.
    pub name: Option<String>,
    /// The digest of its manifest.
    pub digest: Option<String>,
}

// === impl ImageDetails ===

impl ImageDetails {
    pub(super) async fn read(
        source: &Arc<dyn Source>,
        manifest: &Manifest,
        digest: Digest,
    ) -> Result<Option<Self>, ImageError> {
        let Some(descriptor) = manifest.config() else {
            return Ok(None);
        };
        let Some(config) = ImageConfig::read(source, descriptor).await? else {
            return Ok(None);
        };
        let platform = config.platform();
        let parts = manifest.references().map(|part| part.size);
        let size = parts.fold(manifest.bytes().len() as u64, u64::saturating_add);
        let run = config.config;
        Ok(Some(Self {
            digest,
            config: descriptor.clone(),
            platform,
            created: config.created,
            author: config.author,
            size,
            layers: layers(manifest.layers(), &config.rootfs.diff_ids),
            history: steps(config.history, manifest.layers().len()),
            base: base(manifest.annotations(), &run.labels),
            labels: run.labels,
            annotations: manifest.annotations().clone(),
            environment: run.env,
            entrypoint: run.entrypoint,
            command: run.cmd,
            working_directory: run.working_dir,
            user: run.user,
            exposed_ports: run.exposed_ports.into_keys().collect(),
            volumes: run.volumes.into_keys().collect(),
            stop_signal: run.stop_signal,
        }))
    }
}

// === private ===

fn layers(descriptors: &[Descriptor], diff_ids: &[Digest]) -> Vec<LayerDetails> {
    let numbered = descriptors.iter().enumerate();
    numbered
        .map(|(index, descriptor)| LayerDetails {
            descriptor: descriptor.clone(),
            diff_id: diff_ids.get(index).copied(),
        })
        .collect()
}

/// Steps make a layer each, unless they say that they made none. Some histories are not those
/// of the layers: then no step has one.
fn steps(history: Vec<HistoryEntry>, layers: usize) -> Vec<Step> {
    let made = history.iter().filter(|entry| !entry.empty_layer).count();
    let mut next = 0;
    let step = |entry: HistoryEntry| {
        let is_made = made == layers && !entry.empty_layer;
        let layer = is_made.then_some(next);
        next += usize::from(is_made);
        Step {
            created: entry.created,
            created_by: entry.created_by,
            comment: entry.comment,
            layer,
        }
    };
    history.into_iter().map(step).collect()
}

/// Some builders write it as labels.
fn base(
    annotations: &BTreeMap<String, String>,
    labels: &BTreeMap<String, String>,
) -> Option<BaseImage> {
    let find = |key: &str| annotations.get(key).or_else(|| labels.get(key)).cloned();
    let base = BaseImage {
        name: find("org.opencontainers.image.base.name"),
        digest: find("org.opencontainers.image.base.digest"),
    };
    (base.name.is_some() || base.digest.is_some()).then_some(base)
}
