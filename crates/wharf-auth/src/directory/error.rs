//! What can be wrong with the directory, and what to do about it.

use std::io;
use std::path::PathBuf;

/// The directory cannot be used, or not in this way.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Something cannot be read or written.
    #[error(
        "cannot use {}: it has to be readable and writable for the user that the server runs as",
        path.display()
    )]
    Io {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no directory.
    #[error("there is no directory {}: the server makes it, and so does `wharf user add`", .0.display())]
    NotThere(PathBuf),
    /// A file is not what was written.
    #[error(
        "{} is malformed in line {line}, column {column}: take it from a backup, or remove it to \
         begin anew",
        path.display()
    )]
    Malformed {
        /// Which one.
        path: PathBuf,
        /// Where: the line, from 1.
        line: usize,
        /// And the column, from 1.
        column: usize,
    },
    /// An entry of a file is not what was written.
    #[error("{}, \"{entry}\": {why}", path.display())]
    Entry {
        /// Which file.
        path: PathBuf,
        /// The name or id.
        entry: String,
        /// What is wrong with it, and what it should be.
        why: String,
    },
    /// A file is larger than anybody needs.
    #[error("{} is larger than {most} bytes: remove what is not needed", path.display())]
    TooLarge {
        /// Which one.
        path: PathBuf,
        /// How many there may be.
        most: u64,
    },
    /// A file is a newer version's.
    #[error(
        "{} is of version {version}, which this program does not know: use a newer one",
        path.display()
    )]
    Newer {
        /// Which one.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
    /// The system gives no random numbers.
    #[error("no secret can be made: the system gives no random numbers")]
    NoRandomness,
    /// A key cannot sign.
    #[error("a key cannot be used: make another one with `wharf auth rotate`")]
    Key,
    /// A name is taken.
    #[error("there is a user {0} already: change the password with `wharf user passwd {0}`")]
    UserExists(String),
    /// Nobody is called so.
    #[error("there is no user {0}: `wharf user list` shows all")]
    NoUser(String),
    /// No token has this id.
    #[error("there is no token {0}: `wharf token list` shows all, by their ids")]
    NoToken(String),
}

// === impl DirectoryError ===

impl DirectoryError {
    /// Whether it may be otherwise in a moment though nothing about a file changes: its rights
    /// do, or there are open files to be had again. What was missed must not be missed for good.
    pub(crate) const fn may_pass(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}
