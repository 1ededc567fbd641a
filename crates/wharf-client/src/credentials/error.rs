//! Why credentials cannot be read or kept.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// A file or a program that keeps credentials did not do what it was asked. None shows any
/// part of a secret.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The system refused.
    #[error("cannot {doing} the credentials in {}", path.display())]
    File {
        /// What was tried: a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is none that a client wrote.
    #[error("{} is no JSON of credentials (line {line}, column {column}): repair it, or move it away and log in again", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where it goes wrong, counted from 1.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// It cannot be one of credentials.
    #[error("{} has more than {most} bytes, which no file of credentials has", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How many there may be.
        most: u64,
    },
    /// One of its entries says nothing that could be a name and a password.
    #[error("the entry {key:?} of {} cannot be read: log in again", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// The entry's name.
        key: String,
    },
    /// There is nowhere to write to.
    #[error(
        "no file to keep credentials in is known: set HOME, DOCKER_CONFIG or REGISTRY_AUTH_FILE"
    )]
    NoFile,
    /// A file names a helper that is no word.
    #[error(
        "{0:?} is no name of a credential helper: `credsStore` and `credHelpers` name what follows `docker-credential-`"
    )]
    HelperName(String),
    /// Helpers know servers, and no parts of them.
    #[error(
        "docker-credential-{name} keeps credentials of whole registries only: log in to the registry"
    )]
    HelperScope {
        /// What follows `docker-credential-`.
        name: String,
    },
    /// A helper could not be run.
    #[error(
        "cannot run docker-credential-{name}: install it, or take it out of the file of credentials"
    )]
    HelperMissing {
        /// What follows `docker-credential-`.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// A helper said that it failed.
    #[error("docker-credential-{name} {verb} failed: {message}")]
    HelperFailed {
        /// What follows `docker-credential-`.
        name: String,
        /// What it was asked to do.
        verb: &'static str,
        /// Its own words.
        message: String,
    },
    /// A helper did not answer.
    #[error(
        "docker-credential-{name} {verb} did not end within {after:?}: does it wait for somebody to unlock something?"
    )]
    HelperSlow {
        /// What follows `docker-credential-`.
        name: String,
        /// What it was asked to do.
        verb: &'static str,
        /// How long it had.
        after: Duration,
    },
    /// A helper said what the protocol does not know.
    #[error("docker-credential-{name} {verb} gave no answer that can be understood")]
    HelperAnswer {
        /// What follows `docker-credential-`.
        name: String,
        /// What it was asked to do.
        verb: &'static str,
    },
}
