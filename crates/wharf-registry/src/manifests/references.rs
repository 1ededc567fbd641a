//! Does the repository hold what a manifest refers to?

use wharf_spec::{Descriptor, Manifest};
use wharf_store::StorePath;

use super::urls;
use crate::key::Key;
use crate::{Error, Repository, Result, SparseManifests, link};

impl Repository {
    /// Refuses a manifest whose parts are missing, as far as the operator wants that.
    /// A subject may always be missing (OCI distribution-spec, "Push").
    pub(super) async fn check_references(&self, manifest: &Manifest) -> Result<()> {
        let sparse = &self.registry.options.sparse;
        let mut missing = Vec::new();
        if *sparse != SparseManifests::All {
            for descriptor in manifest.config().into_iter().chain(manifest.layers()) {
                if !self.holds_layer(descriptor).await? {
                    missing.push(descriptor.digest);
                }
            }
        }
        for descriptor in manifest.children() {
            if needs_child(sparse, descriptor) && !self.holds_child(descriptor).await? {
                missing.push(descriptor.digest);
            }
        }
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Error::ReferencesUnknown(missing))
        }
    }

    async fn holds_layer(&self, descriptor: &Descriptor) -> Result<bool> {
        if urls::excuse(&self.registry.options.urls, descriptor) {
            return Ok(true);
        }
        let link = Key::LayerLink(&self.name, descriptor.digest).path();
        self.is_held(&link).await
    }

    /// A child of an index is a manifest as a rule, but any blob is allowed
    /// (OCI image-spec, "Image Index": unknown media types).
    async fn holds_child(&self, descriptor: &Descriptor) -> Result<bool> {
        let link = Key::RevisionLink(&self.name, descriptor.digest).path();
        Ok(self.is_held(&link).await? || self.holds_layer(descriptor).await?)
    }

    /// True when the link leads to data. The manifest will rely on both, so they have to
    /// be durable before it is acknowledged: another request may be writing them now.
    async fn is_held(&self, link: &StorePath) -> Result<bool> {
        let Some(target) = link::read(self.store(), link).await? else {
            return Ok(false);
        };
        self.store().settle(link).await?;
        self.has_settled_data(target).await
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
