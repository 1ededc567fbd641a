//! What can be said of a tag without reading layers.

use std::sync::Arc;

use serde::Serialize;
use wharf_client::{ImageName, RegistryClient};
use wharf_spec::{Digest, RepositoryName, Tag};

use crate::copy::{Platforms, select};
use crate::inspect::{ImageConfig, PlatformEntry, entries};
use crate::registry::RegistrySource;
use crate::source::Source;
use crate::{ImageError, WantedPlatform, manifests};

/// A tag of a repository.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagDetails {
    /// The tag.
    pub tag: Tag,
    /// The digest of what it points to.
    pub digest: Digest,
    /// What that is.
    pub media_type: String,
    /// Bytes of layers and configuration of one of its images: the one for this machine, or
    /// the first.
    pub size: u64,
    /// When that image was made (RFC 3339), if it says so.
    pub created: Option<String>,
    /// What its images run on.
    pub platforms: Vec<PlatformEntry>,
}

/// Looks at a tag: two or three small requests.
///
/// # Errors
/// When the registry does not have it, or has what is no image.
pub async fn tag_details(
    client: &RegistryClient,
    repository: &RepositoryName,
    tag: &Tag,
) -> Result<TagDetails, ImageError> {
    let name = ImageName {
        registry: client.registry().clone(),
        repository: repository.clone(),
        tag: Some(tag.clone()),
        digest: None,
    };
    let source: Arc<dyn Source> = Arc::new(RegistrySource::new(client.clone(), name));
    let root = source.resolve().await?.descriptor;
    let bytes = source.manifest(&root).await?;
    let manifest = manifests::parse(bytes, &root)?;
    let mut platforms = entries(manifest.children());
    let here = Platforms::One(WantedPlatform::here());
    let image = if manifest.media_type().is_index() {
        match select(&source, &root, &here).await {
            Ok(selected) => Some((selected.bytes, selected.descriptor)),
            Err(ImageError::NoPlatform { .. }) => match manifest.children().first() {
                Some(first) => Some((source.manifest(first).await?, first.clone())),
                None => None,
            },
            Err(error) => return Err(error),
        }
    } else {
        Some((manifest.bytes().clone(), root.clone()))
    };
    let mut details = TagDetails {
        tag: tag.clone(),
        digest: root.digest,
        media_type: manifest.media_type().as_str().to_owned(),
        size: 0,
        created: None,
        platforms: Vec::new(),
    };
    if let Some((bytes, descriptor)) = image {
        let image = manifests::parse(bytes, &descriptor)?;
        let sizes = image.references().map(|part| part.size);
        details.size = sizes.fold(0, u64::saturating_add);
        let config = match image.config() {
            Some(config) => ImageConfig::read(&source, config).await?,
            None => None,
        };
        details.created = config
            .as_ref()
            .and_then(|it| it.created().map(str::to_owned));
        if let (true, Some(config)) = (platforms.is_empty(), config) {
            platforms.push(PlatformEntry {
                platform: config.platform(),
                digest: descriptor.digest,
            });
        }
    }
    details.platforms = platforms;
    Ok(details)
}
