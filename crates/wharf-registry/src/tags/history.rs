//! What a tag has pointed to: distribution's own links know it.

use std::cmp::Reverse;
use std::time::SystemTime;

use serde::Serialize;
use wharf_spec::{Algorithm, Digest, Reference, Tag};
use wharf_store::StoreError;

use crate::key::Key;
use crate::repository::to_the_end;
use crate::{Error, Repository, Result, moment};

/// A manifest that a tag points to, or has pointed to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Past {
    /// Which one.
    pub digest: Digest,
    /// When the tag was last made to point to it.
    #[serde(serialize_with = "moment::serialize")]
    pub when: SystemTime,
    /// Whether it does now.
    pub is_current: bool,
    /// Whether the repository still holds it.
    pub is_there: bool,
}

impl Repository {
    /// What the tag has pointed to, the latest first.
    ///
    /// # Errors
    /// `ManifestUnknown` when there is no such tag.
    pub async fn tag_history(&self, tag: &Tag) -> Result<Vec<Past>> {
        let current = self.tag_target(tag).await?;
        let Some(current) = current else {
            return Err(Error::ManifestUnknown(Reference::Tag(tag.clone())));
        };
        let mut history = Vec::new();
        for (digest, when) in self.tag_index(tag).await? {
            history.push(Past {
                digest,
                when,
                is_current: digest == current,
                is_there: self.revision_target(digest).await?.is_some(),
            });
        }
        history.sort_by_key(|past| Reverse((past.is_current, past.when)));
        Ok(history)
    }

    /// Lets the tag point again to a manifest that the repository still holds.
    ///
    /// # Errors
    /// `ManifestUnknown` when it does not; those of [`Repository::push_manifest`].
    pub async fn restore_tag(&self, tag: &Tag, digest: Digest) -> Result<()> {
        let unknown = || Error::ManifestUnknown(Reference::Digest(digest));
        let manifest = self.revision(digest).await?.ok_or_else(unknown)?;
        let held = self.check_references(&manifest).await?;
        let (repository, tags) = (self.clone(), vec![tag.clone()]);
        to_the_end(async move {
            repository
                .store_manifest(&manifest, digest, &tags, held)
                .await
                .map(|_| ())
        })
        .await
    }

    /// What is in the history of a tag, and since when.
    pub(crate) async fn tag_index(&self, tag: &Tag) -> Result<Vec<(Digest, SystemTime)>> {
        let mut found = Vec::new();
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let directory = Key::TagIndex(&self.name, tag, algorithm).path();
            for digest in self.digests_in(&directory, algorithm).await? {
                let link = Key::TagIndexLink(&self.name, tag, digest).path();
                match self.store().stat(&link).await {
                    Ok(stat) => found.push((digest, stat.touched)),
                    Err(StoreError::NotFound(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(found)
    }
}
