//! What a provider's errors mean to a caller.

use std::io;

use object_store::Error;
use wharf_store::{StoreError, StorePath};

/// An error of something that reads.
pub(crate) fn failed(operation: &'static str, path: &StorePath, error: Error) -> StoreError {
    match error {
        Error::NotFound { .. } => StoreError::NotFound(path.clone()),
        error => could_not(operation, path, error),
    }
}

/// An error of something that writes, which needs nothing to be there but the bucket.
pub(crate) fn could_not(operation: &'static str, path: &StorePath, error: Error) -> StoreError {
    let kind = match &error {
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            io::ErrorKind::PermissionDenied
        }
        _ => io::ErrorKind::Other,
    };
    StoreError::Io {
        operation,
        path: path.clone(),
        source: io::Error::new(kind, error),
    }
}

/// An error of what was tried again and again, each time in vain, since others did the same.
pub(crate) fn busy(operation: &'static str, path: &StorePath, why: &'static str) -> StoreError {
    let source = io::Error::new(io::ErrorKind::ResourceBusy, why);
    StoreError::from_io(operation, path, source)
}

/// For bodies.
pub(crate) fn as_io(error: Error) -> io::Error {
    io::Error::other(error)
}
