//! Links that are named by digests: those of layers and of manifests.

use std::collections::HashSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use wharf_spec::{Algorithm, Digest, RepositoryName};
use wharf_store::{Change, EntryKind, Listing, Result, Store, StorePath};

use super::events::{CopyProblem, ProblemKind};
use super::pass::{Have, Pass};
use super::repository::Names;
use crate::key::Key;
use crate::link::{self, Content};

/// Which links.
#[derive(Clone, Copy)]
pub(super) enum Links<'a> {
    Layers(&'a RepositoryName),
    Manifests(&'a RepositoryName),
}

/// A link of the source, whose content is in the target.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub(super) named: Digest,
    /// What it holds.
    pub(super) to: Digest,
}

/// What was found out about a link of the source.
pub(super) enum Looked {
    /// The target has it.
    Same(Digest),
    /// The target has not, or another one.
    New(Link),
    /// It has gone, and may have left its directory.
    Absent(Digest),
    /// What it leads to cannot be had.
    Lost(Digest),
}

// === impl Links ===

impl<'a> Links<'a> {
    pub(super) const fn repository(self) -> &'a RepositoryName {
        match self {
            Self::Layers(name) | Self::Manifests(name) => name,
        }
    }

    pub(super) fn path(self, digest: Digest) -> StorePath {
        match self {
            Self::Layers(name) => Key::LayerLink(name, digest).path(),
            Self::Manifests(name) => Key::RevisionLink(name, digest).path(),
        }
    }

    pub(super) fn directory(self, algorithm: Algorithm) -> StorePath {
        match self {
            Self::Layers(name) => Key::Layers(name, algorithm).path(),
            Self::Manifests(name) => Key::Revisions(name, algorithm).path(),
        }
    }
}

// === impl Pass ===

impl Pass<'_> {
    /// What the source has; `None` if that cannot be told.
    pub(super) async fn source_links(&self, links: Links<'_>) -> Option<Names> {
        let mut names = Names::new();
        for algorithm in Algorithm::ALL {
            let directory = links.directory(algorithm);
            let listing = self.source_list(&directory).await?;
            for name in digests(&listing, algorithm, &mut names) {
                self.strange(format!("{directory}/{name}"), "its name is not a digest");
            }
        }
        Some(names)
    }

    /// What the target has.
    pub(super) async fn target_links(&self, links: Links<'_>) -> Result<Names> {
        let mut names = Names::new();
        for algorithm in Algorithm::ALL {
            let listing = self.target_list(&links.directory(algorithm)).await?;
            digests(&listing, algorithm, &mut names);
        }
        Ok(names)
    }

    /// Copies the layers of a repository; the answer is which of them cannot be had. Those whose
    /// links have gone are taken out of the list.
    pub(super) async fn layers(
        &self,
        name: &RepositoryName,
        layers: &mut Names,
        there: &Names,
    ) -> Result<HashSet<Digest>> {
        let links = Links::Layers(name);
        let (mut lost, mut absent) = (HashSet::new(), Vec::new());
        let mut looked = stream::iter(&*layers)
            .map(|digest| self.look(links, *digest, there.contains(digest)))
            .buffered(AT_ONCE)
            .try_chunks(CHUNK);
        while let Some(chunk) = looked.try_next().await.map_err(|error| error.1)? {
            let mut new = Vec::new();
            for looked in chunk {
                match looked {
                    Looked::New(link) => new.push(link),
                    Looked::Lost(digest) => _ = lost.insert(digest),
                    Looked::Absent(digest) => absent.push(digest),
                    Looked::Same(_) => {}
                }
            }
            self.put(links, &new).await?;
        }
        drop(looked);
        for digest in &absent {
            layers.remove(digest);
        }
        Ok(lost)
    }

    /// Sees to it that the target has what a link of the source leads to, and looks whether it
    /// has the link.
    pub(super) async fn look(
        &self,
        links: Links<'_>,
        named: Digest,
        may_be_there: bool,
    ) -> Result<Looked> {
        let path = links.path(named);
        let to = match link::content(self.source, &path).await {
            Ok(Content::To(to)) => to,
            Ok(Content::Absent) => return Ok(Looked::Absent(named)),
            Ok(Content::NoDigest) => {
                let detail = "it holds no digest, and counts as absent".to_owned();
                let problem = CopyProblem::new(ProblemKind::BrokenLink, path.as_str(), detail);
                self.problem(&problem.of(links.repository()).about(named));
                return Ok(Looked::Lost(named));
            }
            Err(error) => {
                self.unreadable(&path, &error);
                return Ok(Looked::Lost(named));
            }
        };
        match self.ensure(to, &path).await? {
            Some(Have::Whole) => {}
            Some(Have::Lost) => return Ok(Looked::Lost(named)),
            None => return Ok(Looked::Absent(named)),
        }
        self.went_on();
        let same = may_be_there && self.is_in_target(&path, to).await?;
        Ok(if same {
            Looked::Same(named)
        } else {
            Looked::New(Link { named, to })
        })
    }

    pub(super) async fn is_in_target(&self, path: &StorePath, to: Digest) -> Result<bool> {
        Ok(link::content(self.target, path).await? == Content::To(to))
    }

    /// Writes links, many at once.
    pub(super) async fn put(&self, links: Links<'_>, new: &[Link]) -> Result<()> {
        for chunk in new.chunks(CHUNK) {
            let changes = chunk
                .iter()
                .map(|link| change(links.path(link.named), link.to));
            self.target.commit(vec![changes.collect()]).await?;
            self.count(|copied| copied.links += chunk.len() as u64);
        }
        Ok(())
    }
}

/// Whether there is anything where a link should be.
pub(super) async fn is_link(store: &dyn Store, path: &StorePath) -> Result<bool> {
    Ok(link::content(store, path).await? != Content::Absent)
}

/// The change that lets a link lead somewhere.
pub(super) fn change(path: StorePath, to: Digest) -> Change {
    Change::Put {
        path,
        content: to.to_string().into(),
    }
}

/// Adds the digests that directories are named by; the answer is the other names.
pub(super) fn digests(listing: &Listing, algorithm: Algorithm, names: &mut Names) -> Vec<String> {
    let mut strange = Vec::new();
    for entry in listing.iter() {
        match (entry.kind, format!("{algorithm}:{}", entry.name).parse()) {
            (EntryKind::Directory, Ok(digest)) => _ = names.insert(digest),
            (EntryKind::Directory | EntryKind::Object, _) => strange.push(entry.name.to_owned()),
        }
    }
    strange
}

/// Links of one repository that are looked at at once.
pub(super) const AT_ONCE: usize = 16;
/// Links that are written together.
pub(super) const CHUNK: usize = 256;
