//! Deleting a whole repository while others may be pushing to it.
//!
//! It removes what nobody has written or touched since it began, references before what they
//! refer to. A push touches all that it relies on before it is acknowledged: so one that comes
//! at the same time either keeps everything it needs, or finds something gone and fails.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use wharf_spec::{Algorithm, Digest, Manifest, RepositoryName, Tag, UploadId};
use wharf_store::{Removal, StoreError, StorePath};

use crate::key::Key;
use crate::{Error, Repository, Result};

/// What went with a repository.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Deleted {
    /// Which one it was.
    pub repository: RepositoryName,
    /// Tags.
    pub tags: u64,
    /// Manifests.
    pub manifests: u64,
    /// Blobs that it held. Where what was deleted can be restored, they stay until then.
    pub layers: u64,
    /// Uploads that nobody had finished.
    pub uploads: u64,
    /// Whether the trash keeps it.
    pub can_be_restored: bool,
}

// === impl Repository ===

impl Repository {
    /// Removes everything in the repository; those nested in it stay. What somebody pushes
    /// meanwhile stays as well, and so does an upload that was written to in the last minute.
    /// After an error, or a kill, it can be begun again.
    ///
    /// # Errors
    /// `DeletionDisabled`, `RepositoryUnknown`.
    pub async fn delete(&self) -> Result<Deleted> {
        self.deletion_allowed()?;
        if !self.has_anything().await? {
            return Err(Error::RepositoryUnknown(self.name.clone()));
        }
        // What was written before it began is older by the store's clock, too.
        let began = self.store().next_moment().await?;
        let tags = self.tag_names().await?;
        let manifests = self.revision_links().await?;
        self.throw_away_all(&tags, &manifests).await?;

        let mut deleted = Deleted {
            repository: self.name.clone(),
            tags: 0,
            manifests: 0,
            layers: 0,
            uploads: 0,
            can_be_restored: !self.registry.options.trash.is_zero(),
        };
        let mut kept = HashSet::new();
        for tag in &tags {
            match self.delete_old_tag(tag, began).await? {
                Removal::Removed(_) => deleted.tags += 1,
                Removal::Kept => kept.extend(self.tag_target(tag).await?),
                Removal::Absent => {}
            }
        }
        // After power loss no tag may be without its history or lead to a manifest that has gone,
        // and no manifest to a blob.
        self.settle_all().await?;
        for tag in &tags {
            self.delete_old_history(tag, began).await?;
        }
        deleted.manifests = self.delete_old_manifests(manifests, kept, began).await?;
        self.settle_all().await?;
        if !deleted.can_be_restored {
            deleted.layers = self.delete_old_layers(began).await?;
        }
        deleted.uploads = self.delete_old_uploads(began).await?;
        self.forget_derived().await?;
        self.prune_all().await?;
        self.settle_all().await?;
        Ok(deleted)
    }

    /// Whether there is anything that a deletion could remove.
    async fn has_anything(&self) -> Result<bool> {
        let mut keys: Vec<fn(_) -> _> = vec![Key::Manifests, Key::Uploads, Key::Subjects];
        // Where it can be restored, its layers stay when it is deleted.
        if self.registry.options.trash.is_zero() {
            keys.push(Key::AllLayers);
        }
        for key in keys {
            if self.is_directory(&key(&self.name).path()).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn is_directory(&self, path: &StorePath) -> Result<bool> {
        match self.store().list(path).await {
            Ok(_) => Ok(true),
            Err(StoreError::NotFound(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Every manifest that has a link here.
    pub(crate) async fn revision_links(&self) -> Result<Vec<Digest>> {
        let mut digests = Vec::new();
        for algorithm in ALGORITHMS {
            let directory = Key::Revisions(&self.name, algorithm).path();
            digests.extend(self.digests_in(&directory, algorithm).await?);
        }
        Ok(digests)
    }

    /// The digests that the names in a directory stand for; none if it is not there.
    pub(crate) async fn digests_in(
        &self,
        directory: &StorePath,
        algorithm: Algorithm,
    ) -> Result<Vec<Digest>> {
        let names = match self.store().list(directory).await {
            Ok(names) => names,
            Err(StoreError::NotFound(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let digests = names
            .iter()
            .filter_map(|entry| format!("{algorithm}:{}", entry.name).parse().ok());
        Ok(digests.collect())
    }

    /// Removes a tag, unless it was moved meanwhile.
    async fn delete_old_tag(&self, tag: &Tag, began: SystemTime) -> Result<Removal> {
        let _turn = self.tag_turn(tag).await?;
        let current = Key::TagCurrentLink(&self.name, tag).path();
        Ok(self.store().remove_untouched(&current, began).await?)
    }

    /// Removes the history of a tag, unless it is there again: what was pushed meanwhile was
    /// touched, but not all that it has pointed to before.
    async fn delete_old_history(&self, tag: &Tag, began: SystemTime) -> Result<()> {
        let _turn = self.tag_turn(tag).await?;
        if self.tag_target(tag).await?.is_some() {
            return Ok(());
        }
        for (digest, _) in self.tag_index(tag).await? {
            let link = Key::TagIndexLink(&self.name, tag, digest).path();
            self.store().remove_untouched(&link, began).await?;
        }
        self.prune(&Key::Tag(&self.name, tag).path()).await
    }

    /// Removes manifests but those to keep, those that list others before those: what a manifest lists stays
    /// with it, since whoever pushed it may have touched that before this began.
    async fn delete_old_manifests(
        &self,
        all: Vec<Digest>,
        mut kept: HashSet<Digest>,
        began: SystemTime,
    ) -> Result<u64> {
        let mut lists = HashMap::new();
        let mut listed: HashMap<Digest, usize> = HashMap::new();
        for digest in &all {
            let children = self.children_of(*digest).await?;
            for child in &children {
                *listed.entry(*child).or_default() += 1;
            }
            if !children.is_empty() {
                lists.insert(*digest, children);
            }
        }
        let mut next = all;
        next.retain(|digest| !listed.contains_key(digest));
        let mut removed = 0;
        while let Some(digest) = next.pop() {
            let link = Key::RevisionLink(&self.name, digest).path();
            let removal = if kept.contains(&digest) {
                Removal::Kept
            } else {
                self.store().remove_untouched(&link, began).await?
            };
            removed += u64::from(matches!(removal, Removal::Removed(_)));
            for child in lists.remove(&digest).unwrap_or_default() {
                if removal == Removal::Kept {
                    kept.insert(child);
                }
                if let Some(parents) = listed.get_mut(&child) {
                    *parents -= 1;
                    if *parents == 0 {
                        next.push(child);
                    }
                }
            }
        }
        Ok(removed)
    }

    /// The manifests that one lists, each once.
    async fn children_of(&self, digest: Digest) -> Result<HashSet<Digest>> {
        let manifest = self.revision(digest).await?;
        let children = manifest.iter().flat_map(Manifest::children);
        Ok(children.map(|child| child.digest).collect())
    }

    /// Removes layer links that no manifest needs which has stayed.
    async fn delete_old_layers(&self, began: SystemTime) -> Result<u64> {
        let mut needed = HashSet::new();
        for digest in self.revision_links().await? {
            match self.revision(digest).await? {
                Some(manifest) => needed.extend(manifest.references().map(|it| it.digest)),
                // Nobody knows what it needs.
                None => return Ok(0),
            }
        }
        let mut removed = 0;
        for algorithm in ALGORITHMS {
            let directory = Key::Layers(&self.name, algorithm).path();
            for digest in self.digests_in(&directory, algorithm).await? {
                if needed.contains(&digest) {
                    continue;
                }
                let link = Key::LayerLink(&self.name, digest).path();
                let removal = self.store().remove_untouched(&link, began).await?;
                removed += u64::from(matches!(removal, Removal::Removed(_)));
            }
        }
        Ok(removed)
    }

    /// Removes uploads that no request writes to, here or in another process.
    async fn delete_old_uploads(&self, began: SystemTime) -> Result<u64> {
        let names = match self.store().list(&Key::Uploads(&self.name).path()).await {
            Ok(names) => names,
            Err(StoreError::NotFound(_)) => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let before = began.checked_sub(LIVELY).unwrap_or(began);
        let mut removed = 0;
        for entry in names.iter() {
            let Ok(id) = entry.name.parse::<UploadId>() else {
                continue;
            };
            let Some(_turn) = self.registry.sessions.enter_if_free(&self.name, &id) else {
                continue;
            };
            if self.last_write(&id).await?.is_some_and(|at| at >= before) {
                continue;
            }
            match self
                .store()
                .remove(&Key::Upload(&self.name, &id).path())
                .await
            {
                Ok(()) => removed += 1,
                Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(removed)
    }

    async fn last_write(&self, id: &UploadId) -> Result<Option<SystemTime>> {
        let mut last = None;
        for key in [Key::UploadData, Key::UploadStartedAt] {
            match self.store().stat(&key(&self.name, id).path()).await {
                Ok(stat) => last = last.max(Some(stat.touched)),
                Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(last)
    }

    /// What is derived of what is left is derived again. That nothing has been searched is said
    /// last as well: a search may be under way.
    async fn forget_derived(&self) -> Result<()> {
        for key in [
            Key::SearchedRevisions,
            Key::Subjects,
            Key::SearchedRevisions,
        ] {
            match self.store().remove(&key(&self.name).path()).await {
                Ok(()) | Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Removes the directories of this repository in which nothing is left, and those above.
    async fn prune_all(&self) -> Result<()> {
        for key in [Key::Manifests, Key::AllLayers, Key::Uploads] {
            self.prune(&key(&self.name).path()).await?;
        }
        let mut name = Some(self.name.clone());
        while let Some(emptied) = name {
            let path = Key::Repository(&emptied).path();
            // Nested ones may have empty directories of their own.
            let is_empty = match self.store().list(&path).await {
                Ok(names) => names.is_empty(),
                Err(StoreError::NotFound(_)) => true,
                Err(error) => return Err(error.into()),
            };
            if !is_empty {
                break;
            }
            self.prune(&path).await?;
            let above = emptied.as_str().rsplit_once('/');
            name = above.and_then(|(above, _)| above.parse().ok());
        }
        Ok(())
    }

    async fn prune(&self, path: &StorePath) -> Result<()> {
        Ok(self.store().prune(path).await?)
    }

    async fn settle_all(&self) -> Result<()> {
        let path = Key::Repository(&self.name).path();
        Ok(self.store().settle_all(&path).await?)
    }
}

const ALGORITHMS: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Sha512];
/// Whoever has written so lately is not done.
const LIVELY: Duration = Duration::from_mins(1);
