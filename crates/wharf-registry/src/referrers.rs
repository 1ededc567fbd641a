//! The manifests that name a subject, as derived data: one small object per referrer,
//! beside the truth, which can be deleted at any time.
//!
//! Manifests that somebody else stored (distribution, or a client by the referrers tag
//! schema) have none yet: the first question about a repository searches its manifests.

mod search;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::OnceCell;
use wharf_spec::{Descriptor, Digest, Manifest, RepositoryName};
use wharf_store::{Change, StoreError};

use crate::key::Key;
use crate::{Repository, Result};

/// Which repositories this process has searched.
#[derive(Default)]
pub(crate) struct Scans {
    // Guards the map only: a search runs outside of it, in its cell.
    repositories: Mutex<HashMap<RepositoryName, Arc<OnceCell<()>>>>,
}

// === impl Scans ===

impl Scans {
    fn of(&self, name: &RepositoryName) -> Arc<OnceCell<()>> {
        let mut repositories = self.lock();
        if repositories.len() >= MOST_SCANS {
            // Searching a repository again is cheap: what was found is stored.
            repositories.clear();
        }
        Arc::clone(repositories.entry(name.clone()).or_default())
    }

    /// Forgets a search, unless another has been begun since.
    fn forget(&self, name: &RepositoryName, scan: &Arc<OnceCell<()>>) {
        let mut repositories = self.lock();
        if repositories
            .get(name)
            .is_some_and(|current| Arc::ptr_eq(current, scan))
        {
            repositories.remove(name);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RepositoryName, Arc<OnceCell<()>>>> {
        self.repositories
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Repository ===

impl Repository {
    /// The descriptors of the manifests here whose `subject` is the digest, in the order
    /// of their digests, after `last`, filtered; and the digest to continue after, if
    /// more may follow. An answer has about 4 MiB at most.
    ///
    /// # Errors
    /// The store's. An unknown repository or subject has no referrers.
    pub async fn referrers(
        &self,
        subject: Digest,
        artifact_type: Option<&str>,
        last: Option<Digest>,
    ) -> Result<(Vec<Descriptor>, Option<Digest>)> {
        self.searched_revisions().await?;

        let mut found = Vec::new();
        let mut room = ANSWER_LIMIT;
        for referrer in self.derived_referrers(subject).await? {
            if last.is_some_and(|last| referrer <= last) {
                continue;
            }
            let Some((descriptor, size)) = self.referrer(subject, referrer).await? else {
                continue;
            };
            if artifact_type
                .is_some_and(|wanted| descriptor.artifact_type.as_deref() != Some(wanted))
            {
                continue;
            }
            if size > room && !found.is_empty() {
                return Ok((
                    found.clone(),
                    found.last().map(|last: &Descriptor| last.digest),
                ));
            }
            room = room.saturating_sub(size);
            found.push(descriptor);
        }
        Ok((found, None))
    }

    /// Lists the manifest under its subject, if it has one.
    pub(crate) async fn derive_referrer(&self, manifest: &Manifest, digest: Digest) -> Result<()> {
        if let Some(change) = self.referrer_change(manifest, digest) {
            self.store().commit(vec![vec![change]]).await?;
        }
        Ok(())
    }

    /// The change that does so.
    pub(crate) fn referrer_change(&self, manifest: &Manifest, digest: Digest) -> Option<Change> {
        let subject = manifest.subject()?;
        #[expect(
            clippy::expect_used,
            reason = "a descriptor holds strings and numbers only"
        )]
        let content =
            serde_json::to_vec(&manifest.descriptor(digest)).expect("descriptors serialise");
        Some(Change::Put {
            path: Key::Referrer(&self.name, subject.digest, digest).path(),
            content: Bytes::from(content),
        })
    }

    /// Takes the manifest off the list of its subject.
    pub(crate) async fn forget_referrer(&self, subject: Digest, digest: Digest) -> Result<()> {
        match self
            .store()
            .remove(&Key::Referrer(&self.name, subject, digest).path())
            .await
        {
            Err(StoreError::NotFound(_)) => Ok(()),
            other => Ok(other?),
        }
    }

    /// What is listed under a subject, sorted.
    async fn derived_referrers(&self, subject: Digest) -> Result<Vec<Digest>> {
        match self
            .store()
            .list(&Key::Referrers(&self.name, subject).path())
            .await
        {
            Ok(entries) => {
                let mut digests: Vec<Digest> = entries
                    .iter()
                    .filter_map(|entry| entry.name.parse().ok())
                    .collect();
                digests.sort_unstable();
                Ok(digests)
            }
            Err(StoreError::NotFound(_)) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// One referrer with the size of its descriptor, unless the repository no longer
    /// holds it (another registry may have deleted it).
    async fn referrer(
        &self,
        subject: Digest,
        referrer: Digest,
    ) -> Result<Option<(Descriptor, usize)>> {
        if self.revision_target(referrer).await?.is_none() {
            return Ok(None);
        }
        let path = Key::Referrer(&self.name, subject, referrer).path();
        let content = match self.store().read(&path, u64::MAX).await {
            Ok(content) => content,
            Err(StoreError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match serde_json::from_slice(&content) {
            Ok(descriptor) => Ok(Some((descriptor, content.len()))),
            Err(_) => self.derived_again(subject, referrer).await,
        }
    }

    /// Repairs an entry that cannot be read.
    async fn derived_again(
        &self,
        subject: Digest,
        referrer: Digest,
    ) -> Result<Option<(Descriptor, usize)>> {
        let Some(manifest) = self.revision(referrer).await? else {
            return Ok(None);
        };
        if manifest.subject().map(|subject| subject.digest) != Some(subject) {
            return Ok(None);
        }
        self.derive_referrer(&manifest, referrer).await?;
        Ok(Some((
            manifest.descriptor(referrer),
            manifest.bytes().len(),
        )))
    }

    /// Searches the revisions once per process, and again when the derived data is gone.
    async fn searched_revisions(&self) -> Result<()> {
        let marker = Key::SearchedRevisions(&self.name).path();
        let scan = self.registry.scans.of(&self.name);
        scan.get_or_try_init(|| self.search_revisions()).await?;
        match self.store().size(&marker).await {
            Ok(_) => Ok(()),
            Err(StoreError::NotFound(_)) => {
                self.registry.scans.forget(&self.name, &scan);
                let scan = self.registry.scans.of(&self.name);
                scan.get_or_try_init(|| self.search_revisions())
                    .await
                    .copied()
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Bytes of descriptors in one answer: as much as a manifest may have.
const ANSWER_LIMIT: usize = 4 << 20;
/// Bounds the memory of [`Scans`].
const MOST_SCANS: usize = 100_000;
