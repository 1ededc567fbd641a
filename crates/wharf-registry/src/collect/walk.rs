//! Repository by repository, a batch of them at a time.

use wharf_spec::{Algorithm, Digest, RepositoryName};
use wharf_store::{EntryKind, Listing, StoreError};

use super::plan::{Hold, Plan};
use super::progress::Place;
use super::{Links, Round, told};
use crate::Result;
use crate::catalog::Walk;
use crate::key::Key;

// === impl Round ===

impl Round<'_> {
    /// Marks what the repositories need that come after one, and removes of them what they do
    /// not.
    pub(super) async fn repositories(&mut self, after: Option<String>) -> Result<()> {
        let mut walk = Walk::after(after.as_deref());
        let Some(top) = self.list(Key::Repositories).await else {
            return Ok(());
        };
        walk.enter(String::new(), top);
        let mut batch = Vec::new();
        let mut weight = 0;
        while let Some(path) = walk.next() {
            let Ok(name) = path.parse::<RepositoryName>() else {
                let path = format!("{}/{path}", Key::Repositories.path());
                self.problem(path, "its name is not that of a repository");
                continue;
            };
            let Some(entries) = self.list(Key::Repository(&name)).await else {
                continue;
            };
            let mut parts = ["_layers", "_manifests", "_uploads"].into_iter();
            let is_repository =
                parts.any(|part| entries.contains(part)) && walk.is_past_last(&path);
            walk.enter(path, entries);
            if is_repository {
                let plan = self.mark(name).await;
                weight += plan.weight();
                batch.push(plan);
            }
            if weight > BATCH || self.is_due() {
                weight = 0;
                self.sweep(std::mem::take(&mut batch)).await?;
            }
            if self.is_stopped() {
                return Ok(());
            }
        }
        self.sweep(batch).await
    }

    /// Removes what these repositories do not need, once the trash was looked at: a deletion
    /// is seen there, or was not begun when its manifests were marked.
    async fn sweep(&mut self, mut batch: Vec<Plan>) -> Result<()> {
        let last = batch.last().map(|plan| plan.name.to_string());
        self.links = Links::Unsettled;
        match self.registry.trashed().await {
            Ok(trashed) => self.keep_trashed(&trashed, &mut batch).await,
            Err(error) => {
                self.blinded("trash", &error.to_string());
                for plan in &mut batch {
                    plan.hold = Hold::Everything;
                }
            }
        }
        for plan in batch {
            self.look_at_clock().await?;
            if self.is_stopped() {
                return Ok(());
            }
            self.sweep_repository(plan).await?;
        }
        if let Some(last) = last
            && self.is_due()
            && !self.is_stopped()
        {
            self.keep_progress(Place::Repositories(last)).await;
        }
        Ok(())
    }

    /// What is in a directory, nothing if it is not there. If it cannot be listed, something
    /// in it may need any data.
    pub(super) async fn list(&mut self, key: Key<'_>) -> Option<Listing> {
        let path = key.path();
        self.pace.operations(1).await;
        match self.registry.inner.store.list(&path).await {
            Ok(listing) => Some(listing),
            Err(StoreError::NotFound(_)) => Some(Listing::default()),
            Err(error) => {
                self.blinded(path.as_str(), &told(&error));
                None
            }
        }
    }

    /// The digests that the directories in a listing are named by.
    pub(super) fn digests(
        &mut self,
        key: Key<'_>,
        listing: &Listing,
        algorithm: Algorithm,
    ) -> Vec<Digest> {
        let mut digests = Vec::with_capacity(listing.len());
        for entry in listing.iter() {
            match (entry.kind, format!("{algorithm}:{}", entry.name).parse()) {
                (EntryKind::Directory, Ok(digest)) => digests.push(digest),
                (EntryKind::Directory | EntryKind::Object, _) => {
                    let path = format!("{}/{}", key.path(), entry.name);
                    self.problem(path, "its name is not that of a digest");
                }
            }
        }
        digests
    }
}

/// Things to remember of a batch of repositories, which bounds its memory unless one of them
/// is larger.
const BATCH: usize = 1 << 18;
