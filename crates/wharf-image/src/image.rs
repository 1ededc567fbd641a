//! One image of a place, opened: its manifest, its configuration, and its layers with the
//! digests of what is in them.

use std::sync::Arc;

use bytes::Bytes;
use wharf_spec::{Descriptor, Digest, Manifest, Platform};

use crate::copy::{Platforms, select};
use crate::inspect::ImageConfig;
use crate::source::{Root, Source};
use crate::{ImageError, WantedPlatform, manifests};

/// An image for one platform.
#[derive(Clone, Debug)]
pub struct Image {
    /// What its place speaks of: its own manifest, or an index that it is in.
    pub root: Root,
    /// Its manifest.
    pub descriptor: Descriptor,
    /// The same, read.
    pub manifest: Manifest,
    /// Its configuration, whose digest is what Docker calls the image's ID.
    pub config: Descriptor,
    /// The bytes of the configuration, which were verified.
    pub config_bytes: Bytes,
    /// What it runs on.
    pub platform: Platform,
    /// Its layers, the lowest first, each with the digest of what is in it, uncompressed
    /// (image-spec: config.md, "Layer DiffID").
    pub layers: Vec<(Descriptor, Digest)>,
}

/// Finds a manifest of a place: the one for `platform`; without a wish, that of this machine if
/// there is an index, and else the only one there is.
///
/// # Errors
/// When it cannot be read, or there is none for the platform.
pub async fn manifest(
    source: &Arc<dyn Source>,
    platform: Option<&WantedPlatform>,
) -> Result<(Root, Descriptor, Manifest), ImageError> {
    let root = source.resolve().await?;
    let bytes = source.manifest(&root.descriptor).await?;
    let found = manifests::parse(bytes, &root.descriptor)?;
    let wanted = match platform {
        Some(platform) => platform.clone(),
        None if found.media_type().is_index() => WantedPlatform::here(),
        // Without a wish, any image will do that is there alone.
        None => {
            let descriptor = root.descriptor.clone();
            return Ok((root, descriptor, found));
        }
    };
    let selected = select(source, &root.descriptor, &Platforms::One(wanted)).await?;
    let chosen = manifests::parse(selected.bytes, &selected.descriptor)?;
    Ok((root, selected.descriptor, chosen))
}

// === impl Image ===

impl Image {
    /// Opens the image for `platform`, chosen as by [`manifest`].
    ///
    /// # Errors
    /// When it cannot be read, there is none for the platform, it is an artifact of another
    /// kind, or its configuration does not fit its layers.
    pub async fn open(
        source: &Arc<dyn Source>,
        platform: Option<&WantedPlatform>,
    ) -> Result<Self, ImageError> {
        let (root, descriptor, manifest) = manifest(source, platform).await?;
        let none = || no_image(source, &manifest);
        let config = manifest.config().ok_or_else(none)?.clone();
        let read = ImageConfig::read_with_bytes(source, &config).await?;
        let (read, config_bytes) = read.ok_or_else(none)?;
        let diff_ids = read.diff_ids();
        let (layers, named) = (manifest.layers().len(), diff_ids.len());
        if layers != named {
            let what = format!("the configuration {}", config.digest);
            let problem =
                format!("it names {named} layers, and the manifest {layers} (rootfs.diff_ids)");
            return Err(ImageError::damaged(what, problem));
        }
        let layers = manifest.layers().iter().cloned();
        Ok(Self {
            layers: layers.zip(diff_ids.iter().copied()).collect(),
            platform: read.platform(),
            root,
            descriptor,
            manifest,
            config,
            config_bytes,
        })
    }
}

// === private ===

fn no_image(source: &Arc<dyn Source>, manifest: &Manifest) -> ImageError {
    let kind = manifest.artifact_type().unwrap_or("an unknown type");
    ImageError::Unsupported {
        place: source.place(),
        problem: format!("it is no image but an artifact of {kind}: it has no root filesystem"),
    }
}
