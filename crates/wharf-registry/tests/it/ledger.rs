//! What clients asked for and were told, and whether a registry stands by it.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use wharf_registry::{Error, Registry, Repository};
use wharf_spec::{Algorithm, Digest, Page, Tag, UploadId};

use crate::fixtures::{pull_blob, sha256};

/// Something that a client can look for in a repository.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Thing {
    Blob(Digest),
    Manifest(Digest),
    Tag(Tag),
    /// The second is listed as being about the first.
    Referrer(Digest, Digest),
}

/// What a client finds there.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Found {
    Nothing,
    /// All of it, with the right bytes.
    Whole,
    /// A tag: this manifest, with the right bytes.
    PointsTo(Digest),
}

/// One effect of a request: what will be found afterwards.
pub(crate) type Change = (&'static str, Thing, Found);

/// All that a registry may answer, given what it was asked and what it promised.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    things: BTreeMap<(&'static str, Thing), Possible>,
    uploads: BTreeMap<UploadId, Open>,
}

#[derive(Clone, Debug, Default)]
struct Possible {
    /// Empty at first: then only `Nothing` is.
    found: BTreeSet<Found>,
    /// Requests about it that have not been answered.
    pending: usize,
    /// What requests wanted to make of it since the last moment without any.
    overlapping: BTreeSet<Found>,
}

/// An upload that can be continued.
#[derive(Clone, Debug)]
struct Open {
    repository: &'static str,
    /// What it will be in the end.
    content: Bytes,
    /// Bytes of it that the client need not send again.
    acknowledged: usize,
    /// It is being finished or cancelled.
    ending: bool,
    /// A request failed: the registry may have given it up.
    failed: bool,
}

/// What is wrong with a registry.
pub(crate) type Verdict = Result<(), String>;

// === impl Ledger ===

impl Ledger {
    /// A request begins: from now on its effects may be seen.
    pub(crate) fn ask(&mut self, changes: &[Change]) {
        for (repository, thing, found) in changes {
            let possible = self.things.entry((repository, thing.clone())).or_default();
            if possible.found.is_empty() {
                possible.found.insert(Found::Nothing);
            }
            if possible.pending == 0 {
                possible.overlapping.clear();
            }
            possible.pending += 1;
            possible.overlapping.insert(*found);
            possible.found.insert(*found);
        }
    }

    /// It succeeded: from now on its effects must be seen, or those of a request that
    /// overlapped with it.
    pub(crate) fn succeed(&mut self, changes: &[Change]) {
        for (repository, thing, _) in changes {
            let possible = self.things.entry((repository, thing.clone())).or_default();
            possible.pending -= 1;
            possible.found = possible.overlapping.clone();
        }
    }

    /// It failed: its effects may be seen or not.
    pub(crate) fn fail(&mut self, changes: &[Change]) {
        for (repository, thing, _) in changes {
            let possible = self.things.entry((repository, thing.clone())).or_default();
            possible.pending -= 1;
        }
    }

    /// Tags that point to a manifest are about to go with it.
    pub(crate) fn untagging(&mut self, repository: &'static str, digest: Digest) {
        for found in self.found_by_tags(repository) {
            if found.contains(&Found::PointsTo(digest)) {
                found.insert(Found::Nothing);
            }
        }
    }

    /// They have gone.
    pub(crate) fn untagged(&mut self, repository: &'static str, digest: Digest) {
        for found in self.found_by_tags(repository) {
            found.remove(&Found::PointsTo(digest));
        }
    }

    /// An upload has been started.
    pub(crate) fn started(&mut self, repository: &'static str, id: &UploadId, content: Bytes) {
        let open = Open {
            repository,
            content,
            acknowledged: 0,
            ending: false,
            failed: false,
        };
        self.uploads.insert(id.clone(), open);
    }

    /// This much of an upload has been acknowledged.
    pub(crate) fn received(&mut self, id: &UploadId, size: u64) {
        if let Some(open) = self.uploads.get_mut(id) {
            open.acknowledged = size as usize;
        }
    }

    /// A request to append to an upload failed. It may be gone, but not a part of it.
    pub(crate) fn append_failed(&mut self, id: &UploadId) {
        if let Some(open) = self.uploads.get_mut(id) {
            open.failed = true;
        }
    }

    /// The upload may be gone from now on.
    pub(crate) fn ending(&mut self, id: &UploadId) {
        if let Some(open) = self.uploads.get_mut(id) {
            open.ending = true;
        }
    }

    fn found_by_tags(&mut self, repository: &str) -> impl Iterator<Item = &mut BTreeSet<Found>> {
        let things = self.things.iter_mut();
        things.filter_map(move |((name, thing), possible)| {
            let is_tag = *name == repository && matches!(thing, Thing::Tag(_));
            is_tag.then_some(&mut possible.found)
        })
    }

    /// Asks the registry about everything, and then continues every open upload.
    pub(crate) async fn check(&self, registry: &Registry) -> Verdict {
        let repository = |name: &str| registry.repository(name.parse().unwrap());
        let names: BTreeSet<_> = self.things.keys().map(|(name, _)| *name).collect();
        for name in names {
            listed_tags_can_be_pulled(&repository(name)).await?;
        }
        for ((name, thing), possible) in &self.things {
            let found = look_for(&repository(name), thing).await?;
            if !possible.found.contains(&found) {
                return Err(format!(
                    "{name}: {thing:?} is {found:?}, not {:?}",
                    possible.found
                ));
            }
        }
        for (id, open) in &self.uploads {
            open.can_go_on(&repository(open.repository), id).await?;
        }
        Ok(())
    }
}

// === impl Open ===

impl Open {
    async fn can_go_on(&self, repository: &Repository, id: &UploadId) -> Verdict {
        let size = match repository.upload_status(id).await {
            Ok(status) => status.size as usize,
            Err(Error::UploadUnknown(_)) if self.ending || self.failed => return Ok(()),
            // Who has sent nothing yet has nothing to lose, and starts another one.
            Err(Error::UploadUnknown(_)) if self.acknowledged == 0 => return Ok(()),
            Err(error) => return Err(format!("upload {id}: {error:?}")),
        };
        let whole = size == self.acknowledged && !self.ending;
        if size < self.acknowledged && !self.ending {
            return Err(format!(
                "upload {id}: {size} bytes left of {}",
                self.acknowledged
            ));
        }
        if size > self.content.len() {
            return Err(format!("upload {id}: {size} bytes, more than ever came"));
        }
        let digest = sha256(&self.content);
        let mut rest = self.content.slice(size..);
        let upload = match repository.upload(id).await {
            Ok(upload) => upload,
            Err(Error::UploadUnknown(_)) if self.ending => return Ok(()),
            // The store may still be writing for a request that its client has dropped.
            Err(Error::UploadBusy(_)) if self.ending || self.failed => return Ok(()),
            Err(error) => return Err(format!("upload {id}: {error:?}")),
        };
        match upload.finish(None, &mut rest, digest).await {
            Ok(()) => match look_for(repository, &Thing::Blob(digest)).await? {
                Found::Whole => Ok(()),
                other => Err(format!("upload {id} became {other:?}")),
            },
            // What was not acknowledged need not be right, but is never served.
            Err(Error::DigestMismatch { .. }) if !whole => Ok(()),
            Err(error) => Err(format!("upload {id} from {size}: {error:?}")),
        }
    }
}

async fn look_for(repository: &Repository, thing: &Thing) -> Result<Found, String> {
    let found = match thing {
        Thing::Blob(digest) => blob(repository, *digest).await,
        Thing::Manifest(digest) => manifest(repository, &digest.to_string())
            .await
            .map(|found| found.map_or(Found::Nothing, |_| Found::Whole)),
        Thing::Tag(tag) => manifest(repository, tag.as_str())
            .await
            .map(|found| found.map_or(Found::Nothing, Found::PointsTo)),
        Thing::Referrer(subject, digest) => referrer(repository, *subject, *digest).await,
    };
    found.map_err(|why| format!("{}: {thing:?}: {why}", repository.name()))
}

async fn blob(repository: &Repository, digest: Digest) -> Result<Found, String> {
    match pull_blob(repository, digest).await {
        Ok(content) if wharf_hash::digest(digest.algorithm(), &content) == digest => {
            Ok(Found::Whole)
        }
        Ok(content) => Err(format!("wrong bytes: {content:?}")),
        Err(Error::BlobUnknown(_)) => Ok(Found::Nothing),
        Err(error) => Err(format!("{error:?}")),
    }
}

async fn manifest(repository: &Repository, reference: &str) -> Result<Option<Digest>, String> {
    match crate::fixtures::pull(repository, reference).await {
        Ok(manifest) => {
            let algorithm: Algorithm = manifest.digest.algorithm();
            let right = wharf_hash::digest(algorithm, &manifest.bytes) == manifest.digest;
            if right {
                Ok(Some(manifest.digest))
            } else {
                Err(format!("wrong bytes: {manifest:?}"))
            }
        }
        Err(Error::ManifestUnknown(_)) => Ok(None),
        Err(error) => Err(format!("{error:?}")),
    }
}

async fn referrer(
    repository: &Repository,
    subject: Digest,
    digest: Digest,
) -> Result<Found, String> {
    match repository.referrers(subject, None, None).await {
        Ok((found, _)) if found.iter().any(|it| it.digest == digest) => Ok(Found::Whole),
        Ok(_) => Ok(Found::Nothing),
        Err(error) => Err(format!("{error:?}")),
    }
}

async fn listed_tags_can_be_pulled(repository: &Repository) -> Verdict {
    let tags = match repository.tags(&Page::default()).await {
        Ok((tags, _)) => tags,
        Err(Error::RepositoryUnknown(_)) => return Ok(()),
        Err(error) => return Err(format!("{}: tags: {error:?}", repository.name())),
    };
    for tag in tags.iter() {
        if manifest(repository, tag).await?.is_none() {
            return Err(format!(
                "{}: {tag} is listed and cannot be pulled",
                repository.name()
            ));
        }
    }
    Ok(())
}
