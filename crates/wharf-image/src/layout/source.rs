//! Images of a layout.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::OnceCell;
use wharf_client::ImageName;
use wharf_spec::{Descriptor, Digest, Tag};

use super::index::{IMAGE_NAME, Index, MOST_INDEX, REFERENCE_NAME};
use super::{INDEX, blob_name};
use crate::members::{self, Members};
use crate::source::{Root, Source};
use crate::{Attached, BlobStream, ImageError, LayoutReference, attached, file, manifests};

/// Which images of a layout are meant.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    All,
    Reference(LayoutReference),
    /// The one that `docker load` would give this name.
    Image(ImageName),
}

/// A layout that is read.
pub(crate) struct LayoutSource {
    members: Arc<dyn Members>,
    wanted: Wanted,
    entries: Vec<Descriptor>,
    /// By their subjects.
    referrers: OnceCell<HashMap<Digest, Vec<Descriptor>>>,
}

// === impl LayoutSource ===

impl LayoutSource {
    pub(crate) async fn open(
        members: Arc<dyn Members>,
        wanted: Wanted,
    ) -> Result<Self, ImageError> {
        let bytes = members::read(&members, INDEX, MOST_INDEX).await?;
        let bytes = bytes.ok_or_else(|| {
            ImageError::damaged(members.place(), "it is no OCI layout: it has no index.json")
        })?;
        let entries = Index::entries(bytes, &format!("{INDEX} in {}", members.place()))?;
        Ok(Self {
            members,
            wanted,
            entries,
            referrers: OnceCell::new(),
        })
    }

    pub(crate) fn entries(&self) -> &[Descriptor] {
        &self.entries
    }

    fn is_wanted(&self, entry: &Descriptor) -> bool {
        match &self.wanted {
            // What is about another image is none of its own.
            Wanted::All => !names(entry).any(attached::is_attached),
            Wanted::Reference(LayoutReference::Digest(digest)) => entry.digest == *digest,
            Wanted::Reference(LayoutReference::Name(name)) => names(entry).any(|it| it == name),
            // The full name stands first.
            Wanted::Image(wanted) => names(entry).next().is_some_and(|name| {
                let parsed = name.parse::<ImageName>();
                parsed.is_ok_and(|it| it.to_string() == wanted.to_string())
            }),
        }
    }

    fn missing(&self) -> ImageError {
        let what = match &self.wanted {
            Wanted::All => "an image".to_owned(),
            Wanted::Reference(LayoutReference::Digest(digest)) => digest.to_string(),
            Wanted::Reference(LayoutReference::Name(name)) => name.clone(),
            Wanted::Image(name) => name.familiar(),
        };
        let label = |entry| names(entry).next().map(str::to_owned);
        ImageError::NotFound {
            what,
            place: self.members.place(),
            available: self.entries.iter().filter_map(label).collect(),
        }
    }

    /// A manifest that need not be in the list.
    async fn unlisted(&self, digest: Digest) -> Result<Option<Root>, ImageError> {
        let Some(span) = members::open(&self.members, &blob_name(&digest)).await? else {
            return Ok(None);
        };
        let bytes = file::blocking(move || manifests::read(&span, digest)).await?;
        let parsed = wharf_spec::Manifest::parse(bytes, None);
        let manifest = parsed.map_err(|source| ImageError::Manifest { digest, source })?;
        let mut descriptor = manifest.descriptor(digest);
        descriptor.annotations.clear();
        descriptor.artifact_type = None;
        Ok(Some(Root {
            descriptor,
            names: Vec::new(),
        }))
    }
}

#[async_trait]
impl Source for LayoutSource {
    fn place(&self) -> String {
        self.members.place()
    }

    async fn roots(&self) -> Result<Vec<Root>, ImageError> {
        let mut roots: Vec<Root> = Vec::new();
        for entry in self.entries.iter().filter(|entry| self.is_wanted(entry)) {
            // The full name stands first.
            let name = names(entry).next().map(str::to_owned);
            match roots
                .iter_mut()
                .find(|root| root.descriptor.digest == entry.digest)
            {
                Some(root) => root.names.extend(name),
                None => roots.push(Root {
                    descriptor: entry.clone(),
                    names: name.into_iter().collect(),
                }),
            }
        }
        if let (true, Wanted::Reference(LayoutReference::Digest(digest))) =
            (roots.is_empty(), &self.wanted)
        {
            roots.extend(self.unlisted(*digest).await?);
        }
        if roots.is_empty() {
            return Err(self.missing());
        }
        // Without names are, among named ones, signatures and the like.
        if matches!(self.wanted, Wanted::All) && roots.iter().any(|root| !root.names.is_empty()) {
            roots.retain(|root| !root.names.is_empty());
        }
        Ok(roots)
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<Bytes, ImageError> {
        let digest = descriptor.digest;
        let span = members::open(&self.members, &blob_name(&digest)).await?;
        let span = span.ok_or_else(|| self.lacks(format!("the manifest {digest}")))?;
        file::blocking(move || manifests::read(&span, digest)).await
    }

    async fn blob(&self, descriptor: &Descriptor) -> Result<BlobStream, ImageError> {
        let digest = descriptor.digest;
        let span = members::open(&self.members, &blob_name(&digest)).await?;
        let span = span.ok_or_else(|| self.lacks(format!("the blob {digest}")))?;
        manifests::sized(&span, descriptor)?;
        Ok(span.stream(digest))
    }

    async fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, ImageError> {
        let known = self.referrers.get_or_init(|| self.find_referrers()).await;
        Ok(known.get(subject).cloned().unwrap_or_default())
    }

    async fn attached(&self, subject: &Digest) -> Result<Vec<Attached>, ImageError> {
        let of = |tag: Tag| {
            let is_it = |entry: &&Descriptor| names(entry).any(|name| name == tag.as_str());
            let mut descriptor = self.entries.iter().find(is_it)?.clone();
            descriptor.annotations.clear();
            Some(Attached { tag, descriptor })
        };
        Ok(attached::tags(subject).filter_map(of).collect())
    }
}

impl LayoutSource {
    /// A layout has no list of them: the manifests that its own list has are looked at, once.
    async fn find_referrers(&self) -> HashMap<Digest, Vec<Descriptor>> {
        let mut found: HashMap<_, Vec<Descriptor>> = HashMap::new();
        let mut seen = HashSet::new();
        for entry in self.entries.iter().take(MOST_LOOKED_AT) {
            if !seen.insert(entry.digest) {
                continue;
            }
            // What cannot be read refers to nothing that could be told.
            let Ok(bytes) = self.manifest(entry).await else {
                continue;
            };
            let Ok(manifest) = manifests::parse(bytes, entry) else {
                continue;
            };
            if let Some(subject) = manifest.subject() {
                let referrers = found.entry(subject.digest).or_default();
                referrers.push(manifest.descriptor(entry.digest));
            }
        }
        found
    }

    fn lacks(&self, what: String) -> ImageError {
        ImageError::NotFound {
            what,
            place: self.members.place(),
            available: Vec::new(),
        }
    }
}

// === private ===

/// The full name, and the one within the layout. What would move somebody's cursor is none.
fn names(entry: &Descriptor) -> impl Iterator<Item = &str> {
    let keys = [IMAGE_NAME, REFERENCE_NAME].into_iter();
    let names = keys.filter_map(|key| entry.annotations.get(key));
    let is_plain = |name: &&str| !name.contains(char::is_control);
    names.map(String::as_str).filter(is_plain)
}

/// Manifests that are read to find out what they are about.
const MOST_LOOKED_AT: usize = 10_000;
