//! Removing what a repository does not need: manifests, then layer links, then itself.

use std::collections::HashSet;
use std::time::SystemTime;

use wharf_spec::{Algorithm, Digest, RepositoryName, Tag};
use wharf_store::{EntryKind, Removal, StoreError, StorePath};

use super::graph::State;
use super::marks::{Prefix, prefix};
use super::plan::{Hold, Plan};
use super::{CollectionEvent, CollectionMode, Round, told};
use crate::Result;
use crate::key::Key;

// === impl Round ===

impl Round<'_> {
    pub(super) async fn sweep_repository(&mut self, mut plan: Plan) -> Result<()> {
        if plan.hold == Hold::Everything {
            let all = (0..plan.graph.nodes().len()).collect();
            self.keep_of_graph(&mut plan, all).await;
        }
        let gone = self.sweep_manifests(&mut plan).await?;
        if self.is_uploaded_to(&plan.name).await {
            plan.hold = Hold::Everything;
        }
        let links = self.sweep_links(&plan).await?;
        let is_empty = links == Some(0) && plan.manifests == gone;
        if is_empty && plan.hold == Hold::Nothing {
            self.sweep_nothing(&plan.name).await;
        }
        Ok(())
    }

    /// Removes the manifests that may go; the answer is how many. One that somebody has
    /// touched by now stays, with all that it needs.
    async fn sweep_manifests(&mut self, plan: &mut Plan) -> Result<usize> {
        let mut gone = HashSet::new();
        for place in plan.graph.open_from_above() {
            let Some(node) = plan.graph.node(place) else {
                continue;
            };
            let (digest, subject, state) = (node.digest, node.facts.subject, node.state);
            if state != State::Open {
                continue;
            }
            self.settle().await?;
            let link = Key::RevisionLink(&plan.name, digest).path();
            let key = (plan.name.clone(), digest);
            // Somebody of this process who is at it has touched it, or will.
            let Ok(_turn) = self.registry.inner.manifest_turns.take(key).await else {
                self.keep_of_graph(plan, vec![place]).await;
                continue;
            };
            match self.remove(&link, plan.limit).await {
                Some(Removal::Removed(_)) => {
                    self.collected.manifests += 1;
                    self.events.tell(CollectionEvent::ManifestEligible {
                        repository: &plan.name,
                        digest,
                        tags: &plan.tags,
                    });
                    self.forget(plan, subject, digest).await;
                }
                Some(Removal::Absent) => {}
                Some(Removal::Kept) | None => {
                    self.keep_of_graph(plan, vec![place]).await;
                    continue;
                }
            }
            plan.graph.gone(place);
            gone.insert(prefix(digest));
        }
        if !gone.is_empty() {
            self.sweep_histories(plan, &gone).await;
        }
        Ok(gone.len())
    }

    /// Takes a manifest off the list of its subject, unless somebody has just put it there.
    async fn forget(&mut self, plan: &Plan, subject: Option<Digest>, digest: Digest) {
        let Some(subject) = subject else { return };
        match self.options.mode {
            CollectionMode::DryRun => {}
            CollectionMode::Remove => {
                let path = Key::Referrer(&plan.name, subject, digest).path();
                self.remove(&path, plan.limit).await;
            }
        }
    }

    /// That tags have ever pointed to what is gone now is of no use any more.
    async fn sweep_histories(&mut self, plan: &Plan, gone: &HashSet<Prefix>) {
        if self.options.mode == CollectionMode::DryRun {
            return;
        }
        let tags = plan.tags.iter().filter_map(|tag| tag.parse::<Tag>().ok());
        for tag in tags {
            for algorithm in Algorithm::ALL {
                let Ok(path) = Key::Tag(&plan.name, &tag)
                    .path()
                    .join(&format!("index/{algorithm}"))
                else {
                    continue;
                };
                self.pace.operations(1).await;
                let Ok(listing) = self.registry.inner.store.list(&path).await else {
                    continue;
                };
                for entry in listing.iter() {
                    let digest = format!("{algorithm}:{}", entry.name).parse::<Digest>();
                    if let Ok(digest) = digest
                        && gone.contains(&prefix(digest))
                    {
                        let link = Key::TagIndexLink(&plan.name, &tag, digest).path();
                        self.remove(&link, plan.limit).await;
                    }
                }
            }
        }
    }

    /// Removes the layer links that no manifest needs. The answer is how many are left; none
    /// if that is not known.
    async fn sweep_links(&mut self, plan: &Plan) -> Result<Option<usize>> {
        let mut left = Some(0);
        for algorithm in Algorithm::ALL {
            let key = Key::Layers(&plan.name, algorithm);
            let Some(listing) = self.list(key).await else {
                left = None;
                continue;
            };
            for digest in self.digests(key, &listing, algorithm) {
                if self.is_stopped() {
                    return Ok(None);
                }
                let stays =
                    plan.needed.contains(&prefix(digest)) || self.stays(plan, digest).await?;
                left = left.map(|left| left + usize::from(stays));
            }
        }
        Ok(left)
    }

    /// Whether a layer link that no manifest needs is left there.
    async fn stays(&mut self, plan: &Plan, digest: Digest) -> Result<bool> {
        if plan.hold == Hold::Everything {
            self.marks.keep(digest);
            self.keep_target(&plan.name, digest).await;
            return Ok(true);
        }
        self.settle().await?;
        let link = Key::LayerLink(&plan.name, digest).path();
        match self.remove(&link, self.threshold).await {
            Some(Removal::Removed(_)) => {
                self.collected.links += 1;
                let repository = &plan.name;
                self.events
                    .tell(CollectionEvent::LinkEligible { repository, digest });
                Ok(false)
            }
            Some(Removal::Absent) => Ok(false),
            Some(Removal::Kept) => {
                if let Ok(stat) = self.registry.inner.store.stat(&link).await {
                    self.wait(stat.touched);
                }
                self.young.insert(digest);
                self.keep_target(&plan.name, digest).await;
                Ok(true)
            }
            None => {
                self.marks.keep(digest);
                self.keep_target(&plan.name, digest).await;
                Ok(true)
            }
        }
    }

    /// Removes an object that nobody has touched since, or says whether it would; nothing
    /// if that did not work.
    pub(super) async fn remove(&mut self, path: &StorePath, since: SystemTime) -> Option<Removal> {
        self.pace.operations(1).await;
        let store = &self.registry.inner.store;
        let removal = match self.options.mode {
            CollectionMode::Remove => store.remove_untouched(path, since).await,
            CollectionMode::DryRun => match store.stat(path).await {
                Ok(stat) if stat.touched >= since => Ok(Removal::Kept),
                Ok(stat) => Ok(Removal::Removed(stat.size)),
                Err(StoreError::NotFound(_)) => Ok(Removal::Absent),
                Err(error) => Err(error),
            },
        };
        match removal {
            Ok(removal) => Some(removal),
            Err(error) => {
                self.problem(path.as_str(), &told(&error));
                None
            }
        }
    }

    /// Whether somebody uploads to a repository.
    async fn is_uploaded_to(&mut self, name: &RepositoryName) -> bool {
        let Some(listing) = self.list(Key::Uploads(name)).await else {
            return true;
        };
        for entry in listing.iter() {
            let Ok(id) = entry.name.parse() else { continue };
            for key in [Key::UploadData(name, &id), Key::UploadStartedAt(name, &id)] {
                self.pace.operations(1).await;
                if let Ok(stat) = self.registry.inner.store.stat(&key.path()).await
                    && stat.touched >= self.threshold
                {
                    return true;
                }
            }
        }
        false
    }

    /// Removes the directories of a repository in which nothing is left.
    async fn sweep_nothing(&mut self, name: &RepositoryName) {
        let (uploads, tags) = (Key::Uploads(name).path(), Key::Tags(name).path());
        if !self.is_bare(&uploads).await {
            return;
        }
        match self.options.mode {
            // Histories of tags go with the manifests.
            CollectionMode::DryRun => {
                self.collected.repositories += 1;
                return;
            }
            CollectionMode::Remove => {
                if !self.is_bare(&tags).await {
                    return;
                }
            }
        }
        let root = Key::Repository(name).path();
        let mut gone = vec![uploads, Key::Manifests(name).path()];
        gone.extend(root.join("_layers"));
        for directory in gone {
            if let Err(error) = self.registry.inner.store.prune(&directory).await {
                return self.problem(directory.as_str(), &told(&error));
            }
        }
        self.collected.repositories += 1;
        self.sweep_derived(name).await;
        self.sweep_parents(name).await;
    }

    /// What was derived for a repository that is gone. That nothing has been searched is said
    /// last as well: a search may be under way.
    async fn sweep_derived(&mut self, name: &RepositoryName) {
        let [sha256, sha512] = Algorithm::ALL.map(|algorithm| Key::AllReferrers(name, algorithm));
        let searched = Key::SearchedRevisions(name);
        for key in [searched, sha256, sha512, searched] {
            let removed = self.registry.inner.store.remove(&key.path()).await;
            if let Err(error) = removed
                && !error.is_not_found()
            {
                self.problem(key.path().as_str(), &told(&error));
            }
        }
    }

    /// Directories that only led to a repository that is gone.
    async fn sweep_parents(&mut self, name: &RepositoryName) {
        let name = name.to_string();
        let mut above = Some(name.as_str());
        while let Some(path) = above.and_then(|path| path.parse::<RepositoryName>().ok()) {
            let directory = Key::Repository(&path).path();
            let listed = self.registry.inner.store.list(&directory).await;
            if listed.is_ok_and(|listing| !listing.is_empty()) {
                return;
            }
            if self.registry.inner.store.prune(&directory).await.is_err() {
                return;
            }
            above = above
                .and_then(|path| path.rsplit_once('/'))
                .map(|(above, _)| above);
        }
    }

    /// Whether there is no object below a directory. What cannot be listed is not bare.
    async fn is_bare(&mut self, directory: &StorePath) -> bool {
        let mut next = vec![directory.clone()];
        while let Some(directory) = next.pop() {
            self.pace.operations(1).await;
            let listing = match self.registry.inner.store.list(&directory).await {
                Ok(listing) => listing,
                Err(StoreError::NotFound(_)) => continue,
                Err(_) => return false,
            };
            for entry in listing.iter() {
                match (entry.kind, directory.join(entry.name)) {
                    (EntryKind::Directory, Ok(below)) => next.push(below),
                    (EntryKind::Directory | EntryKind::Object, _) => return false,
                }
            }
        }
        true
    }
}
