//! Why some content stays, or when it goes.

mod family;
mod holder;

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use wharf_spec::{Algorithm, Digest, RepositoryName};
use wharf_store::{Stat, StoreError};

use crate::catalog::Walk;
use crate::collect::facts::{Content, Facts, Link};
use crate::collect::{Collection, Fate};
use crate::key::Key;
use crate::{Registry, Result};

use self::family::Family;
pub use self::holder::{Holder, HolderKind};

/// What is known of some content.
#[derive(Clone, Debug, Default)]
pub struct Explained {
    /// Its data, if that is there.
    pub data: Option<Stat>,
    /// When its data, or a layer link to it, was last written or touched.
    pub touched: Option<SystemTime>,
    /// All that keeps it.
    pub holders: Vec<Holder>,
    /// What could not be looked at; it may keep it too.
    pub problems: Vec<String>,
}

/// What becomes of some content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is not there.
    Absent,
    /// It stays.
    Kept,
    /// It goes with the first collection after that.
    Goes(SystemTime),
}

// === impl Explained ===

impl Explained {
    /// What becomes of it when what nobody needs stays for that grace.
    #[must_use]
    pub fn verdict(&self, grace: Duration) -> Verdict {
        let (Some(_), Some(touched)) = (self.data, self.touched) else {
            return Verdict::Absent;
        };
        if self.holders.iter().any(Holder::keeps) || !self.problems.is_empty() {
            return Verdict::Kept;
        }
        let untagged = self.holders.iter().filter_map(|holder| holder.until).max();
        let goes = touched.checked_add(grace).unwrap_or(touched);
        Verdict::Goes(untagged.map_or(goes, |until| goes.max(until)))
    }
}

// === impl Verdict ===

impl Verdict {
    /// In a word, for JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Kept => "kept",
            Self::Goes(_) => "waiting",
        }
    }

    /// After when it goes, if it does.
    #[must_use]
    pub const fn goes(self) -> Option<SystemTime> {
        match self {
            Self::Absent | Self::Kept => None,
            Self::Goes(after) => Some(after),
        }
    }
}

// === impl Registry ===

impl Registry {
    /// All that keeps some content from such a collection, and the content. Every manifest of
    /// the registry is read.
    ///
    /// # Errors
    /// The store's, where the repositories cannot be listed.
    pub async fn explain(&self, digest: Digest, collection: &Collection) -> Result<Explained> {
        let mut explained = Explained::default();
        match self.inner.store.stat(&Key::BlobData(digest).path()).await {
            Ok(stat) => {
                explained.data = Some(stat);
                explained.touched = Some(stat.touched);
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
        let mut walk = Walk::after(None);
        let listed = self.inner.store.list(&Key::Repositories.path()).await;
        walk.enter(String::new(), or_nothing(listed)?);
        while let Some(path) = walk.next() {
            let Ok(name) = path.parse::<RepositoryName>() else {
                continue;
            };
            let listed = self.inner.store.list(&Key::Repository(&name).path()).await;
            walk.enter(path, or_nothing(listed)?);
            self.explain_in(&name, digest, collection, &mut explained)
                .await?;
        }
        self.explain_trash(digest, &mut explained).await?;
        Ok(explained)
    }

    async fn explain_in(
        &self,
        name: &RepositoryName,
        digest: Digest,
        collection: &Collection,
        explained: &mut Explained,
    ) -> Result<()> {
        let mut family = self.family(name, explained).await?;
        match collection.untagged.fate(name) {
            Fate::MayGo(age) if !family.manifests.is_empty() => {
                let age = age.max(collection.untagged_age).max(collection.grace);
                family.going = self.going(name, &family, age).await?;
            }
            Fate::MayGo(_) | Fate::Stay => {}
        }
        let hold = |kind| Holder {
            repository: name.clone(),
            until: family.until(digest, &kind),
            kind,
        };
        let mut found = Vec::new();
        if family.manifests.contains_key(&digest) {
            found.push(hold(HolderKind::Revision));
        }
        match Link::read(self, Key::LayerLink(name, digest)).await {
            Link::Absent => {}
            Link::To(_) | Link::Bad | Link::Failed(_) => {
                let link = Key::LayerLink(name, digest).path();
                if let Ok(stat) = self.inner.store.stat(&link).await {
                    explained.touched = explained.touched.max(Some(stat.touched));
                }
                found.push(hold(HolderKind::LayerLink));
                found.extend(self.uploads_to(name).await?.into_iter().map(hold));
            }
        }
        let (above, kinds) = family.above(digest);
        found.extend(kinds.into_iter().map(hold));
        if !above.is_empty() || !found.is_empty() {
            found.extend(
                self.tags_at(name, digest, &above)
                    .await?
                    .into_iter()
                    .map(hold),
            );
        }
        explained.holders.extend(found);
        Ok(())
    }

    /// The manifests of a repository, as far as they can be read.
    async fn family(&self, name: &RepositoryName, explained: &mut Explained) -> Result<Family> {
        let mut family = Family::default();
        for algorithm in Algorithm::ALL {
            let directory = Key::Revisions(name, algorithm).path();
            let listed = self.inner.store.list(&directory).await;
            for entry in or_nothing(listed)?.iter() {
                let Ok(digest) = format!("{algorithm}:{}", entry.name).parse::<Digest>() else {
                    continue;
                };
                let path = Key::RevisionLink(name, digest);
                let target = match Link::read(self, path).await {
                    Link::Absent => continue,
                    Link::To(target) => target,
                    Link::Bad | Link::Failed(_) => digest,
                };
                let facts = match Content::of(self, target).await {
                    Content::Whole(facts) => facts,
                    Content::Absent => Facts::default(),
                    Content::Unknown(why) => {
                        explained.problems.push(format!("{}: {why}", path.path()));
                        Facts::default()
                    }
                };
                if let Some(subject) = facts.subject {
                    family.about.entry(subject).or_default().push(digest);
                }
                family.manifests.insert(digest, facts);
            }
        }
        Ok(family)
    }

    /// The manifests that no tag keeps, and when they go if nobody touches them.
    async fn going(
        &self,
        name: &RepositoryName,
        family: &Family,
        age: Duration,
    ) -> Result<HashMap<Digest, SystemTime>> {
        let (mut roots, mut until) = (Vec::new(), Vec::new());
        let listed = self.inner.store.list(&Key::Tags(name).path()).await;
        for entry in or_nothing(listed)?.iter() {
            let Ok(tag) = entry.name.parse() else {
                continue;
            };
            match Link::read(self, Key::TagCurrentLink(name, &tag)).await {
                Link::To(target) => roots.push(target),
                Link::Absent => {}
                // It may lead to any of them: then all stay.
                Link::Bad | Link::Failed(_) => return Ok(HashMap::new()),
            }
        }
        let mut stay = HashSet::new();
        family.keep(roots, &mut |digest| stay.insert(digest));
        for digest in family.manifests.keys().copied() {
            let link = Key::RevisionLink(name, digest).path();
            match self.inner.store.stat(&link).await {
                Ok(stat) => until.push((stat.touched.checked_add(age), digest)),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        // Whoever stays longest first: what it keeps stays as long.
        until.sort_unstable();
        let mut going = HashMap::new();
        for (until, root) in until.into_iter().rev() {
            let Some(until) = until else { continue };
            family.keep(vec![root], &mut |digest| {
                let is_new = !stay.contains(&digest) && !going.contains_key(&digest);
                if is_new {
                    going.insert(digest, until);
                }
                is_new
            });
        }
        Ok(going)
    }

    /// The tags that point to the content, or to what needs it.
    async fn tags_at(
        &self,
        name: &RepositoryName,
        digest: Digest,
        above: &HashSet<Digest>,
    ) -> Result<Vec<HolderKind>> {
        let mut tags = Vec::new();
        let listed = self.inner.store.list(&Key::Tags(name).path()).await;
        for entry in or_nothing(listed)?.iter() {
            let Ok(tag) = entry.name.parse() else {
                continue;
            };
            match Link::read(self, Key::TagCurrentLink(name, &tag)).await {
                Link::To(target) if target == digest || above.contains(&target) => {
                    tags.push(HolderKind::Tag(entry.name.to_owned(), target));
                }
                Link::To(_) | Link::Absent | Link::Bad | Link::Failed(_) => {}
            }
        }
        Ok(tags)
    }

    async fn uploads_to(&self, name: &RepositoryName) -> Result<Vec<HolderKind>> {
        let listed = self.inner.store.list(&Key::Uploads(name).path()).await;
        let listed = or_nothing(listed)?;
        let names = listed.iter().map(|entry| entry.name.to_owned());
        Ok(names.map(HolderKind::Upload).collect())
    }

    async fn explain_trash(&self, digest: Digest, explained: &mut Explained) -> Result<()> {
        let (trashed, problems) = self.readable_trash().await?;
        explained.problems.extend(problems);
        for entry in trashed {
            let mut next = entry.manifests;
            let mut seen = HashSet::new();
            while let Some(manifest) = next.pop() {
                if !seen.insert(manifest) {
                    continue;
                }
                if let Content::Whole(facts) = Content::of(self, manifest).await {
                    seen.extend(facts.blobs);
                    next.extend(facts.children);
                }
            }
            if seen.contains(&digest) {
                explained.holders.push(Holder {
                    repository: entry.repository,
                    kind: HolderKind::Trash,
                    until: None,
                });
            }
        }
        Ok(())
    }
}

fn or_nothing<T: Default>(found: wharf_store::Result<T>) -> Result<T> {
    match found {
        Err(StoreError::NotFound(_)) => Ok(T::default()),
        other => Ok(other?),
    }
}
