//! What the target has and the source has not.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use wharf_spec::{RepositoryName, Tag};
use wharf_store::{Change, Result, StorePath};

use super::OnSurplus;
use super::Surplus;
use super::links::{AT_ONCE, Link, Links, is_link};
use super::pass::Pass;
use super::repository::Names;
use crate::key::Key;
use crate::link::{self, Content};

/// What a repository has.
pub(super) struct Whose {
    pub(super) tags: BTreeSet<Tag>,
    pub(super) manifests: Names,
    pub(super) layers: Names,
}

/// Whether all that stays in the target's repository is whole without what only the target has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Certainty {
    Settled,
    /// The source has changed meanwhile, or is damaged: a tag or a manifest of the target may
    /// need what the source has no more. The next pass sees to it.
    Unsettled,
}

// === impl Pass ===

impl Pass<'_> {
    /// Removes, or counts, what is only in the target's repository: tags, then manifests, then
    /// layers.
    pub(super) async fn surplus(
        &self,
        name: &RepositoryName,
        gone: Whose,
        certainty: Certainty,
    ) -> Result<()> {
        let mut found = Surplus::default();
        for tag in &gone.tags {
            let head = Key::TagCurrentLink(name, tag).path();
            // A removal that was interrupted has left its history.
            found.tags += u64::from(is_link(self.target, &head).await?);
            self.remove([head, Key::Tag(name, tag).path()]).await?;
        }
        self.count_surplus(self.copying.surplus, found);
        let fate = match certainty {
            Certainty::Settled => self.copying.surplus,
            Certainty::Unsettled => OnSurplus::Keep,
        };
        let manifests = self
            .surplus_links(Links::Manifests(name), &gone.manifests)
            .await?;
        let layers = self
            .surplus_links(Links::Layers(name), &gone.layers)
            .await?;
        let found = Surplus {
            manifests: manifests.len() as u64,
            layers: layers.len() as u64,
            ..Surplus::default()
        };
        match fate {
            OnSurplus::Keep => {}
            OnSurplus::Remove => {
                for manifest in self.parents_first(manifests).await? {
                    let path = Links::Manifests(name).path(manifest.named);
                    self.remove([path]).await?;
                }
                for layer in layers {
                    self.remove([Links::Layers(name).path(layer.named)]).await?;
                }
            }
        }
        self.count_surplus(fate, found);
        Ok(())
    }

    /// Those that are there: removals leave directories behind.
    async fn surplus_links(&self, links: Links<'_>, gone: &Names) -> Result<Vec<Link>> {
        let mut found = Vec::new();
        let mut read = stream::iter(gone)
            .map(async |named| {
                let content = link::content(self.target, &links.path(*named)).await;
                content.map(|content| (*named, content))
            })
            .buffered(AT_ONCE);
        while let Some((named, content)) = read.try_next().await? {
            match content {
                Content::To(to) => found.push(Link { named, to }),
                // It counts as absent, but goes all the same.
                Content::NoDigest => found.push(Link { named, to: named }),
                Content::Absent => {}
            }
        }
        Ok(found)
    }

    /// Removes these one after the other, if anything is removed.
    pub(super) async fn remove<const COUNT: usize>(&self, paths: [StorePath; COUNT]) -> Result<()> {
        match self.copying.surplus {
            OnSurplus::Keep => Ok(()),
            OnSurplus::Remove => {
                let steps = paths.map(|path| vec![Change::Remove { path }]);
                self.target.commit(steps.into()).await
            }
        }
    }

    pub(super) fn count_surplus(&self, fate: OnSurplus, found: Surplus) {
        self.count(|copied| {
            let all = match fate {
                OnSurplus::Keep => &mut copied.left,
                OnSurplus::Remove => &mut copied.removed,
            };
            all.tags += found.tags;
            all.manifests += found.manifests;
            all.layers += found.layers;
            all.trash += found.trash;
        });
    }

    /// A repository in which nothing is left is none any more.
    pub(super) async fn prune(&self, name: &RepositoryName) -> Result<()> {
        match self.copying.surplus {
            OnSurplus::Keep => Ok(()),
            OnSurplus::Remove => self.target.prune(&Key::Repository(name).path()).await,
        }
    }
}
