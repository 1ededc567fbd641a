//! Finds the referrers among manifests that somebody else stored.

use std::collections::HashSet;
use std::fmt::Write as _;

use bytes::Bytes;
use wharf_spec::{Algorithm, Digest};
use wharf_store::{Durability, EntryKind, StoreError};

use crate::key::Key;
use crate::{Repository, Result};

impl Repository {
    /// Derives what is missing for the manifests of this repository. Those without a
    /// subject are remembered, so that the next process need not read them again.
    pub(super) async fn search_revisions(&self) -> Result<()> {
        let stored = self.searched().await?;
        let before = stored.as_ref().map(HashSet::len);
        let mut plain = stored.unwrap_or_default();
        let listed = self.listed_referrers().await?;
        let mut revisions = 0;
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            for digest in self.revisions(algorithm).await? {
                revisions += 1;
                if plain.contains(&digest) || listed.contains(&digest) {
                    continue;
                }
                let Some(manifest) = self.revision(digest).await? else {
                    continue;
                };
                if manifest.subject().is_some() {
                    self.derive_referrer(&manifest, digest).await?;
                } else {
                    plain.insert(digest);
                }
            }
        }
        // A question about a repository that is not there must leave nothing behind.
        if revisions > 0 && before != Some(plain.len()) {
            self.remember_searched(&plain).await?;
        }
        Ok(())
    }

    /// The manifests that have a link here, readable or not.
    async fn revisions(&self, algorithm: Algorithm) -> Result<Vec<Digest>> {
        let names = self
            .directories(Key::Revisions(&self.name, algorithm))
            .await?;
        Ok(names
            .iter()
            .filter_map(|hex| format!("{algorithm}:{hex}").parse().ok())
            .collect())
    }

    /// Every referrer that is listed under any subject.
    async fn listed_referrers(&self) -> Result<HashSet<Digest>> {
        let mut listed = HashSet::new();
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            for hex in self
                .directories(Key::AllReferrers(&self.name, algorithm))
                .await?
            {
                let Ok(subject) = format!("{algorithm}:{hex}").parse() else {
                    continue;
                };
                listed.extend(self.derived_referrers(subject).await?);
            }
        }
        Ok(listed)
    }

    async fn directories(&self, key: Key<'_>) -> Result<Vec<String>> {
        match self.store().list(&key.path()).await {
            Ok(entries) => {
                let directories = entries
                    .iter()
                    .filter(|entry| entry.kind == EntryKind::Directory);
                Ok(directories.map(|entry| entry.name.to_owned()).collect())
            }
            Err(StoreError::NotFound(_)) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// The manifests without a subject, unless nobody has searched yet.
    async fn searched(&self) -> Result<Option<HashSet<Digest>>> {
        match self
            .store()
            .read(&Key::SearchedRevisions(&self.name).path(), u64::MAX)
            .await
        {
            Ok(content) => {
                let text = String::from_utf8_lossy(&content);
                Ok(Some(
                    text.lines().filter_map(|line| line.parse().ok()).collect(),
                ))
            }
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn remember_searched(&self, plain: &HashSet<Digest>) -> Result<()> {
        let mut content = String::new();
        for digest in plain {
            // Writing to a string cannot fail.
            let _ = writeln!(content, "{digest}");
        }
        let path = Key::SearchedRevisions(&self.name).path();
        // Lines that are lost or garbled only mean that a manifest is read once more.
        self.store()
            .put(&path, Bytes::from(content), Durability::Lazy)
            .await?;
        Ok(())
    }
}
