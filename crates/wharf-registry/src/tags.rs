//! Tags of a repository: listing, resolving, removing.

mod history;
mod list;
mod releases;

use std::collections::BTreeSet;
use std::time::SystemTime;

use wharf_spec::{Digest, Page, Reference, RepositoryName, Tag};
use wharf_store::{Listing, Removal, StoreError, StorePath};

use self::list::is_tag;
use crate::key::{CURRENT_LINK, Key};
use crate::reliance::PAUSES;
use crate::repository::to_the_end;
use crate::trash::What;
use crate::turns::Held;
use crate::{Error, Repository, Result, link};

pub use self::history::Past;
pub use self::list::TagList;
pub use self::releases::Releases;

impl Repository {
    /// The tags after `page.last`, at most `page.n`, sorted bytewise; and whether more follow.
    /// What a page costs hardly grows with the number of tags.
    ///
    /// # Errors
    /// `RepositoryUnknown`.
    pub async fn tags(&self, page: &Page) -> Result<(TagList, bool)> {
        let wanted = page.n.unwrap_or(usize::MAX);
        let directory = Key::Tags(&self.name).path();
        let last = page.last.as_deref();
        let found = self.store().page(&directory, CURRENT_LINK, last, wanted);
        if let Some((listing, has_more)) = found.await?
            && !listing.is_empty()
        {
            return Ok((TagList::of(listing), has_more && wanted > 0));
        }
        let listing = self.tag_directory(&directory).await?;
        let mut tags = TagList::new(listing.clone());
        let mut next = page
            .last
            .as_deref()
            .map_or(0, |last| listing.first_after(last));
        loop {
            let Some(first) = (next..listing.len()).find(|place| is_tag(&listing, *place)) else {
                return Ok((tags, false));
            };
            if tags.len() == wanted {
                return Ok((tags, wanted > 0));
            }
            let most = AT_ONCE.min(wanted - tags.len());
            let places = first..listing.len().min(first + most);
            next = places.end;
            // An interrupted push leaves a tag without a current link: it is no tag yet.
            let holding = self
                .store()
                .holding(&directory, &listing, places.clone(), CURRENT_LINK)
                .await?;
            for (place, held) in places.zip(holding) {
                if held && is_tag(&listing, place) {
                    tags.push(place);
                }
            }
        }
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
            if let Some(digest) = repository.tag_target(&tag).await? {
                let trashed = repository.trashed_tag(&tag, digest).await?;
                repository
                    .throw_away(What::Tag, vec![trashed], vec![digest])
                    .await?;
            }
            let mut moment = repository.store().now().await?;
            for pause in PAUSES {
                match repository.remove_tag(&tag, moment).await? {
                    Removal::Removed(_) => return Ok(()),
                    Removal::Absent => {
                        return Err(Error::ManifestUnknown(Reference::Tag(tag.clone())));
                    }
                    Removal::Kept => moment = repository.moment_after(pause).await?,
                }
            }
            Err(Error::Busy)
        })
        .await
    }

    /// The manifest that the tag points to.
    pub(crate) async fn tag_target(&self, tag: &Tag) -> Result<Option<Digest>> {
        link::read(self.store(), &Key::TagCurrentLink(&self.name, tag).path()).await
    }

    /// The tags that point to the manifest.
    pub(crate) async fn tags_at(&self, digest: Digest) -> Result<Vec<Tag>> {
        let mut tags = Vec::new();
        for tag in self.tag_names().await? {
            if self.tag_target(&tag).await? == Some(digest) {
                tags.push(tag);
            }
        }
        Ok(tags)
    }

    /// All that are, or may become, tags.
    pub(crate) async fn tag_names(&self) -> Result<Vec<Tag>> {
        let names = match self.tag_directory(&Key::Tags(&self.name).path()).await {
            Err(Error::RepositoryUnknown(_)) => Listing::default(),
            other => other?,
        };
        let names = names.iter().filter_map(|entry| entry.name.parse().ok());
        Ok(names.collect())
    }

    /// Removes the tag if it points to this manifest, unless somebody has pushed it since.
    pub(crate) async fn untag(
        &self,
        tag: &Tag,
        digest: Digest,
        moment: SystemTime,
    ) -> Result<Removal> {
        let _turn = self.tag_turn(tag).await?;
        if self.tag_target(tag).await? == Some(digest) {
            self.remove_tag(tag, moment).await
        } else {
            Ok(Removal::Absent)
        }
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
    pub(crate) async fn tag_turn(&self, tag: &Tag) -> Result<Held<'_, (RepositoryName, Tag)>> {
        let key = (self.name.clone(), tag.clone());
        self.registry.tag_turns.take(key).await
    }

    /// Removes a tag with its history, unless somebody, in whatever process, has pushed it since
    /// `moment`. What it points to goes first: were the power lost in between, the rest would be
    /// no tag.
    pub(crate) async fn remove_tag(&self, tag: &Tag, moment: SystemTime) -> Result<Removal> {
        let current = Key::TagCurrentLink(&self.name, tag).path();
        let removal = self.take_away(&current, moment).await?;
        if matches!(removal, Removal::Removed(_)) {
            self.remove_history(tag).await?;
        }
        Ok(removal)
    }

    /// Another process may push the tag at this moment: what it points to stays, and the
    /// history knows it.
    async fn remove_history(&self, tag: &Tag) -> Result<()> {
        let history = Key::TagHistory(&self.name, tag).path();
        match self.store().remove(&history).await {
            Ok(()) | Err(StoreError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
        match self.tag_target(tag).await? {
            None => Ok(self
                .store()
                .prune(&Key::Tag(&self.name, tag).path())
                .await?),
            Some(digest) => {
                let known = link::change(Key::TagIndexLink(&self.name, tag, digest), digest);
                Ok(self.store().commit(vec![vec![known]]).await?)
            }
        }
    }

    /// The names in the directory of tags, whatever they are.
    async fn tag_directory(&self, directory: &StorePath) -> Result<Listing> {
        match self.store().list(directory).await {
            Err(StoreError::NotFound(_)) => self.no_tags().await,
            listed => Ok(listed?),
        }
    }

    /// A repository whose manifests were all pushed by digest has no tags; another one is unknown.
    async fn no_tags(&self) -> Result<Listing> {
        match self.store().list(&Key::Manifests(&self.name).path()).await {
            Ok(_) => Ok(Listing::default()),
            Err(StoreError::NotFound(_)) => Err(Error::RepositoryUnknown(self.name.clone())),
            Err(error) => Err(error.into()),
        }
    }
}

/// Tags that are looked at in one job.
const AT_ONCE: usize = 4096;
