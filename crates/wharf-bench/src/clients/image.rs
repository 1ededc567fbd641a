//! An image of a few large layers, in a store and wherever clients have put it.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::json;

use crate::content::{Content, Mould};
use crate::goods::MANIFEST_TYPE;
use crate::stores::tree::Tree;

/// How large it is.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct ImageSize {
    /// Its layers.
    pub layers: usize,
    /// Bytes of each.
    pub layer: usize,
}

/// What it is made of.
#[derive(Debug)]
pub(super) struct Image {
    blobs: Vec<Content>,
    manifest: Content,
}

// === impl ImageSize ===

impl ImageSize {
    /// 12 layers, 2 GiB.
    #[must_use]
    pub const fn full() -> Self {
        Self {
            layers: 12,
            layer: (2 << 30) / 12,
        }
    }

    /// To see that it works.
    #[must_use]
    pub const fn small() -> Self {
        Self {
            layers: 12,
            layer: 1 << 20,
        }
    }

    /// Bytes of all layers.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.layers as u64 * self.layer as u64
    }
}

// === impl Image ===

impl Image {
    /// Puts it into a store.
    pub(super) fn make(tree: &Tree, size: &ImageSize) -> Result<Self> {
        // Nobody takes these layers apart, but skopeo compresses what does not begin as gzip.
        let mould = Mould::beginning_with(&GZIP, 12, size.layer);
        let layers = (0..size.layers).map(|number| mould.cast(number as u128));
        let mut blobs: Vec<Content> = layers.collect();
        let described = |media_type: &str, content: &Content| {
            json!({
                "mediaType": media_type,
                "digest": content.digest.to_string(),
                "size": content.len(),
            })
        };
        let diff_ids = blobs.iter().map(|layer| layer.digest.to_string());
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": diff_ids.collect::<Vec<_>>()},
        });
        let config = Content::of(config.to_string());
        let layers = blobs.iter().map(|layer| described(LAYER_TYPE, layer));
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": described(CONFIG_TYPE, &config),
            "layers": layers.collect::<Vec<_>>(),
        });
        let manifest = Content::of(manifest.to_string());
        blobs.push(config);
        for blob in &blobs {
            tree.blob(blob)?;
            tree.layer_link(REPOSITORY, blob.digest)?;
        }
        tree.blob(&manifest)?;
        tree.revision_link(REPOSITORY, manifest.digest)?;
        tree.tag(REPOSITORY, TAG, manifest.digest)?;
        Ok(Self { blobs, manifest })
    }

    /// Whether a layout has all of it.
    pub(super) fn check_layout(&self, layout: &Path) -> Result<()> {
        for content in self.blobs.iter().chain([&self.manifest]) {
            check(
                &layout.join("blobs/sha256").join(content.digest.hex()),
                content,
            )?;
        }
        Ok(())
    }

    /// Whether a store has all of it.
    pub(super) fn check_store(&self, tree: &Tree) -> Result<()> {
        for content in self.blobs.iter().chain([&self.manifest]) {
            check(&tree.blob_path(content.digest), content)?;
        }
        Ok(())
    }
}

/// Every client hashes what it writes; what is looked at here is that it wrote it.
fn check(path: &Path, content: &Content) -> Result<()> {
    let length = std::fs::metadata(path).map(|found| found.len());
    if length.as_ref().ok() != Some(&content.len()) {
        bail!(
            "{} has {length:?} bytes, not {}",
            path.display(),
            content.len()
        );
    }
    Ok(())
}

/// The repository it is in, at either end.
pub(super) const REPOSITORY: &str = "bench/image";
/// Its tag.
pub(super) const TAG: &str = "1";
const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];
const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
