//! Tags that name versions, by a range.

use anyhow::{Result, bail};
use semver::Version;
use wharf_client::{ImageName, Pages};
use wharf_image::{ImageError, Place, PlaceKind};
use wharf_spec::Tag;

use crate::cli::Reach;
use crate::cli::client::Range;

/// Tags as they come, or those of a range, the oldest version first.
pub(super) enum Tags {
    All(Box<Pages<Tag>>),
    InOrder(Option<Vec<Tag>>),
}

// === impl Tags ===

impl Tags {
    /// Of a range, all tags have to be seen first.
    pub(super) async fn new(pages: Pages<Tag>, range: Option<&Range>) -> Result<Self> {
        let Some(range) = range else {
            return Ok(Self::All(Box::new(pages)));
        };
        let versions = versions(pages, range).await?;
        let tags = versions.into_iter().map(|(_, tag)| tag);
        Ok(Self::InOrder(Some(tags.collect())))
    }

    pub(super) async fn next(&mut self) -> Result<Option<Vec<Tag>>> {
        match self {
            Self::All(pages) => Ok(pages.next().await?),
            Self::InOrder(tags) => Ok(tags.take()),
        }
    }
}

/// The newest release of a range in the repository of a place, under its tag.
pub(super) async fn newest(reach: &Reach, place: &Place, range: &Range) -> Result<ImageName> {
    let PlaceKind::Registry(name) = place.kind() else {
        bail!("{place} is no repository of a registry: only those have tags to choose from");
    };
    let client = super::registry(reach, name).await?;
    let pages = client.tags(&name.repository, None);
    let Some((_, tag)) = versions(pages, range).await?.pop() else {
        return Err(ImageError::NotFound {
            what: "a release in that range".to_owned(),
            place: format!("{}/{}", name.registry, name.repository),
            available: Vec::new(),
        }
        .into());
    };
    Ok(ImageName {
        tag: Some(tag),
        digest: None,
        ..name.clone()
    })
}

/// Versions with their tags, the oldest first.
async fn versions(mut pages: Pages<Tag>, range: &Range) -> Result<Vec<(Version, Tag)>> {
    let mut versions = Vec::new();
    while let Some(page) = pages.next().await? {
        let fitting = page
            .into_iter()
            .filter_map(|tag| Some((range.version(tag.as_str())?, tag)));
        versions.extend(fitting);
    }
    versions.sort();
    Ok(versions)
}
