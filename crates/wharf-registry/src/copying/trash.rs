//! What was deleted and can be restored, with the manifests that it keeps.

use std::collections::BTreeSet;

use bytes::Bytes;
use wharf_store::{Change, Result, StoreError, StorePath};

use super::Surplus;
use super::events::{CopyProblem, ProblemKind};
use super::pass::Pass;
use crate::key::Key;
use crate::trash::{LONGEST, TrashId, needs};

// === impl Pass ===

impl Pass<'_> {
    pub(super) async fn trash(&self) -> Result<()> {
        let directory = Key::Trash.path();
        let Some(listing) = self.source_list(&directory).await else {
            return Ok(());
        };
        let mut entries = BTreeSet::new();
        for entry in listing.iter() {
            match entry.name.parse::<TrashId>() {
                Ok(id) => _ = entries.insert(id),
                Err(_) => {
                    let path = format!("{directory}/{}", entry.name);
                    self.strange(path, "its name is not that of an entry of the trash");
                }
            }
        }
        for id in &entries {
            self.trash_entry(*id).await?;
        }
        let there = self.target_list(&directory).await?;
        for entry in there.iter() {
            if let Ok(id) = entry.name.parse()
                && !entries.contains(&id)
            {
                // Without its first part there is no entry.
                let (first, all) = (Key::TrashPart(id, 0).path(), Key::TrashEntry(id).path());
                self.remove([first, all]).await?;
                let found = Surplus {
                    trash: 1,
                    ..Surplus::default()
                };
                self.count_surplus(self.copying.surplus, found);
            }
        }
        Ok(())
    }

    async fn trash_entry(&self, id: TrashId) -> Result<()> {
        let first = Key::TrashPart(id, 0).path();
        // It is written once.
        match self.target.size(&first).await {
            Ok(_) => return Ok(()),
            Err(StoreError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        let mut parts = Vec::new();
        loop {
            let path = Key::TrashPart(id, parts.len()).path();
            let content = match self.source.read(&path, LONGEST).await {
                Ok(content) => content,
                Err(StoreError::NotFound(_)) => break,
                Err(error) => {
                    self.unreadable(&path, &error);
                    return Ok(());
                }
            };
            if !self.is_kept(&path, &content).await? {
                return Ok(());
            }
            parts.push(Change::Put { path, content });
        }
        if parts.is_empty() {
            // Somebody has just restored it, or given it up.
            return Ok(());
        }
        let rest = parts.split_off(1);
        self.target.commit(vec![rest, parts]).await?;
        self.count(|copied| copied.trash += 1);
        Ok(())
    }

    /// Whether the target has the manifests that a part of an entry keeps. What they need is
    /// among the layers of their repository.
    async fn is_kept(&self, path: &StorePath, content: &Bytes) -> Result<bool> {
        let trashed = match needs(content) {
            Ok(trashed) => trashed,
            Err(why) => {
                let kind = ProblemKind::DamagedTrash;
                self.problem(&CopyProblem::new(kind, path.as_str(), why));
                return Ok(false);
            }
        };
        for digest in trashed.manifests {
            // If it is lost, what is left of the deletion can be restored all the same.
            self.ensure(digest, path).await?;
        }
        Ok(true)
    }
}
