//! What can go wrong in a store, as far as a caller acts on it.

use std::io;

use crate::StorePath;

/// The result of a store operation.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Why a store operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing is stored there.
    #[error("nothing is stored at {0}")]
    NotFound(StorePath),
    /// The object is longer than the caller would read.
    #[error("{path} has {size} bytes, more than the {limit} that may be read at once")]
    TooLarge {
        /// Where it is.
        path: StorePath,
        /// Its size in bytes.
        size: u64,
        /// The most the caller asked for.
        limit: u64,
    },
    /// No room is left (disk, quota): nothing the client did wrong, and it may pass.
    #[error("no space is left to {operation} {path}")]
    Full {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On which path.
        path: StorePath,
    },
    /// The backend failed.
    #[error("could not {operation} {path}")]
    Io {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On which path.
        path: StorePath,
        /// Why.
        source: io::Error,
    },
}

impl StoreError {
    /// Sorts an I/O error by what a caller does about it.
    #[must_use]
    pub fn from_io(operation: &'static str, path: &StorePath, source: io::Error) -> Self {
        let path = path.clone();
        match source.kind() {
            // A file where a directory should be means that nothing can be below it.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NotFound(path),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { operation, path }
            }
            _ => Self::Io {
                operation,
                path,
                source,
            },
        }
    }

    /// `TooLarge` for an object of more than `limit` bytes.
    ///
    /// # Errors
    /// That.
    pub fn unless_within(limit: u64, size: u64, path: &StorePath) -> Result<()> {
        if size > limit {
            let path = path.clone();
            return Err(Self::TooLarge { path, size, limit });
        }
        Ok(())
    }

    /// True when nothing is stored at the path.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound(_))
    }
}
