//! The tags of a repository, each after the manifest it leads to.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use wharf_spec::{Algorithm, Digest, RepositoryName, Tag};
use wharf_store::{Change, EntryKind, Result, StorePath};

use super::events::{CopyProblem, ProblemKind};
use super::links::{AT_ONCE, change, digests};
use super::pass::{Pass, told};
use super::repository::Names;
use crate::key::Key;
use crate::link::{self, Content};

/// The tags of the source, and where they led when that was read.
pub(super) struct Heads {
    pub(super) heads: Vec<(Tag, Digest)>,
    /// Those that are there, whole or not; `None` if that cannot be told.
    pub(super) known: Option<BTreeSet<Tag>>,
}

/// What is to be written for a tag.
#[derive(Default)]
struct Wanted {
    history: Vec<Change>,
    head: Option<Change>,
    /// Where the tag leads in the target when that is done.
    leads: Option<Digest>,
}

// === impl Pass ===

impl Pass<'_> {
    pub(super) async fn heads(&self, name: &RepositoryName) -> Heads {
        let directory = Key::Tags(name).path();
        let Some(listing) = self.source_list(&directory).await else {
            return Heads {
                heads: Vec::new(),
                known: None,
            };
        };
        let mut tags = Vec::with_capacity(listing.len());
        for entry in listing.iter() {
            match (entry.kind, entry.name.parse::<Tag>()) {
                (EntryKind::Directory, Ok(tag)) => tags.push(tag),
                (EntryKind::Directory | EntryKind::Object, _) => {
                    let path = format!("{directory}/{}", entry.name);
                    self.strange(path, "its name is not that of a tag");
                }
            }
        }
        let read = stream::iter(tags).map(async |tag| {
            let path = Key::TagCurrentLink(name, &tag).path();
            (link::content(self.source, &path).await, tag)
        });
        let read: Vec<_> = read.buffered(AT_ONCE).collect().await;
        let (mut heads, mut known) = (Vec::new(), BTreeSet::new());
        for (content, tag) in read {
            let path = Key::TagCurrentLink(name, &tag).path();
            let tell = |kind, detail: String| {
                let problem = CopyProblem::new(kind, path.as_str(), detail);
                self.problem(&problem.of(name).tagged(&tag));
            };
            match content {
                Ok(Content::To(digest)) => heads.push((tag.clone(), digest)),
                // A push that was interrupted leaves its history, which says nothing yet.
                Ok(Content::Absent) => continue,
                Ok(Content::NoDigest) => tell(
                    ProblemKind::BrokenLink,
                    "it holds no digest, and counts as absent".to_owned(),
                ),
                Err(error) => tell(ProblemKind::Unreadable, told(&error)),
            }
            known.insert(tag);
        }
        Heads {
            heads,
            known: Some(known),
        }
    }

    /// Tags of the target, and directories that may be some.
    pub(super) async fn target_tags(&self, name: &RepositoryName) -> Result<BTreeSet<Tag>> {
        let listing = self.target_list(&Key::Tags(name).path()).await?;
        let tags = listing.iter().filter_map(|entry| entry.name.parse().ok());
        Ok(tags.collect())
    }

    /// Copies the tags; `listed` are the manifests of the source, `held` those of the target.
    /// The answer is where the tags lead in the target by now.
    pub(super) async fn tags(
        &self,
        name: &RepositoryName,
        heads: &Heads,
        there: &BTreeSet<Tag>,
        listed: &Names,
        held: &Names,
    ) -> Result<Names> {
        let mut pointed = Names::new();
        let mut wanted = stream::iter(&heads.heads)
            .map(async |(tag, digest)| {
                let is_there = there.contains(tag);
                self.went_on();
                if held.contains(digest) {
                    self.wanted(name, tag, *digest, is_there).await
                } else {
                    self.left_out(name, tag, *digest, listed.contains(digest))
                        .await?;
                    Ok(Wanted {
                        leads: self.target_head(name, tag, is_there).await?,
                        ..Wanted::default()
                    })
                }
            })
            .buffered(AT_ONCE)
            .try_chunks(CHUNK);
        while let Some(chunk) = wanted.try_next().await.map_err(|error| error.1)? {
            let (mut history, mut heads) = (Vec::new(), Vec::new());
            for wanted in chunk {
                history.extend(wanted.history);
                heads.extend(wanted.head);
                pointed.extend(wanted.leads);
            }
            if history.is_empty() && heads.is_empty() {
                continue;
            }
            let (links, tags) = (history.len() as u64, heads.len() as u64);
            self.target.commit(vec![history, heads]).await?;
            self.count(|copied| {
                copied.links += links;
                copied.tags += tags;
            });
        }
        Ok(pointed)
    }

    async fn wanted(
        &self,
        name: &RepositoryName,
        tag: &Tag,
        digest: Digest,
        is_there: bool,
    ) -> Result<Wanted> {
        let mut wanted = Wanted {
            leads: Some(digest),
            ..Wanted::default()
        };
        let leads_there = self.target_head(name, tag, is_there).await? == Some(digest);
        if !leads_there {
            wanted.head = Some(change(Key::TagCurrentLink(name, tag).path(), digest));
        }
        for algorithm in Algorithm::ALL {
            let directory = Key::TagIndex(name, tag, algorithm).path();
            let (mut past, mut there) = (Names::new(), Names::new());
            if let Some(listing) = self.source_list(&directory).await {
                digests(&listing, algorithm, &mut past);
            }
            if is_there {
                digests(&self.target_list(&directory).await?, algorithm, &mut there);
            }
            for past in past.iter().filter(|past| **past != digest) {
                let path = Key::TagIndexLink(name, tag, *past).path();
                if !there.contains(past) || !self.is_in_target(&path, *past).await? {
                    wanted.history.extend(self.past(path).await);
                }
            }
            // Whoever has removed the tag since has removed that too.
            if digest.algorithm() == algorithm {
                let path = Key::TagIndexLink(name, tag, digest).path();
                // It is written before the tag leads there.
                let is_listed = there.contains(&digest);
                let is_whole =
                    is_listed && (leads_there || self.is_in_target(&path, digest).await?);
                if !is_whole {
                    wanted.history.push(change(path, digest));
                }
            }
        }
        Ok(wanted)
    }

    /// It may lead to what is gone: that is how a history is.
    async fn past(&self, path: StorePath) -> Option<Change> {
        match link::content(self.source, &path).await {
            Ok(Content::To(digest)) => Some(change(path, digest)),
            Ok(Content::Absent | Content::NoDigest) => None,
            Err(error) => {
                self.unreadable(&path, &error);
                None
            }
        }
    }

    async fn target_head(
        &self,
        name: &RepositoryName,
        tag: &Tag,
        is_there: bool,
    ) -> Result<Option<Digest>> {
        if !is_there {
            return Ok(None);
        }
        let path = Key::TagCurrentLink(name, tag).path();
        Ok(match link::content(self.target, &path).await? {
            Content::To(digest) => Some(digest),
            Content::NoDigest | Content::Absent => None,
        })
    }

    /// A tag whose manifest the target does not hold stays as it is there.
    async fn left_out(
        &self,
        name: &RepositoryName,
        tag: &Tag,
        digest: Digest,
        is_listed: bool,
    ) -> Result<()> {
        let path = Key::TagCurrentLink(name, tag).path();
        let now = link::content(self.source, &path).await;
        if !matches!(now, Ok(Content::To(now)) if now == digest) {
            self.count(|copied| copied.behind += 1);
            return Ok(());
        }
        let (kind, detail) = if is_listed {
            let detail = format!("the tag leads to {digest}, which could not be copied");
            (ProblemKind::Withheld, detail)
        } else {
            let detail = format!("it points to {digest}, which the repository does not hold");
            (ProblemKind::DanglingTag, detail)
        };
        let problem = CopyProblem::new(kind, path.as_str(), detail);
        self.problem(&problem.of(name).tagged(tag).about(digest));
        Ok(())
    }
}

/// Tags that are written together.
const CHUNK: usize = 64;
