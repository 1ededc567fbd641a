//! What was deleted, as long as it can be restored.
//!
//! An entry is written, durably, before anything is removed, and says what there was: names
//! and digests. The bytes stay where they are, since a collection takes the manifests of an
//! entry for ones that are held. A large repository has an entry of several parts.

mod entry;
mod id;
mod page;
mod restoring;

use std::io;
use std::time::SystemTime;

use serde::Serialize;
use uuid::Uuid;
use wharf_spec::{Digest, RepositoryName, Tag};
use wharf_store::{Durability, StoreError};

use self::entry::{Part, TrashedTag};
use crate::key::Key;
use crate::{Registry, Repository, Result, moment};

pub use self::entry::What;
pub use self::id::{NoTrashId, TrashId};
pub use self::page::TrashPage;
pub use self::restoring::Restored;

/// A deletion that can be undone.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct TrashEntry {
    /// Its name.
    pub id: TrashId,
    /// When it was.
    #[serde(rename = "deleted", serialize_with = "moment::serialize")]
    pub when: SystemTime,
    /// Until when it can be undone.
    #[serde(serialize_with = "moment::serialize")]
    pub until: SystemTime,
    /// What was asked for.
    pub what: What,
    /// Whose it was.
    pub repository: RepositoryName,
    /// The tags that went, or some of them.
    pub some_tags: Vec<Tag>,
    /// How many tags went.
    pub tags: usize,
    /// The manifests that went, or to which the tag led, or some of them.
    pub some_manifests: Vec<Digest>,
    /// How many manifests went.
    pub manifests: usize,
}

/// An entry that cannot be read: nobody knows what it would keep.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct DamagedEntry {
    /// Its name in the store.
    #[serde(rename = "id")]
    pub name: String,
    /// What is wrong.
    pub why: String,
}

/// All that is in the trash and has not expired.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Trash {
    /// The latest first.
    pub entries: Vec<TrashEntry>,
    /// Those that cannot be read.
    pub damaged: Vec<DamagedEntry>,
}

/// Manifests that a repository may be given back: whatever they need stays.
pub(crate) struct Trashed {
    /// Whose they were.
    pub(crate) repository: RepositoryName,
    /// The manifests.
    pub(crate) manifests: Vec<Digest>,
}

/// What a stored part of an entry would keep, or why that cannot be told.
pub(crate) fn needs(part: &[u8]) -> std::result::Result<Trashed, String> {
    Part::parse(part).map(Part::into_trashed)
}

// === impl Registry ===

impl Registry {
    /// What can be restored.
    ///
    /// # Errors
    /// The store's. An entry that cannot be read is none.
    pub async fn trash(&self) -> Result<Trash> {
        let mut trash = Trash::default();
        for id in self.live_entries(SystemTime::now()).await? {
            match self.trash_entry(id).await? {
                Ok(Some(entry)) => trash.entries.push(entry),
                // Somebody has just restored or removed it.
                Ok(None) => {}
                Err(damaged) => trash.damaged.push(damaged),
            }
        }
        trash
            .entries
            .sort_by_key(|entry| std::cmp::Reverse(entry.id));
        Ok(trash)
    }

    /// Removes these entries: what they kept goes with the next collection. How many there
    /// were.
    ///
    /// # Errors
    /// The store's.
    pub async fn empty_trash(&self, ids: &[TrashId]) -> Result<u64> {
        let mut removed = 0;
        for id in ids {
            match self.inner.store.remove(&Key::TrashEntry(*id).path()).await {
                Ok(()) => removed += 1,
                Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(removed)
    }

    /// Removes the entries that have expired at `now`, readable or not.
    ///
    /// # Errors
    /// The store's.
    pub async fn expire_trash(&self, now: SystemTime) -> Result<u64> {
        let keep = self.inner.options.trash;
        self.empty_where(|id| id.until(keep) <= now).await
    }

    /// Removes the entries of deletions before `moment`, readable or not.
    ///
    /// # Errors
    /// The store's.
    pub async fn empty_trash_before(&self, moment: SystemTime) -> Result<u64> {
        self.empty_where(|id| id.when() <= moment).await
    }

    async fn empty_where(&self, is_wanted: impl Fn(TrashId) -> bool) -> Result<u64> {
        let mut ids = self.all_entries().await?;
        ids.retain(|id| is_wanted(*id));
        self.empty_trash(&ids).await
    }

    /// All that is in the trash and has not expired, for a collection. It is to be asked after
    /// the repositories were looked at: a deletion writes its entry before it removes anything.
    ///
    /// # Errors
    /// The store's; also when an entry cannot be read, since nobody knows what it would keep.
    pub(crate) async fn trashed(&self) -> Result<Vec<Trashed>> {
        let mut all = Vec::new();
        for id in self.live_entries(SystemTime::now()).await? {
            match self.parts(id).await? {
                Ok(parts) => all.extend(parts.into_iter().map(Part::into_trashed)),
                Err(DamagedEntry { why, .. }) => {
                    let path = Key::TrashEntry(id).path();
                    let source = io::Error::new(io::ErrorKind::InvalidData, why);
                    return Err(StoreError::from_io("read", &path, source).into());
                }
            }
        }
        Ok(all)
    }

    /// The same as far as it can be read, and what is wrong with the rest.
    pub(crate) async fn readable_trash(&self) -> Result<(Vec<Trashed>, Vec<String>)> {
        let (mut all, mut problems) = (Vec::new(), Vec::new());
        for id in self.live_entries(SystemTime::now()).await? {
            match self.parts(id).await {
                Ok(Ok(parts)) => all.extend(parts.into_iter().map(Part::into_trashed)),
                Ok(Err(DamagedEntry { name, why })) => {
                    problems.push(format!("{}/{name}: {why}", Key::Trash.path()));
                }
                Err(error) => problems.push(error.to_string()),
            }
        }
        Ok((all, problems))
    }

    /// What is in an entry; `None` if there is none of that name.
    ///
    /// # Errors
    /// The store's.
    pub async fn trash_entry(
        &self,
        id: TrashId,
    ) -> Result<std::result::Result<Option<TrashEntry>, DamagedEntry>> {
        let parts = match self.parts(id).await? {
            Ok(parts) => parts,
            Err(damaged) => return Ok(Err(damaged)),
        };
        let Some(first) = parts.first() else {
            return Ok(Ok(None));
        };
        let tags = parts.iter().flat_map(|part| &part.tags);
        let manifests = parts.iter().flat_map(|part| &part.manifests);
        Ok(Ok(Some(TrashEntry {
            id,
            when: id.when(),
            until: id.until(self.inner.options.trash),
            what: first.what,
            repository: first.repository.clone(),
            some_tags: tags
                .clone()
                .map(|tag| tag.name.clone())
                .take(SOME)
                .collect(),
            tags: tags.count(),
            some_manifests: manifests.clone().copied().take(SOME).collect(),
            manifests: manifests.count(),
        })))
    }

    /// The entries that have not expired.
    async fn live_entries(&self, now: SystemTime) -> Result<Vec<TrashId>> {
        let mut entries = self.all_entries().await?;
        let keep = self.inner.options.trash;
        entries.retain(|id| id.until(keep) > now);
        Ok(entries)
    }

    async fn all_entries(&self) -> Result<Vec<TrashId>> {
        let names = match self.inner.store.list(&Key::Trash.path()).await {
            Ok(names) => names,
            Err(StoreError::NotFound(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut entries = Vec::with_capacity(names.len());
        for entry in names.iter() {
            match entry.name.parse() {
                Ok(id) => entries.push(id),
                Err(NoTrashId) => {
                    tracing::warn!(name = entry.name, "something strange is in the trash");
                }
            }
        }
        Ok(entries)
    }

    /// The parts of an entry, or what is wrong with it.
    async fn parts(&self, id: TrashId) -> Result<std::result::Result<Vec<Part>, DamagedEntry>> {
        let mut parts = Vec::new();
        let damaged = |why: String| DamagedEntry {
            name: id.to_string(),
            why,
        };
        loop {
            let path = Key::TrashPart(id, parts.len()).path();
            let content = match self.inner.store.read(&path, LONGEST).await {
                Ok(content) => content,
                Err(StoreError::NotFound(_)) => break,
                Err(error @ StoreError::TooLarge { .. }) => {
                    return Ok(Err(damaged(error.to_string())));
                }
                Err(error) => return Err(error.into()),
            };
            match Part::parse(&content) {
                Ok(part) => parts.push(part),
                Err(why) => return Ok(Err(damaged(why))),
            }
        }
        Ok(match parts.first() {
            Some(first) if first.of != parts.len() => Err(damaged(format!(
                "it has {} of {} parts",
                parts.len(),
                first.of
            ))),
            Some(_) | None => Ok(parts),
        })
    }
}

// === impl Repository ===

impl Repository {
    fn has_trash(&self) -> bool {
        !self.registry.options.trash.is_zero()
    }

    /// Notes that a manifest and its tags are about to go.
    pub(crate) async fn throw_away_manifest(&self, digest: Digest, tags: &[Tag]) -> Result<()> {
        let tags = self.trashed_tags(tags).await?;
        self.throw_away(What::Manifest, tags, vec![digest]).await
    }

    /// Notes that everything is about to go.
    pub(crate) async fn throw_away_all(&self, tags: &[Tag], manifests: &[Digest]) -> Result<()> {
        if tags.is_empty() && manifests.is_empty() {
            return Ok(());
        }
        let tags = self.trashed_tags(tags).await?;
        self.throw_away(What::Repository, tags, manifests.to_vec())
            .await
    }

    async fn trashed_tags(&self, tags: &[Tag]) -> Result<Vec<TrashedTag>> {
        let mut trashed = Vec::new();
        if self.has_trash() {
            for tag in tags {
                if let Some(digest) = self.tag_target(tag).await? {
                    trashed.push(self.trashed_tag(tag, digest).await?);
                }
            }
        }
        Ok(trashed)
    }

    /// A tag as an entry has it.
    pub(crate) async fn trashed_tag(&self, tag: &Tag, digest: Digest) -> Result<TrashedTag> {
        let mut history = Vec::new();
        if self.has_trash() {
            history = self.tag_index(tag).await?;
        }
        history.sort_by_key(|(_, when)| std::cmp::Reverse(*when));
        history.truncate(HISTORY);
        Ok(TrashedTag {
            name: tag.clone(),
            digest,
            history: history.into_iter().map(|(digest, _)| digest).collect(),
        })
    }

    /// Writes an entry, durably, unless nothing is kept. The first part comes last: without it
    /// there is no entry.
    pub(crate) async fn throw_away(
        &self,
        what: What,
        tags: Vec<TrashedTag>,
        manifests: Vec<Digest>,
    ) -> Result<()> {
        if !self.has_trash() {
            return Ok(());
        }
        let id = TrashId(Uuid::now_v7());
        let parts = Part::split(what, &self.name, &tags, &manifests);
        for (number, part) in parts.iter().enumerate().rev() {
            let path = Key::TrashPart(id, number).path();
            self.store()
                .put(&path, part.encode(), Durability::Durable)
                .await?;
        }
        Ok(())
    }
}

/// Names that are shown of an entry.
const SOME: usize = 100;
/// What is kept of the history of a tag.
const HISTORY: usize = 100;
/// Bytes of a part: more than any has.
pub(crate) const LONGEST: u64 = 64 << 20;
