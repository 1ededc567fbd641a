//! Every link is followed.

use wharf_spec::{Digest, RepositoryName, Tag};
use wharf_store::{StoreError, StorePath};

use super::finding::{Finding, FindingKind, Outcome};
use super::removal::Gone;
use super::round::{Round, in_repository, told, unreadable};
use crate::key::Key;
pub(super) use crate::link::Content;
use crate::{Inner, Result, link};

/// A link, and what it should lead to.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) kind: Kind,
    pub(super) name: RepositoryName,
    pub(super) tag: Option<Tag>,
    /// What the path says; `None` for what a tag points to.
    pub(super) named: Option<Digest>,
    pub(super) path: StorePath,
}

/// Whose link it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Layer,
    Revision,
    /// What a tag points to.
    Current,
    /// What a tag has pointed to.
    History,
}

// === impl Round ===

impl Round<'_> {
    /// Follows a link, and answers with the content that it leads to, if that is there.
    pub(super) async fn follow(&mut self, place: &Place) -> Option<Digest> {
        let content = read(&self.registry.inner, &place.path).await;
        let target = match content {
            Ok(Content::To(target)) => Some(target),
            Ok(Content::NoDigest) => None,
            // Removals leave directories behind.
            Ok(Content::Absent) => return None,
            Err(error) => {
                self.found(place.about(unreadable(&place.path, &error)));
                return None;
            }
        };
        self.scrubbed().links += 1;
        self.looked(|| place.name.to_string()).await;
        let Some(target) = target else {
            let detail = "it holds no digest, and counts as absent".to_owned();
            self.dead(place, None, FindingKind::BrokenLink, detail)
                .await;
            return None;
        };
        // Distribution stores what is pushed by its sha512 under its sha256.
        if let Some(named) = place.named
            && named.algorithm() == target.algorithm()
            && named != target
        {
            let detail = format!("it leads to {target}");
            let finding = Finding::new(FindingKind::WrongLink, place.path.as_str(), detail);
            self.found(place.about(finding));
            return None;
        }
        match leads(&self.registry.inner, place, target).await {
            Ok(true) => return Some(target),
            Ok(false) => {}
            Err(error) => {
                self.found(place.about(unreadable(&place.path, &error)));
                return None;
            }
        }
        self.dangling(place, target).await;
        None
    }

    async fn dangling(&mut self, place: &Place, target: Digest) {
        // Whoever deletes takes the link first.
        match read(&self.registry.inner, &place.path).await {
            Ok(Content::To(now)) if now == target => {}
            Ok(_) | Err(_) => return,
        }
        let kind = match place.kind {
            Kind::Layer | Kind::Revision => FindingKind::DanglingLink,
            Kind::Current => FindingKind::DanglingTag,
            Kind::History => FindingKind::StaleHistory,
        };
        let aside = self.is_quarantined(target).await;
        let detail = match (place.kind, aside) {
            (Kind::Layer | Kind::Revision | Kind::History, false) => {
                format!("it leads to {target}, whose bytes are not there")
            }
            (Kind::Current, false) => {
                format!("it points to {target}, which the repository does not hold")
            }
            // Once its bytes are pushed again, the link is right.
            (_, true) => {
                let finding = Finding::new(
                    kind,
                    place.path.as_str(),
                    format!("it leads to {target}, which is damaged and was moved aside"),
                );
                return self.found(place.about(finding));
            }
        };
        self.dead(place, Some(target), kind, detail).await;
    }

    /// What cannot be told counts as there.
    pub(super) async fn is_quarantined(&self, digest: Digest) -> bool {
        let aside = self.store().size(&Key::Quarantine(digest).path()).await;
        !matches!(aside, Err(StoreError::NotFound(_)))
    }

    /// A link that leads nowhere goes, if links do and nothing could still be right.
    async fn dead(
        &mut self,
        place: &Place,
        target: Option<Digest>,
        kind: FindingKind,
        detail: String,
    ) {
        let mut finding = Finding::new(kind, place.path.as_str(), detail);
        if let Some(threshold) = self.threshold {
            match self.remove_link(place, target, threshold).await {
                Ok(Gone::Removed) => finding.outcome = Outcome::Removed,
                Ok(Gone::Alive) => return,
                Ok(Gone::Young) => finding.detail += "; it is too young to be removed",
                Err(error) => {
                    finding.detail += &format!("; it could not be removed: {}", told(&error));
                }
            }
        }
        self.found(place.about(finding));
    }
}

// === impl Place ===

impl Place {
    /// The link of a layer or a revision.
    pub(super) fn named(kind: Kind, name: &RepositoryName, digest: Digest) -> Self {
        let key = match kind {
            Kind::Layer => Key::LayerLink(name, digest),
            Kind::Revision | Kind::Current | Kind::History => Key::RevisionLink(name, digest),
        };
        Self {
            kind,
            name: name.clone(),
            tag: None,
            named: Some(digest),
            path: key.path(),
        }
    }

    /// What a tag points to; or that it has pointed to a digest.
    pub(super) fn of_tag(name: &RepositoryName, tag: &Tag, past: Option<Digest>) -> Self {
        let (kind, key) = match past {
            Some(digest) => (Kind::History, Key::TagIndexLink(name, tag, digest)),
            None => (Kind::Current, Key::TagCurrentLink(name, tag)),
        };
        Self {
            kind,
            name: name.clone(),
            tag: Some(tag.clone()),
            named: past,
            path: key.path(),
        }
    }

    pub(super) fn about(&self, finding: Finding) -> Finding {
        Finding {
            tag: self.tag.as_ref().map(ToString::to_string),
            digest: finding.digest.or(self.named),
            ..in_repository(finding, &self.name)
        }
    }
}

pub(super) async fn read(registry: &Inner, path: &StorePath) -> Result<Content> {
    Ok(link::content(&*registry.store, path).await?)
}

/// Whether a link to this leads to bytes; that of a tag goes by the link of a revision.
pub(super) async fn leads(registry: &Inner, place: &Place, target: Digest) -> Result<bool> {
    let target = match place.kind {
        Kind::Layer | Kind::Revision | Kind::History => target,
        Kind::Current => {
            let revision = Key::RevisionLink(&place.name, target).path();
            match read(registry, &revision).await? {
                Content::To(target) => target,
                Content::NoDigest | Content::Absent => return Ok(false),
            }
        }
    };
    match registry.store.size(&Key::BlobData(target).path()).await {
        Ok(_) => Ok(true),
        Err(StoreError::NotFound(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
