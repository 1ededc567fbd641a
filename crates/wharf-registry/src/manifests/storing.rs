//! The writes of a push.

use wharf_spec::{Digest, Manifest, Tag};
use wharf_store::{Change, StoreError, StorePath};

use super::PushedManifest;
use crate::key::Key;
use crate::reliance::ATTEMPTS;
use crate::{Error, Repository, Result, link};

/// What there was before a push.
struct Before<'a> {
    revision: Revision,
    /// What the tags led to.
    heads: Vec<(&'a Tag, Option<Digest>)>,
}

/// Whether there was a revision link.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Revision {
    There,
    New,
}

impl Repository {
    /// Truth in an order in which every prefix is legal, then what is derived from it. `held`
    /// are the links that the manifest relies on: they are touched when the manifest can be
    /// seen and before a tag leads to it.
    pub(crate) async fn store_manifest(
        &self,
        manifest: &Manifest,
        digest: Digest,
        tags: &[Tag],
        mut held: Vec<Vec<StorePath>>,
    ) -> Result<PushedManifest> {
        // Pushes of the same manifest write the same; only a deletion must not come between.
        let key = (self.name.clone(), digest);
        let _turn = self.registry.manifest_turns.share(key).await?;
        let _turns = self.tag_turns(tags).await?;
        let before = self.before(digest, tags).await?;
        for _ in 0..ATTEMPTS {
            let steps = self.steps(manifest, digest, tags, &held);
            let gone = match self.store().commit(steps).await {
                Ok(()) => {
                    // What was touched may be younger than what was settled when it was checked.
                    for path in held.iter().flatten() {
                        self.store().settle(path).await?;
                    }
                    self.registry
                        .contents
                        .forget_other(digest, manifest.bytes());
                    return Ok(PushedManifest {
                        digest,
                        subject: manifest.subject().map(|subject| subject.digest),
                    });
                }
                Err(StoreError::NotFound(gone)) => gone,
                Err(error) => return Err(error.into()),
            };
            // Otherwise what was to be left alone, since it was there, has gone meanwhile.
            if held.iter().flatten().any(|path| *path == gone) {
                // Now all of it is looked at.
                for path in held.iter().flatten() {
                    self.registry.touched.forget(path);
                }
                held = match self.check_references(manifest).await {
                    Err(Error::ReferencesUnknown(missing)) => {
                        self.untag_again(digest, &before).await?;
                        self.take_back_revision(manifest, digest, &before).await?;
                        return Err(Error::ReferencesUnknown(missing));
                    }
                    checked => checked?,
                };
            }
        }
        self.untag_again(digest, &before).await?;
        Err(Error::Busy)
    }

    async fn before<'a>(&self, digest: Digest, tags: &'a [Tag]) -> Result<Before<'a>> {
        let revision = match self.revision_target(digest).await? {
            Some(_) => Revision::There,
            None => Revision::New,
        };
        let mut heads = Vec::with_capacity(tags.len());
        for tag in tags {
            heads.push((tag, self.tag_target(tag).await?));
        }
        Ok(Before { revision, heads })
    }

    fn steps(
        &self,
        manifest: &Manifest,
        digest: Digest,
        tags: &[Tag],
        held: &[Vec<StorePath>],
    ) -> Vec<Vec<Change>> {
        let data = Key::BlobData(digest).path();
        let revision = Key::RevisionLink(&self.name, digest);
        let histories = |tag| Key::TagIndexLink(&self.name, tag, digest);
        let heads = |tag| Key::TagCurrentLink(&self.name, tag);
        let put = |key: Key<'_>| link::change(key, digest);
        let touch = |path: StorePath| Change::Touch { path };

        let blob = Change::Put {
            path: data.clone(),
            content: manifest.bytes().clone(),
        };
        // Without the tag itself its history says nothing yet.
        let revisions = std::iter::once(put(revision)).chain(tags.iter().map(histories).map(put));
        let relied_on = held
            .iter()
            .map(|group| group.iter().cloned().map(touch).collect());
        let own = [data, revision.path()].map(touch);
        let visible = tags.iter().map(heads).map(put);
        // What was left alone, since it was there, is kept from being removed from now on; and
        // a history knows when its tag came back to a manifest.
        let kept = std::iter::once(revision)
            .chain(tags.iter().map(histories))
            .chain(tags.iter().map(heads));
        let mut steps = vec![vec![blob], revisions.collect()];
        steps.extend(relied_on);
        steps.push(own.into());
        steps.push(
            visible
                .chain(self.referrer_change(manifest, digest))
                .collect(),
        );
        steps.push(kept.map(Key::path).map(touch).collect());
        steps
    }

    /// Tags that came to lead to the manifest lead again to what they led to before, as far as
    /// that is still there.
    async fn untag_again(&self, digest: Digest, before: &Before<'_>) -> Result<()> {
        if before.heads.is_empty() {
            return Ok(());
        }
        let moment = self.store().next_moment().await?;
        for (tag, old) in &before.heads {
            if *old == Some(digest) || self.tag_target(tag).await? != Some(digest) {
                continue;
            }
            let Some(old) = *old else {
                self.remove_tag(tag, moment).await?;
                continue;
            };
            let head = link::change(Key::TagCurrentLink(&self.name, tag), old);
            let relied_on = [
                Key::RevisionLink(&self.name, old),
                Key::TagIndexLink(&self.name, tag, old),
            ];
            let touches = relied_on.map(|key| Change::Touch { path: key.path() });
            match self.store().commit(vec![vec![head], touches.into()]).await {
                Err(StoreError::NotFound(_)) => {
                    let moment = self.store().next_moment().await?;
                    self.remove_tag(tag, moment).await?;
                }
                moved => moved?,
            }
        }
        Ok(())
    }

    /// A manifest that lacks something must not be found, unless it was there all the time.
    async fn take_back_revision(
        &self,
        manifest: &Manifest,
        digest: Digest,
        before: &Before<'_>,
    ) -> Result<()> {
        let moment = self.store().next_moment().await?;
        let is_whole = match before.revision {
            // What it lacks may be brought again.
            Revision::There => self.has_settled_data(digest).await?,
            Revision::New => match self.check_references(manifest).await {
                Err(Error::ReferencesUnknown(_)) => false,
                checked => checked.map(|_| true)?,
            },
        };
        if is_whole {
            return Ok(());
        }
        let link = Key::RevisionLink(&self.name, digest).path();
        self.take_back(&link, moment).await
    }
}
