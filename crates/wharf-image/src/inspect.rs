//! What can be said of an image.

mod config;
mod details;

use std::sync::Arc;

use serde::Serialize;
use wharf_spec::{Descriptor, Digest, Platform};

pub(crate) use self::config::ImageConfig;
pub use self::details::{BaseImage, ImageDetails, LayerDetails, Step};
use crate::source::{Root, Source};
use crate::{Attached, ImageError, Platforms, WantedPlatform, copy, manifests};

/// An image, as people and programs want to know it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// What its place calls it.
    pub names: Vec<String>,
    /// Its manifest or index.
    pub root: Descriptor,
    /// The images of its index, or itself; what has no platform is not among them.
    pub platforms: Vec<PlatformEntry>,
    /// The image that was looked at; `None` if none of them runs on the platform that was
    /// asked for, or if it is no image but an artifact of another kind.
    pub image: Option<ImageDetails>,
    /// What refers to the root.
    pub referrers: Vec<Descriptor>,
    /// What is about the root by its tag.
    pub attached: Vec<Attached>,
}

/// An image of an index.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformEntry {
    /// What it runs on.
    pub platform: Platform,
    /// The digest of its manifest.
    pub digest: Digest,
}

/// Looks at an image: at the one for `platform`, or for this machine.
///
/// # Errors
/// When it cannot be read, or, where a platform was asked for, there is none for it.
pub async fn inspect(
    source: &Arc<dyn Source>,
    root: &Root,
    platform: Option<&WantedPlatform>,
) -> Result<Inspection, ImageError> {
    let descriptor = &root.descriptor;
    let bytes = source.manifest(descriptor).await?;
    let manifest = manifests::parse(bytes, descriptor)?;
    let mut platforms = entries(manifest.children());
    let wanted = Platforms::One(platform.cloned().unwrap_or_else(WantedPlatform::here));
    // Without a wish, any image will do that is there alone.
    let wanted = match (platform, manifest.media_type().is_index()) {
        (None, false) => Platforms::All,
        _ => wanted,
    };
    let selected = match copy::select(source, descriptor, &wanted).await {
        Err(ImageError::NoPlatform { .. }) if platform.is_none() => None,
        selected => Some(selected?),
    };
    let image = match selected {
        None => None,
        Some(selected) => {
            let found = manifests::parse(selected.bytes, &selected.descriptor)?;
            ImageDetails::read(source, &found, selected.descriptor.digest).await?
        }
    };
    if let (false, Some(image)) = (manifest.media_type().is_index(), &image) {
        platforms.push(PlatformEntry {
            platform: image.platform.clone(),
            digest: image.digest,
        });
    }
    Ok(Inspection {
        names: root.names.clone(),
        root: descriptor.clone(),
        platforms,
        image,
        referrers: source.referrers(&descriptor.digest).await?,
        attached: source.attached(&descriptor.digest).await?,
    })
}

/// Those that say what they run on; attestations say `unknown`.
pub(crate) fn entries(children: &[Descriptor]) -> Vec<PlatformEntry> {
    let entry = |child: &Descriptor| {
        let platform = child.platform.clone()?;
        (platform.os != "unknown").then_some(PlatformEntry {
            platform,
            digest: child.digest,
        })
    };
    children.iter().filter_map(entry).collect()
}
