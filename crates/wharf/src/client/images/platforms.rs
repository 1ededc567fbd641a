//! Which images of an index are copied: those that were asked for, or as many as there is room
//! for.

use std::sync::Arc;

use anyhow::{Result, bail};
use wharf_image::{ImageError, Place, PlaceKind, Platforms, Root, Source, WantedPlatform};
use wharf_spec::{Descriptor, Manifest, ManifestType};

use crate::cli::images::PlatformChoice;

/// Which images of an index somebody wants.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Wanted {
    /// As many as there is room for.
    Unsaid,
    Said(Platforms),
}

/// Whether a place has room for an index with all of its images.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Room {
    Index,
    Image,
}

pub(super) const fn room(place: &Place) -> Room {
    match place.kind() {
        PlaceKind::Registry(_) | PlaceKind::Layout { .. } | PlaceKind::LayoutArchive { .. } => {
            Room::Index
        }
        PlaceKind::DockerArchive { .. } | PlaceKind::Directory(_) | PlaceKind::Daemon(_) => {
            Room::Image
        }
    }
}

// === impl Wanted ===

impl Wanted {
    pub(super) fn new(choices: &[PlatformChoice], is_sparse: bool) -> Result<Self> {
        let mut platforms = Vec::new();
        for choice in choices {
            match choice {
                PlatformChoice::All if choices.len() == 1 && !is_sparse => {
                    return Ok(Self::Said(Platforms::All));
                }
                PlatformChoice::All => bail!("--platform all leaves no other choice"),
                PlatformChoice::One(platform) => platforms.push(platform.clone()),
            }
        }
        Ok(match (platforms.as_slice(), is_sparse) {
            ([], _) => Self::Unsaid,
            (_, true) => Self::Said(Platforms::Sparse(platforms)),
            ([only], false) => Self::Said(Platforms::One(only.clone())),
            (_, false) => Self::Said(Platforms::Several(platforms)),
        })
    }

    /// What is copied of an image.
    pub(super) async fn of(
        &self,
        source: &Arc<dyn Source>,
        root: &Root,
        room: Room,
    ) -> Result<Platforms, ImageError> {
        let kind = ManifestType::parse(&root.descriptor.media_type);
        match self {
            Self::Said(platforms) => Ok(platforms.clone()),
            // An image that is there alone is wanted, whatever it runs on.
            Self::Unsaid if !kind.is_some_and(ManifestType::is_index) => Ok(Platforms::All),
            Self::Unsaid => match room {
                Room::Index if is_whole(source, root).await? => Ok(Platforms::All),
                Room::Index | Room::Image => Ok(Platforms::One(WantedPlatform::here())),
            },
        }
    }
}

// === private ===

/// Whether an index has all of its images. Engines save indexes of images that they have not
/// pulled; registries do not take such indexes, and are not asked.
async fn is_whole(source: &Arc<dyn Source>, root: &Root) -> Result<bool, ImageError> {
    if source.home().is_some() {
        return Ok(true);
    }
    let digest = root.descriptor.digest;
    let bytes = source.manifest(&root.descriptor).await?;
    let index = Manifest::parse(bytes, Some(&root.descriptor.media_type));
    let index = index.map_err(|source| ImageError::Manifest { digest, source })?;
    let is_manifest = |child: &&Descriptor| ManifestType::parse(&child.media_type).is_some();
    for child in index.children().iter().filter(is_manifest) {
        match source.manifest(child).await {
            Err(error) if error.is_not_found() => return Ok(false),
            found => drop(found?),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_one_or_several_or_all() {
        let wanted = |choices: &[&str], is_sparse| {
            let choices: Vec<PlatformChoice> =
                choices.iter().map(|it| it.parse().unwrap()).collect();
            Wanted::new(&choices, is_sparse)
        };
        let (amd64, arm64) = ("linux/amd64", "linux/arm64");
        let of = |text: &str| text.parse::<WantedPlatform>().unwrap();
        for (choices, is_sparse, expected) in [
            (&[][..], false, Wanted::Unsaid),
            (&["all"], false, Wanted::Said(Platforms::All)),
            (&[arm64], false, Wanted::Said(Platforms::One(of(arm64)))),
            (
                &[arm64],
                true,
                Wanted::Said(Platforms::Sparse(vec![of(arm64)])),
            ),
            (
                &[amd64, arm64],
                false,
                Wanted::Said(Platforms::Several(vec![of(amd64), of(arm64)])),
            ),
        ] {
            assert_eq!(wanted(choices, is_sparse).unwrap(), expected);
        }
        wanted(&["all", amd64], false).unwrap_err();
        wanted(&["all"], true).unwrap_err();
    }
}
