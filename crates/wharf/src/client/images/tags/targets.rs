//! Where many tags go.

use std::sync::Arc;

use anyhow::{Result, bail};
use wharf_client::{ImageName, RegistryClient};
use wharf_image::{Place, PlaceKind, RegistryTarget, Target};
use wharf_spec::Tag;

use super::origin::{repository, tagged};
use crate::client::images::transfer::Copying;

/// What has room for several images with tags.
pub(super) enum Targets {
    Repository {
        client: RegistryClient,
        name: ImageName,
    },
    /// A layout, which is whole after each of them.
    Layout(Arc<dyn Target>),
}

// === impl Targets ===

impl Targets {
    /// Opens it.
    ///
    /// # Errors
    /// When it has no such room, or cannot be written.
    pub(super) async fn open(copying: &Copying<'_>, to: &Place) -> Result<Self> {
        match to.kind() {
            PlaceKind::Registry(_) => {
                let name = repository(to)?.clone();
                let mut there = copying.surroundings(to)?;
                // What a mirror has need not be there.
                there.settings.mirrors.clear();
                let client = there.client(&name).await?;
                Ok(Self::Repository { client, name })
            }
            PlaceKind::Layout {
                reference: None, ..
            } => Ok(Self::Layout(copying.target(to).await?)),
            PlaceKind::Layout { .. } => bail!("{to}: each image gets its tag: write oci:DIR"),
            PlaceKind::LayoutArchive { .. }
            | PlaceKind::DockerArchive { .. }
            | PlaceKind::Directory(_)
            | PlaceKind::Daemon(_) => {
                bail!("{to} takes no repository: write one of a registry, or oci:DIR")
            }
        }
    }

    /// Where that tag goes.
    pub(super) fn of(&self, tag: &Tag) -> Arc<dyn Target> {
        match self {
            Self::Repository { client, name } => {
                Arc::new(RegistryTarget::new(client.clone(), tagged(name, tag)))
            }
            Self::Layout(layout) => Arc::clone(layout),
        }
    }

    /// The same for people.
    pub(super) fn place(&self, to: &Place, tag: &Tag) -> String {
        match self {
            Self::Repository { name, .. } => tagged(name, tag).to_string(),
            Self::Layout(_) => format!("{to}:{tag}"),
        }
    }
}
