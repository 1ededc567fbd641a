//! Does the repository hold what a manifest refers to?

use wharf_spec::{Descriptor, Digest, Manifest};

use crate::key::Key;
use crate::{Error, Repository, Result, SparseManifests};

impl Repository {
    /// Refuses a manifest whose parts are missing, as far as the operator wants that.
    /// A subject may always be missing (OCI distribution-spec, "Push").
    pub(super) async fn check_references(&self, manifest: &Manifest) -> Result<()> {
        let sparse = self.registry.options.sparse;
        let mut missing = Vec::new();
        if sparse != SparseManifests::All {
            for descriptor in manifest.config().into_iter().chain(manifest.layers()) {
                if !self.holds_layer(descriptor).await? {
                    missing.push(descriptor.digest);
                }
            }
        }
        if sparse == SparseManifests::Refused {
            for descriptor in manifest.children() {
                if !self.holds_child(descriptor).await? {
                    missing.push(descriptor.digest);
                }
            }
        }
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Error::ReferencesUnknown(missing))
        }
    }

    async fn holds_layer(&self, descriptor: &Descriptor) -> Result<bool> {
        if descriptor.is_nondistributable() {
            return Ok(true);
        }
        match self.layer_target(descriptor.digest).await? {
            Some(target) => self.has_data(target).await,
            None => Ok(false),
        }
    }

    /// A child of an index is a manifest as a rule, but any blob is allowed
    /// (OCI image-spec, "Image Index": unknown media types).
    async fn holds_child(&self, descriptor: &Descriptor) -> Result<bool> {
        match self.revision_target(descriptor.digest).await? {
            Some(target) => self.has_data(target).await,
            None => self.holds_layer(descriptor).await,
        }
    }

    async fn has_data(&self, digest: Digest) -> Result<bool> {
        match self.store().size(&Key::BlobData(digest).path()).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
