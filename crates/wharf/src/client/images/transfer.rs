//! One image from one place to another.

use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::Result;
use wharf_image::{
    CopyOptions, Durability, Event, ImageError, Place, PlaceKind, Progress, Root, Source, Stream,
    Surroundings, Target,
};

use super::platforms::{Room, Wanted, room};
use crate::cli::images::Transfer;
use crate::client::explain::Explanation;
use crate::client::progress::Told;
use crate::client::surroundings;

/// A command that copies: what it was told, and what it tells.
pub(super) struct Copying<'a> {
    pub(super) transfer: &'a Transfer,
    pub(super) told: Told,
    explanation: Option<Explanation>,
    wanted: Wanted,
}

// === impl Copying ===

impl<'a> Copying<'a> {
    /// A command that writes to these places.
    pub(super) fn new(transfer: &'a Transfer, targets: &[&Place]) -> Result<Self> {
        let is_output = |place: &&Place| match place.kind() {
            PlaceKind::LayoutArchive { file, .. } | PlaceKind::DockerArchive { file, .. } => {
                *file == Stream::Standard
            }
            PlaceKind::Registry(_)
            | PlaceKind::Layout { .. }
            | PlaceKind::Directory(_)
            | PlaceKind::Daemon(_) => false,
        };
        let is_taken = targets.iter().any(is_output);
        let explanation = transfer.explain.then(|| {
            if is_taken {
                Explanation::aside()
            } else {
                Explanation::new()
            }
        });
        Ok(Self {
            transfer,
            told: match explanation {
                // Bars would rub out what is explained between them.
                Some(_) => Told::in_lines(transfer.telling),
                None => Told::new(transfer.telling, is_taken),
            },
            explanation,
            wanted: Wanted::new(&transfer.platform, transfer.sparse)?,
        })
    }

    /// What an engine needs that archives are loaded into.
    pub(super) fn surroundings_of_engine(&self, from: &Place) -> Result<Surroundings> {
        Ok(Surroundings {
            daemon: self.transfer.reach.daemon()?,
            ..self.surroundings(from)?
        })
    }

    /// What a place needs to be opened, and the one point at which requests can be listened to.
    pub(super) fn surroundings(&self, place: &Place) -> Result<Surroundings> {
        let mut surroundings = surroundings(&self.transfer.reach, place)?;
        if self.transfer.sync {
            surroundings.durability = Durability::Disk;
        }
        if let Some(explanation) = &self.explanation {
            explanation.listen(&mut surroundings.settings);
            if let PlaceKind::Layout { directory, .. } = place.kind() {
                explanation.blobs_in(&directory.join("blobs/sha256"));
            }
        }
        Ok(surroundings)
    }

    pub(super) async fn source(&self, place: &Place) -> Result<Arc<dyn Source>> {
        Ok(self.surroundings(place)?.source(place).await?)
    }

    pub(super) async fn target(&self, place: &Place) -> Result<Arc<dyn Target>> {
        Ok(self.surroundings(place)?.target(place).await?)
    }

    /// Copies the one image of a place to another.
    pub(super) async fn one(&self, from: &Place, to: &Place) -> Result<()> {
        let copied = async {
            let source = self.source(from).await?;
            let root = source.resolve().await?;
            // Only now, since it may make directories.
            let target = self.target(to).await?;
            let copied = self.into(&source, &root, &target, room(to)).await?;
            target.finish().await?;
            anyhow::Ok(copied)
        };
        let copied = self.told.during(copied).await?;
        self.told.copied(from, to, &copied);
        Ok(())
    }

    /// Copies an image to a target that more may be copied to.
    pub(super) async fn into(
        &self,
        source: &Arc<dyn Source>,
        root: &Root,
        target: &Arc<dyn Target>,
        room: Room,
    ) -> Result<wharf_image::Copied, ImageError> {
        let options = CopyOptions {
            platforms: self.wanted.of(source, root, room).await?,
            referrers: self.transfer.referrers,
            parallel: match self.explanation {
                // Who reads it reads one thing after the other.
                Some(_) => NonZeroUsize::MIN,
                None => self.transfer.parallel,
            },
            progress: self.progress(),
        };
        wharf_image::copy_into(source, root, target, &options).await
    }

    fn progress(&self) -> Progress {
        let explanation = self.explanation.clone();
        self.told.progress(move |event| {
            if let (Some(explanation), Event::Begun(blob)) = (&explanation, event) {
                explanation.learn(blob);
            }
        })
    }
}
