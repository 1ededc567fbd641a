//! Why a path has no route.

use crate::{DigestError, NameError, ReferenceError, UploadIdError};

/// Why a path is not a [`Route`](crate::Route).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RouteError {
    /// No endpoint has such a path.
    #[error("there is no such page")]
    NotFound,
    /// Another path is meant: it starts with one slash, is percent-encoded and lacks the
    /// query, so it can stand in a `Location` header.
    #[error("the path is {0}")]
    Redirect(String),
    /// The repository's name is not valid.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The tag or digest of a manifest is not valid.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The digest of a blob or of a subject is not valid.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// The upload's identifier is not valid.
    #[error(transparent)]
    UploadId(#[from] UploadIdError),
}
