//! Where images come from.

use async_trait::async_trait;
use bytes::Bytes;
use wharf_client::RegistryHost;
use wharf_hash::StreamHasher;
use wharf_spec::{Descriptor, Digest, RepositoryName};

use crate::{Attached, BlobStream, ImageError};

/// An image that a place speaks of: the manifest or index that all of it hangs on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Root {
    /// The manifest.
    pub descriptor: Descriptor,
    /// What the place calls it: full names of images, or plain tags. A digest that was asked
    /// for is none of them.
    pub names: Vec<String>,
}

/// A place that images are read from.
#[async_trait]
pub trait Source: Send + Sync {
    /// The place, for errors.
    fn place(&self) -> String;

    /// All images that the place speaks of: one, if it names one.
    ///
    /// # Errors
    /// When it cannot be read, or does not have what it names.
    async fn roots(&self) -> Result<Vec<Root>, ImageError>;

    /// The bytes of a manifest, whose digest was verified.
    ///
    /// # Errors
    /// When it is not there, is damaged, or has more than
    /// [`RegistryClient::MOST_MANIFEST`](wharf_client::RegistryClient::MOST_MANIFEST) bytes.
    async fn manifest(&self, descriptor: &Descriptor) -> Result<Bytes, ImageError>;

    /// The bytes of a blob.
    ///
    /// # Errors
    /// When it is not there. Other errors may come with the stream.
    async fn blob(&self, descriptor: &Descriptor) -> Result<BlobStream, ImageError>;

    /// The rest of a blob, where that is less work than all of it: `begun` is the hash of what
    /// is there. All of the blob is verified; if that fails, what was there may be at fault.
    fn rest(&self, _descriptor: &Descriptor, _begun: StreamHasher) -> Option<BlobStream> {
        None
    }

    /// The manifests whose subject this one is.
    ///
    /// # Errors
    /// When the place cannot be read.
    async fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, ImageError>;

    /// The manifests that are about this one by their tags alone.
    ///
    /// # Errors
    /// When the place cannot be read.
    async fn attached(&self, _subject: &Digest) -> Result<Vec<Attached>, ImageError> {
        Ok(Vec::new())
    }

    /// The repository of a registry that it is, from which another one may mount blobs.
    fn home(&self) -> Option<(&RegistryHost, &RepositoryName)> {
        None
    }
}

impl dyn Source {
    /// The one image that the place speaks of; of several, the only one with a name.
    ///
    /// # Errors
    /// When there is none, or it is not clear which.
    pub async fn resolve(&self) -> Result<Root, ImageError> {
        let roots = self.roots().await?;
        let named: Vec<_> = roots.iter().filter(|root| !root.names.is_empty()).collect();
        match (roots.as_slice(), named.as_slice()) {
            ([], _) => Err(ImageError::NotFound {
                what: "an image".to_owned(),
                place: self.place(),
                available: Vec::new(),
            }),
            ([only], _) => Ok(only.clone()),
            (_, [only]) => Ok((*only).clone()),
            _ => Err(ImageError::Ambiguous {
                place: self.place(),
                available: roots.iter().map(Root::label).collect(),
            }),
        }
    }
}

// === impl Root ===

impl Root {
    fn label(&self) -> String {
        let digest = || self.descriptor.digest.to_string();
        self.names.first().cloned().unwrap_or_else(digest)
    }
}
