//! Tags of a repository: listing, resolving, removing.

use std::collections::BTreeSet;

use wharf_spec::{Digest, Page, Reference, RepositoryName, Tag};
use wharf_store::StoreError;

use crate::key::Key;
use crate::repository::to_the_end;
use crate::turns::Held;
use crate::{Error, Repository, Result, link};

impl Repository {
    /// The tags after `page.last`, at most `page.n`, sorted bytewise; and whether more follow.
    ///
    /// # Errors
    /// `RepositoryUnknown`.
    pub async fn tags(&self, page: &Page) -> Result<(Vec<Tag>, bool)> {
        let wanted = page.n.unwrap_or(usize::MAX);
        let mut tags = Vec::new();
        for tag in self.tag_names().await? {
            if page
                .last
                .as_deref()
                .is_some_and(|last| tag.as_str() <= last)
            {
                continue;
            }
            if tags.len() == wanted {
                return Ok((tags, wanted > 0));
            }
            // An interrupted push leaves a tag without a current link: it is no tag yet.
            match self
                .store()
                .size(&Key::TagCurrentLink(&self.name, &tag).path())
                .await
            {
                Ok(_) => tags.push(tag),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok((tags, false))
    }

    /// Removes the tag with its history; the manifest stays.
    ///
    /// # Errors
    /// `DeletionDisabled`, `ManifestUnknown`.
    pub async fn delete_tag(&self, tag: &Tag) -> Result<()> {
        self.deletion_allowed()?;
        let (repository, tag) = (self.clone(), tag.clone());
        to_the_end(async move {
            let _turn = repository.tag_turn(&tag).await?;
            if repository.remove_tag(&tag).await? {
                Ok(())
            } else {
                Err(Error::ManifestUnknown(Reference::Tag(tag.clone())))
            }
        })
        .await
    }

    /// The manifest that the tag points to.
    pub(crate) async fn tag_target(&self, tag: &Tag) -> Result<Option<Digest>> {
        link::read(self.store(), &Key::TagCurrentLink(&self.name, tag).path()).await
    }

    /// Removes every tag that points to the manifest.
    pub(crate) async fn untag_all(&self, digest: Digest) -> Result<()> {
        let tags = match self.tag_names().await {
            Err(Error::RepositoryUnknown(_)) => Vec::new(),
            other => other?,
        };
        for tag in tags {
            if self.tag_target(&tag).await? == Some(digest) {
                self.untag(&tag, digest).await?;
            }
        }
        Ok(())
    }

    /// Removes the tag unless it has been moved to another manifest since.
    async fn untag(&self, tag: &Tag, digest: Digest) -> Result<()> {
        let _turn = self.tag_turn(tag).await?;
        if self.tag_target(tag).await? == Some(digest) {
            self.remove_tag(tag).await?;
        }
        Ok(())
    }

    /// The turns at several tags, in an order that lets nobody wait in a circle.
    pub(crate) async fn tag_turns(
        &self,
        tags: &[Tag],
    ) -> Result<Vec<Held<'_, (RepositoryName, Tag)>>> {
        let mut turns = Vec::with_capacity(tags.len());
        for tag in tags.iter().collect::<BTreeSet<_>>() {
            turns.push(self.tag_turn(tag).await?);
        }
        Ok(turns)
    }

    /// Keeps changes of a tag apart.
    async fn tag_turn(&self, tag: &Tag) -> Result<Held<'_, (RepositoryName, Tag)>> {
        let key = (self.name.clone(), tag.clone());
        self.registry.tag_turns.take(key).await
    }

    /// Removes a tag with its history; false when there was none. What it points to goes
    /// first: were the power lost in between, the rest would be no tag.
    async fn remove_tag(&self, tag: &Tag) -> Result<bool> {
        let was_tag = self
            .remove_if_there(&Key::TagCurrentLink(&self.name, tag))
            .await?;
        if was_tag {
            self.remove_if_there(&Key::Tag(&self.name, tag)).await?;
        }
        Ok(was_tag)
    }

    async fn remove_if_there(&self, key: &Key<'_>) -> Result<bool> {
        match self.store().remove(&key.path()).await {
            Ok(()) => Ok(true),
            Err(StoreError::NotFound(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Everything that has the form of a tag, sorted.
    async fn tag_names(&self) -> Result<Vec<Tag>> {
        match self.store().list(&Key::Tags(&self.name).path()).await {
            Ok(entries) => Ok(entries
                .into_iter()
                .filter_map(|entry| entry.name.parse().ok())
                .collect()),
            Err(StoreError::NotFound(_)) => self.no_tags().await,
            Err(error) => Err(error.into()),
        }
    }

    /// A repository whose manifests were all pushed by digest has no tags; another one is unknown.
    async fn no_tags(&self) -> Result<Vec<Tag>> {
        match self.store().list(&Key::Manifests(&self.name).path()).await {
            Ok(_) => Ok(Vec::new()),
            Err(StoreError::NotFound(_)) => Err(Error::RepositoryUnknown(self.name.clone())),
            Err(error) => Err(error.into()),
        }
    }
}
