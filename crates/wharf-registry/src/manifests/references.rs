//! Does the repository hold what a manifest refers to?

use std::collections::{BTreeSet, VecDeque};

use wharf_spec::{Descriptor, Digest, Manifest};
use wharf_store::StorePath;

use super::urls;
use crate::key::Key;
use crate::{Error, Options, Repository, Result, SparseManifests, link};

/// What a manifest will rely on, as far as it was looked at.
#[derive(Default)]
struct Reliance {
    data: BTreeSet<StorePath>,
    /// Links of layers.
    links: BTreeSet<StorePath>,
    /// Links of children, each before those of what it lists.
    revisions: Vec<StorePath>,
    missing: Vec<Digest>,
    told: BTreeSet<Digest>,
    /// Children whose own parts are to be looked at, each with the child of the manifest that
    /// it belongs to.
    children: VecDeque<(Digest, Digest)>,
    seen: BTreeSet<Digest>,
}

/// A link that leads to data.
struct Held {
    link: StorePath,
    data: StorePath,
}

impl Repository {
    /// Refuses a manifest whose parts are missing, as far as the operator wants that, and tells
    /// which links and data it will rely on, in groups from the inside out: whoever finds
    /// something there that was touched lately has found before what that needs. A subject may
    /// always be missing (OCI distribution-spec, "Push").
    pub(crate) async fn check_references(
        &self,
        manifest: &Manifest,
    ) -> Result<Vec<Vec<StorePath>>> {
        let mut reliance = Reliance::default();
        self.check_parts(manifest, None, &mut reliance).await?;
        // A child may have been written by a push that was cut short before it was whole.
        for _ in 0..MOST_CHILDREN {
            let Some((child, digest)) = reliance.children.pop_front() else {
                break;
            };
            if let Some(manifest) = self.revision(digest).await? {
                self.check_parts(&manifest, Some(child), &mut reliance)
                    .await?;
            }
        }
        if reliance.missing.is_empty() {
            Ok(reliance.into_groups())
        } else {
            Err(Error::ReferencesUnknown(reliance.missing))
        }
    }

    /// Looks at what a manifest refers to; where it belongs to a `child` of the one that is
    /// pushed, that is what is missing if it is not whole.
    async fn check_parts(
        &self,
        manifest: &Manifest,
        child: Option<Digest>,
        reliance: &mut Reliance,
    ) -> Result<()> {
        let Options { sparse, urls, .. } = &self.registry.options;
        for descriptor in manifest.config().into_iter().chain(manifest.layers()) {
            let is_needed = *sparse != SparseManifests::All && !urls::excuse(urls, descriptor);
            match self.held_layer(descriptor).await? {
                Some(held) => reliance.hold(held),
                None if is_needed => reliance.miss(descriptor.digest, child),
                None => {}
            }
        }
        for descriptor in manifest.children() {
            let digest = descriptor.digest;
            let revision = Key::RevisionLink(&self.name, digest).path();
            if let Some(Held { link, data }) = self.held(revision).await? {
                reliance.data.insert(data);
                if reliance.seen.insert(digest) {
                    reliance.revisions.push(link);
                    let child = child.unwrap_or(digest);
                    reliance.children.push_back((child, digest));
                }
                continue;
            }
            // A child of an index is a manifest as a rule, but any blob is allowed (OCI
            // image-spec, "Image Index": unknown media types).
            match self.held_layer(descriptor).await? {
                Some(held) => reliance.hold(held),
                None if !needs_child(sparse, descriptor) => {}
                None if urls::excuse(urls, descriptor) => {}
                None => reliance.miss(digest, child),
            }
        }
        Ok(())
    }

    async fn held_layer(&self, descriptor: &Descriptor) -> Result<Option<Held>> {
        self.held(Key::LayerLink(&self.name, descriptor.digest).path())
            .await
    }

    /// The link, if it leads to data. The manifest will rely on both, so they have to be
    /// durable before it is acknowledged: another request may be writing them now.
    async fn held(&self, link: StorePath) -> Result<Option<Held>> {
        let Some(target) = link::read(self.store(), &link).await? else {
            return Ok(None);
        };
        self.store().settle(&link).await?;
        let data = Key::BlobData(target).path();
        // What came here lately is touched when the manifest is written, and then it turns out if
        // it has gone.
        let is_there =
            self.registry.touched.is_recent(&data) || self.has_settled_data(target).await?;
        Ok(is_there.then_some(Held { link, data }))
    }
}

// === impl Reliance ===

impl Reliance {
    fn hold(&mut self, Held { link, data }: Held) {
        self.links.insert(link);
        self.data.insert(data);
    }

    fn into_groups(self) -> Vec<Vec<StorePath>> {
        let parts = [self.data, self.links].map(|paths| paths.into_iter().collect());
        let revisions = self.revisions.into_iter().rev().map(|link| vec![link]);
        parts.into_iter().chain(revisions).collect()
    }

    /// A part that is named twice is told twice, as distribution tells it. Of what a child needs
    /// the child is told, and once.
    fn miss(&mut self, part: Digest, child: Option<Digest>) {
        match child {
            None => self.missing.push(part),
            Some(child) if self.told.insert(child) => self.missing.push(child),
            Some(_) => {}
        }
    }
}

/// Whether this child of an index must be there.
fn needs_child(sparse: &SparseManifests, child: &Descriptor) -> bool {
    match sparse {
        SparseManifests::Refused => true,
        SparseManifests::IndexesBut(platforms) => platforms.contain(child.platform.as_ref()),
        SparseManifests::Indexes | SparseManifests::All => false,
    }
}

/// Children, and children of those, whose parts are looked at: far more than the platforms
/// there are, and a bound to what one request can ask for.
const MOST_CHILDREN: usize = 1000;
