//! The manifests of a repository: each after what it lists, and none that would lack something
//! in the target that the source means to have.

use std::collections::HashSet;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use wharf_spec::{Digest, RepositoryName};
use wharf_store::{Result, StoreError};

use super::events::{CopyProblem, ProblemKind};
use super::links::{AT_ONCE, Link, Links, Looked};
use super::pass::Pass;
use super::repository::Names;
use crate::collect::facts::Facts;
use crate::key::Key;

/// A manifest that the target's repository does not hold.
struct New {
    link: Link,
    children: Vec<Digest>,
    /// Something that it needs and that cannot be had.
    lacks: Option<Digest>,
}

// === impl Pass ===

impl Pass<'_> {
    /// Copies the manifests; `lost` are layers that cannot be had. The answer is which of them
    /// the target's repository holds now. Those whose links have gone are taken out of the list.
    pub(super) async fn manifests(
        &self,
        name: &RepositoryName,
        manifests: &mut Names,
        there: &Names,
        mut lost: HashSet<Digest>,
    ) -> Result<Names> {
        let links = Links::Manifests(name);
        let mut held = Names::new();
        let (mut new, mut absent) = (Vec::new(), Vec::new());
        let mut looked = stream::iter(&*manifests)
            .map(|digest| self.look(links, *digest, there.contains(digest)))
            .buffered(AT_ONCE);
        while let Some(looked) = looked.try_next().await? {
            match looked {
                Looked::Same(digest) => _ = held.insert(digest),
                Looked::New(link) => new.push(link),
                Looked::Absent(digest) => absent.push(digest),
                Looked::Lost(digest) => _ = lost.insert(digest),
            }
        }
        drop(looked);
        for digest in &absent {
            manifests.remove(digest);
        }
        let mut new: Vec<New> = stream::iter(new)
            .map(|link| self.read_new(link, &lost))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        while !new.is_empty() {
            let ready = ready(&mut new);
            let mut links_now = Vec::new();
            for manifest in ready {
                let child = manifest.children.iter().find(|child| lost.contains(*child));
                match manifest.lacks.or(child.copied()) {
                    Some(lacks) => {
                        lost.insert(manifest.link.named);
                        self.withheld(links, manifest.link.named, lacks);
                    }
                    None => links_now.push(manifest.link),
                }
            }
            self.put(links, &links_now).await?;
            held.extend(links_now.iter().map(|link| link.named));
        }
        Ok(held)
    }

    /// These manifests of the target, each before what it lists.
    pub(super) async fn parents_first(&self, links: Vec<Link>) -> Result<Vec<Link>> {
        let lost = HashSet::new();
        let mut all: Vec<New> = stream::iter(links)
            .map(|link| self.read_new(link, &lost))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let mut order = Vec::with_capacity(all.len());
        while !all.is_empty() {
            order.extend(ready(&mut all).into_iter().map(|manifest| manifest.link));
        }
        order.reverse();
        Ok(order)
    }

    /// What a manifest, whose bytes are in the target, needs.
    async fn read_new(&self, link: Link, lost: &HashSet<Digest>) -> Result<New> {
        let data = Key::BlobData(link.to).path();
        let facts = match self.target.read(&data, LARGEST).await {
            Ok(bytes) => facts(bytes).await,
            // Nobody can pull it.
            Err(StoreError::TooLarge { .. } | StoreError::NotFound(_)) => Facts::default(),
            Err(error) => return Err(error),
        };
        Ok(New {
            link,
            lacks: facts
                .blobs
                .iter()
                .find(|blob| lost.contains(*blob))
                .copied(),
            children: facts.children,
        })
    }

    fn withheld(&self, links: Links<'_>, digest: Digest, lacks: Digest) {
        let detail = format!("the manifest needs {lacks}, which could not be copied");
        let path = links.path(digest);
        let problem = CopyProblem::new(ProblemKind::Withheld, path.as_str(), detail);
        self.problem(&problem.of(links.repository()).about(digest));
    }
}

/// Nothing of what cannot be understood: it is copied as it is.
async fn facts(bytes: Bytes) -> Facts {
    if bytes.len() <= INLINE {
        return Facts::read(&bytes).unwrap_or_default();
    }
    let read = tokio::task::spawn_blocking(move || Facts::read(&bytes)).await;
    read.ok()
        .and_then(std::result::Result::ok)
        .unwrap_or_default()
}

/// Takes those that list none of the others; all of them if there is no such one, which no hash
/// function allows.
fn ready(new: &mut Vec<New>) -> Vec<New> {
    let named: HashSet<Digest> = new.iter().map(|manifest| manifest.link.named).collect();
    let waits = |manifest: &New| manifest.children.iter().any(|child| named.contains(child));
    let (waiting, ready): (Vec<_>, Vec<_>) = std::mem::take(new).into_iter().partition(waits);
    if ready.is_empty() {
        return waiting;
    }
    *new = waiting;
    ready
}

/// Bytes of a manifest: more than a registry takes, as other registries may have been told to
/// take more than this one does.
const LARGEST: u64 = 64 << 20;
/// Bytes that are parsed in less time than it takes to hand them over.
const INLINE: usize = 64 << 10;
