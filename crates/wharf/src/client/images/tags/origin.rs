//! Where many tags come from.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::{Result, bail};
use wharf_client::{ImageName, Pages, RegistryClient};
use wharf_image::{Place, PlaceKind, RegistrySource, Root, Source};
use wharf_spec::{Descriptor, Tag};

use crate::cli::client::is_one_image;
use crate::client::images::transfer::Copying;

/// What has several images with tags.
pub(super) enum Origin {
    Repository {
        client: RegistryClient,
        name: ImageName,
        pages: Box<Pages<Tag>>,
    },
    /// All that a layout or an archive has: one page.
    Listed(Option<Vec<Tagged>>),
}

/// An image and its tag.
pub(super) struct Tagged {
    pub(super) source: Arc<dyn Source>,
    pub(super) tag: Tag,
    /// Its manifest, unless the source has to be asked.
    pub(super) descriptor: Option<Descriptor>,
    /// Where it is, for people.
    pub(super) place: String,
}

// === impl Origin ===

impl Origin {
    /// Opens it.
    ///
    /// # Errors
    /// When it has one image alone, or cannot be read.
    pub(super) async fn open(copying: &Copying<'_>, from: &Place) -> Result<Self> {
        match from.kind() {
            PlaceKind::Registry(_) => {
                let name = repository(from)?.clone();
                let client = copying.surroundings(from)?.client(&name).await?;
                let pages = Box::new(client.tags(&name.repository, Some(PAGE)));
                Ok(Self::Repository {
                    client,
                    name,
                    pages,
                })
            }
            PlaceKind::Layout {
                reference: None, ..
            }
            | PlaceKind::LayoutArchive {
                reference: None, ..
            }
            | PlaceKind::DockerArchive { name: None, .. } => {
                let source = copying.source(from).await?;
                let roots = source.roots().await?;
                let listed = roots.iter().flat_map(|root| listed(&source, root, from));
                let listed: Vec<_> = listed.collect();
                let mut seen = HashSet::new();
                if let Some(twice) = listed.iter().find(|it| !seen.insert(&it.tag)) {
                    bail!(
                        "{from} has several images with the tag {}: copy each",
                        twice.tag
                    );
                }
                Ok(Self::Listed(Some(listed)))
            }
            PlaceKind::Layout { .. }
            | PlaceKind::LayoutArchive { .. }
            | PlaceKind::DockerArchive { .. } => {
                bail!("{from} is one image: leave its name out, or --all-tags and --tags")
            }
            PlaceKind::Directory(_) | PlaceKind::Daemon(_) => {
                bail!("{from} has no tags: write a repository of a registry, or oci:DIR")
            }
        }
    }

    /// The next of them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) async fn page(&mut self) -> Result<Option<Vec<Tagged>>> {
        match self {
            Self::Listed(page) => Ok(page.take()),
            Self::Repository {
                client,
                name,
                pages,
            } => {
                let Some(tags) = pages.next().await? else {
                    return Ok(None);
                };
                let tags = tags.into_iter().map(|tag| {
                    let name = tagged(name, &tag);
                    Tagged {
                        place: name.to_string(),
                        source: Arc::new(RegistrySource::new(client.clone(), name)),
                        tag,
                        descriptor: None,
                    }
                });
                Ok(Some(tags.collect()))
            }
        }
    }
}

// === private ===

/// A repository, which is written without a tag.
pub(super) fn repository(place: &Place) -> Result<&ImageName> {
    let PlaceKind::Registry(name) = place.kind() else {
        bail!("{place} is no repository of a registry");
    };
    let text = place.to_string();
    let text = text.strip_prefix("docker://").unwrap_or(&text);
    if is_one_image(text) {
        bail!("{place} is one image: write the repository without a tag, or leave the tags out");
    }
    Ok(name)
}

/// The image with that tag.
pub(super) fn tagged(name: &ImageName, tag: &Tag) -> ImageName {
    ImageName {
        tag: Some(tag.clone()),
        digest: None,
        ..name.clone()
    }
}

fn listed(source: &Arc<dyn Source>, root: &Root, from: &Place) -> Vec<Tagged> {
    let tags = root.names.iter().filter_map(|name| tag_of(name));
    let tagged = tags.map(|tag| Tagged {
        source: Arc::clone(source),
        place: format!("{from}:{tag}"),
        tag,
        descriptor: Some(root.descriptor.clone()),
    });
    tagged.collect()
}

/// Of a tag alone, or of a full name.
fn tag_of(name: &str) -> Option<Tag> {
    name.parse().ok().or_else(|| {
        let name: ImageName = name.parse().ok()?;
        name.tag
    })
}

/// Tags that are asked for at once.
const PAGE: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_has_no_tag() {
        let of = |text: &str| {
            let place: Place = text.parse().unwrap();
            repository(&place).map(ToString::to_string)
        };
        for good in [
            "localhost:5000/app",
            "docker://localhost:5000/a/b",
            "alpine",
        ] {
            of(good).unwrap();
        }
        for bad in ["localhost:5000/app:v1", "alpine:3", "oci:app"] {
            of(bad).unwrap_err();
        }
    }

    #[test]
    fn tags_of_listed_images_are_those_of_their_names() {
        for (name, tag) in [
            ("1.0", Some("1.0")),
            ("localhost:5000/app:1.0", Some("1.0")),
            ("docker.io/library/app:latest", Some("latest")),
            ("two words", None),
        ] {
            let found = tag_of(name).map(|tag| tag.to_string());
            assert_eq!(found.as_deref(), tag, "{name}");
        }
    }
}
