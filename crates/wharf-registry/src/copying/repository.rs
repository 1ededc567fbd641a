//! One repository: read from the outside in, written from the inside out.

use std::collections::BTreeSet;

use wharf_spec::{Digest, RepositoryName};
use wharf_store::Result;

use super::links::Links;
use super::pass::Pass;
use super::surplus::{Certainty, Whose};
use super::tags::Heads;
use crate::key::Key;

/// The links of a kind that a storage has for a repository. On a disk some of their
/// directories may be empty.
pub(super) type Names = BTreeSet<Digest>;

// === impl Pass ===

impl Pass<'_> {
    pub(super) async fn repository(&self, name: &RepositoryName) -> Result<()> {
        let heads = self.heads(name).await;
        let manifests = self.source_links(Links::Manifests(name)).await;
        let layers = self.source_links(Links::Layers(name)).await;
        let there = Whose {
            tags: self.target_tags(name).await?,
            manifests: self.target_links(Links::Manifests(name)).await?,
            layers: self.target_links(Links::Layers(name)).await?,
        };

        let (Some(mut manifests), Some(mut layers)) = (manifests, layers) else {
            // That was told. What tags need may be among what could not be listed.
            return Ok(());
        };
        let lost = self.layers(name, &mut layers, &there.layers).await?;
        let held = self
            .manifests(name, &mut manifests, &there.manifests, lost)
            .await?;
        let pointed = self
            .tags(name, &heads, &there.tags, &manifests, &held)
            .await?;

        let Heads { known, .. } = heads;
        let Some(known) = known else {
            return Ok(());
        };
        let gone = Whose {
            tags: there.tags.difference(&known).cloned().collect(),
            manifests: there.manifests.difference(&manifests).copied().collect(),
            layers: there.layers.difference(&layers).copied().collect(),
        };
        // What is there, and should be, but is not known to be whole in the source any more.
        let mut unsettled = there.manifests.difference(&held);
        let is_settled =
            pointed.is_subset(&held) && unsettled.all(|digest| gone.manifests.contains(digest));
        let certainty = if is_settled {
            Certainty::Settled
        } else {
            Certainty::Unsettled
        };
        self.surplus(name, gone, certainty).await
    }

    /// The target has a repository that the source does not list.
    pub(super) async fn repository_has_gone(&self, name: &RepositoryName) -> Result<()> {
        let Some(now) = self.source_list(&Key::Repository(name).path()).await else {
            return Ok(());
        };
        // Somebody has pushed to it since.
        if now.contains("_manifests") || now.contains("_layers") {
            return Ok(());
        }
        let all = Whose {
            tags: self.target_tags(name).await?,
            manifests: self.target_links(Links::Manifests(name)).await?,
            layers: self.target_links(Links::Layers(name)).await?,
        };
        self.surplus(name, all, Certainty::Settled).await?;
        self.prune(name).await
    }
}
