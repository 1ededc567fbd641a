//! What a client may get wrong, as far as its answer depends on it, and what the store may.

use std::io;

use wharf_spec::{Digest, ManifestError, Reference, RepositoryName, UploadId};
use wharf_store::StoreError;

use crate::Class;

/// The result of an operation of the domain.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The repository does not hold the blob.
    #[error("the repository holds no blob {0}")]
    BlobUnknown(Digest),
    /// The repository does not hold the manifest.
    #[error("the repository holds no manifest {0}")]
    ManifestUnknown(Reference),
    /// Nobody has pushed to the repository.
    #[error("there is no repository {0}")]
    RepositoryUnknown(RepositoryName),
    /// The upload was never started, or is done, cancelled or purged.
    #[error("there is no upload {0}: start a new one")]
    UploadUnknown(UploadId),
    /// Another request for the same upload would not give way.
    #[error("another request is writing to upload {0}: try again")]
    UploadBusy(UploadId),
    /// A later request for the same upload took over.
    #[error("a later request continues upload {0}")]
    UploadSuperseded(UploadId),
    /// A chunk does not start where the upload stands.
    #[error("the chunk starts at byte {start}, but the upload stands at {size}")]
    OutOfOrder {
        /// Where the chunk starts.
        start: u64,
        /// Bytes received so far: where the next chunk must start.
        size: u64,
    },
    /// The body was not as long as its range said.
    #[error("the range announced {announced} bytes, but {received} came")]
    SizeMismatch {
        /// Bytes by the range.
        announced: u64,
        /// Bytes in the body.
        received: u64,
    },
    /// The bytes do not have the digest that the client named.
    #[error("the content has digest {computed}, not {named}")]
    DigestMismatch {
        /// What the client said.
        named: Digest,
        /// What the bytes have.
        computed: Digest,
    },
    /// The manifest cannot be used.
    #[error(transparent)]
    ManifestInvalid(#[from] ManifestError),
    /// A layer of the manifest names a URL that the operator does not want named.
    #[error("`{0}`: this registry does not take manifests with this URL")]
    LayerUrl(String),
    /// A layer that is to be had elsewhere does not say where.
    #[error("`{0}`: a foreign layer must have a URL")]
    LayerUrlMissing(String),
    /// The manifest is of no class, and the operator wants classes.
    #[error("unknown manifest class for {0}")]
    ClassUnknown(String),
    /// The manifest is of a class that the operator does not want.
    #[error("registry does not allow {0} manifest")]
    ClassDenied(Class),
    /// The manifest refers to blobs or manifests that the repository does not hold.
    #[error("the manifest refers to {} things that the repository does not hold", .0.len())]
    ReferencesUnknown(Vec<Digest>),
    /// A change of the manifest or tag does not come to an end.
    #[error("the store is not done with a change of this manifest or tag: try again later")]
    Busy,
    /// Deletion is switched off.
    #[error("deletion is switched off in this registry")]
    DeletionDisabled,
    /// The body broke off; what came before is kept.
    #[error("the request body broke off")]
    Interrupted(#[source] io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
