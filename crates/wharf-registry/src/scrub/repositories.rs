//! Every repository: its layers, its manifests, its tags.

use wharf_spec::{Algorithm, Digest, RepositoryName};
use wharf_store::EntryKind;

use super::links::{Kind, Place};
use super::round::Round;
use crate::catalog::Walk;
use crate::key::Key;

// === impl Round ===

impl Round<'_> {
    pub(super) async fn repositories(&mut self) {
        let last = self.position.repository.clone();
        let mut walk = Walk::after(last.as_deref());
        if let Some(listing) = self.list(&Key::Repositories.path()).await {
            walk.enter(String::new(), listing);
        }
        while let Some(path) = walk.next() {
            let Ok(name) = path.parse::<RepositoryName>() else {
                let path = format!("{}/{path}", Key::Repositories.path());
                self.strange(path, "its name is not that of a repository");
                continue;
            };
            let Some(listing) = self.list(&Key::Repository(&name).path()).await else {
                continue;
            };
            let is_behind = last
                .as_deref()
                .is_some_and(|last| path.split('/').le(last.split('/')));
            let has = |directory| !is_behind && listing.contains(directory);
            let (layers, manifests) = (has("_layers"), has("_manifests"));
            walk.enter(path.clone(), listing);
            if layers {
                self.layers(&name).await;
            }
            if manifests {
                self.revisions(&name).await;
                self.tags(&name).await;
            }
            if layers || manifests {
                self.scrubbed().repositories += 1;
            }
            self.position.repository = Some(path);
            self.looked(|| name.to_string()).await;
        }
    }

    async fn layers(&mut self, name: &RepositoryName) {
        for algorithm in Algorithm::ALL {
            for digest in self.digests(Key::Layers(name, algorithm), algorithm).await {
                let place = Place::named(Kind::Layer, name, digest);
                self.follow(&place).await;
            }
        }
    }

    async fn revisions(&mut self, name: &RepositoryName) {
        for algorithm in Algorithm::ALL {
            for digest in self
                .digests(Key::Revisions(name, algorithm), algorithm)
                .await
            {
                let place = Place::named(Kind::Revision, name, digest);
                if let Some(target) = self.follow(&place).await {
                    self.manifest(&place, digest, target).await;
                }
            }
        }
    }

    /// The digests that the directories in this one are named by.
    pub(super) async fn digests(&mut self, key: Key<'_>, algorithm: Algorithm) -> Vec<Digest> {
        let directory = key.path();
        let listing = self.list(&directory).await.unwrap_or_default();
        let mut digests = Vec::with_capacity(listing.len());
        for entry in listing.iter() {
            match (entry.kind, format!("{algorithm}:{}", entry.name).parse()) {
                (EntryKind::Directory, Ok(digest)) => digests.push(digest),
                (EntryKind::Directory | EntryKind::Object, _) => {
                    let path = format!("{directory}/{}", entry.name);
                    self.strange(path, "its name is not a digest");
                }
            }
        }
        digests
    }
}
