//! Undoing a deletion: pushing again what was there.

use serde::Serialize;
use wharf_spec::{Digest, Manifest, RepositoryName, Tag};
use wharf_store::{Change, StoreError};

use super::entry::{Part, TrashedTag};
use super::{DamagedEntry, TrashId};
use crate::key::Key;
use crate::reliance::Holding;
use crate::{Error, Registry, Repository, Result, link};

/// What came back.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Restored {
    /// To which repository.
    pub repository: RepositoryName,
    /// Tags that lead again to what they led to.
    pub tags: Vec<Tag>,
    /// Tags that have been pushed again since and lead to something else: they stay as they are.
    pub elsewhere: Vec<Tag>,
    /// Manifests that are held again.
    pub manifests: u64,
    /// Manifests that are not, since they, or what they refer to, have gone. The entry stays.
    pub lacking: Vec<Digest>,
}

// === impl Registry ===

impl Registry {
    /// Undoes a deletion, as far as that is possible; `None` if there is none of that name. It
    /// can be asked for again after an error.
    ///
    /// # Errors
    /// The store's.
    pub async fn restore(
        &self,
        id: TrashId,
    ) -> Result<std::result::Result<Option<Restored>, DamagedEntry>> {
        let parts = match self.parts(id).await? {
            Ok(parts) => parts,
            Err(damaged) => return Ok(Err(damaged)),
        };
        let Some(first) = parts.first() else {
            return Ok(Ok(None));
        };
        let repository = self.repository(first.repository.clone());
        let mut restored = repository.restore_parts(&parts).await?;
        restored.lacking.sort_unstable();
        if restored.lacking.is_empty() {
            self.empty_trash(&[id]).await?;
        }
        Ok(Ok(Some(restored)))
    }
}

// === impl Repository ===

impl Repository {
    async fn restore_parts(&self, parts: &[Part]) -> Result<Restored> {
        let mut restored = Restored {
            repository: self.name.clone(),
            tags: Vec::new(),
            elsewhere: Vec::new(),
            manifests: 0,
            lacking: Vec::new(),
        };
        let manifests = parts.iter().flat_map(|part| &part.manifests);
        let mut waiting: Vec<_> = manifests.copied().collect();
        // What lists others waits until they are there.
        loop {
            let before = waiting.len();
            let mut still = Vec::new();
            for digest in waiting {
                match self.restore_manifest(digest).await? {
                    Back::Held => {}
                    Back::Restored => restored.manifests += 1,
                    Back::Lacking => still.push(digest),
                }
            }
            waiting = still;
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        restored.lacking = waiting;
        for tag in parts.iter().flat_map(|part| &part.tags) {
            self.restore_trashed_tag(tag, &mut restored).await?;
        }
        Ok(restored)
    }

    async fn restore_manifest(&self, digest: Digest) -> Result<Back> {
        if self.revision_target(digest).await?.is_some() {
            return Ok(Back::Held);
        }
        let Some(bytes) = self.stored_bytes(digest).await? else {
            return Ok(Back::Lacking);
        };
        let Ok(manifest) = Manifest::parse(bytes, None) else {
            return self.restore_unknown(digest).await;
        };
        // Somebody may have removed links since, or a collection whose trash was off.
        for part in manifest.config().into_iter().chain(manifest.layers()) {
            if self.layer_target(part.digest).await?.is_none()
                && self.has_settled_data(part.digest).await?
            {
                match self.hold_layer(part.digest, part.digest).await? {
                    Holding::Held | Holding::Gone => {}
                }
            }
        }
        let held = match self.check_references(&manifest).await {
            Err(Error::ReferencesUnknown(_)) => return Ok(Back::Lacking),
            held => held?,
        };
        match self.store_manifest(&manifest, digest, &[], held).await {
            Ok(_) => Ok(Back::Restored),
            Err(Error::ReferencesUnknown(_)) => Ok(Back::Lacking),
            Err(error) => Err(error),
        }
    }

    /// What was not pushed to us, such as schema 1, is held again as it was.
    async fn restore_unknown(&self, digest: Digest) -> Result<Back> {
        let revision = Key::RevisionLink(&self.name, digest);
        let touches = [Key::BlobData(digest), revision];
        let touches = touches.map(|key| Change::Touch { path: key.path() });
        let steps = vec![vec![link::change(revision, digest)], touches.into()];
        match self.store().commit(steps).await {
            Ok(()) => Ok(Back::Restored),
            Err(StoreError::NotFound(_)) => Ok(Back::Lacking),
            Err(error) => Err(error.into()),
        }
    }

    async fn restore_trashed_tag(&self, tag: &TrashedTag, restored: &mut Restored) -> Result<()> {
        match self.tag_target(&tag.name).await? {
            Some(digest) if digest == tag.digest => return Ok(()),
            Some(_) => {
                restored.elsewhere.push(tag.name.clone());
                return Ok(());
            }
            None => {}
        }
        // The oldest first: the order in which they are written is that of the history.
        let past = tag.history.iter().rev().filter(|it| **it != tag.digest);
        for digest in past {
            let entry = link::change(Key::TagIndexLink(&self.name, &tag.name, *digest), *digest);
            self.store().commit(vec![vec![entry]]).await?;
        }
        match self.restore_tag(&tag.name, tag.digest).await {
            Ok(()) => restored.tags.push(tag.name.clone()),
            Err(Error::ManifestUnknown(_) | Error::ReferencesUnknown(_)) => {
                if !restored.lacking.contains(&tag.digest) {
                    restored.lacking.push(tag.digest);
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// What became of a manifest.
enum Back {
    /// It was there already.
    Held,
    /// It is there again.
    Restored,
    /// It, or something that it refers to, is not there.
    Lacking,
}
