//! What can go wrong between a client and a registry. Whoever shows it needs no more than the
//! text: it says what to do next, and what the registry said itself.

mod refusal;

use wharf_spec::Digest;

pub use self::refusal::{Refusal, RegistryError};
use crate::CredentialError;

/// A registry was not reached, did not do what it was asked, or sent something else.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It says that it has no such thing. Many say so, too, of what somebody may not see.
    #[error("{what} was not found ({refusal}): check the name; if it is private, log in")]
    NotFound {
        /// What was asked for.
        what: String,
        /// The registry's words.
        refusal: Refusal,
    },
    /// It wants to know who is asking, or knows and does not allow it.
    #[error("{what} was denied ({refusal}): {}", denied_advice(*.logged_in))]
    Denied {
        /// What was asked for.
        what: String,
        /// The registry's words, or those of its token server.
        refusal: Refusal,
        /// Whether a credential was shown.
        logged_in: bool,
    },
    /// It does not want to, for another reason.
    #[error("{what} was refused ({refusal}){}", refused_advice(.refusal.status))]
    Refused {
        /// What was asked for.
        what: String,
        /// The registry's words.
        refusal: Refusal,
    },
    /// What came has another digest than what was asked for: it is damaged, or somebody else
    /// made it.
    #[error(
        "{what} has the digest {found} instead of {expected}: nothing of it was kept; if it happens again, the registry or a proxy before it is damaged"
    )]
    DigestMismatch {
        /// What was asked for.
        what: String,
        /// What it should have.
        expected: Digest,
        /// What it has.
        found: Digest,
    },
    /// Bytes were given out and then no more: nobody knows whether they are the right ones.
    #[error("{what} was not read to its end, where its digest is checked: read it again")]
    Unverified {
        /// What was asked for.
        what: String,
    },
    /// The registry cannot be talked to.
    #[error("{what}: cannot talk to {host}: {problem}")]
    Network {
        /// What was asked for.
        what: String,
        /// Whom the client tried to reach.
        host: String,
        /// What happened, and what to do.
        problem: NetworkProblem,
    },
    /// The registry, or who answers for it, does not keep to the protocol.
    #[error("{what}: the answer of {host} cannot be used: {problem}")]
    Protocol {
        /// What was asked for.
        what: String,
        /// Who answered.
        host: String,
        /// What is wrong with the answer.
        problem: String,
    },
    /// What is to be sent cannot be read.
    #[error("{what}: cannot read what is to be sent")]
    Source {
        /// What is being sent.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// The client cannot be made as it was asked for.
    #[error("{0}")]
    Settings(#[from] SettingsError),
    /// Credentials cannot be read.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
}

/// Why there is no conversation.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NetworkProblem {
    /// Nobody is there, or not for us.
    #[error("{0}: check the address, the port and the network")]
    Connect(String),
    /// Who is there cannot be believed, or does not speak TLS.
    #[error("{0}: give the authority's certificate; for a registry without TLS, say plain HTTP")]
    Tls(String),
    /// The conversation broke off.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// Nothing came for so many seconds.
    #[error("nothing came for {0} s")]
    Stalled(u64),
}

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file of certificates or keys cannot be read.
    #[error("cannot read {path}: {reason}")]
    File {
        /// The file or directory.
        path: String,
        /// Why.
        reason: String,
    },
    /// What was given is no certificate or key.
    #[error("{path} is no {expected} in PEM: {reason}")]
    Pem {
        /// The file.
        path: String,
        /// What it should have been.
        expected: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// An address of a proxy or a mirror is none.
    #[error("{text:?} cannot be used as {purpose}: {reason}")]
    Address {
        /// The address.
        text: String,
        /// What it should be used as.
        purpose: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Something else is wrong with the settings taken together.
    #[error("no HTTP client can be made: {0}")]
    Client(String),
}

// === impl ClientError ===

impl ClientError {
    /// The registry's own words, if it said anything.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::NotFound { refusal, .. }
            | Self::Denied { refusal, .. }
            | Self::Refused { refusal, .. } => Some(refusal),
            Self::DigestMismatch { .. }
            | Self::Unverified { .. }
            | Self::Network { .. }
            | Self::Protocol { .. }
            | Self::Source { .. }
            | Self::Settings(_)
            | Self::Credentials(_) => None,
        }
    }

    /// Whether the registry says that it has no such thing.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// The error of an answer with this status.
    pub(crate) fn refused(what: &str, refusal: Refusal, logged_in: bool) -> Self {
        let what = what.to_owned();
        match refusal.status {
            401 | 403 => Self::Denied {
                what,
                refusal,
                logged_in,
            },
            404 | 410 => Self::NotFound { what, refusal },
            _ => Self::Refused { what, refusal },
        }
    }
}

// === private ===

const fn denied_advice(logged_in: bool) -> &'static str {
    if logged_in {
        "the account that you are logged in with may not do that"
    } else {
        "log in to the registry first"
    }
}

const fn refused_advice(status: u16) -> &'static str {
    match status {
        405 => ": the registry does not allow that at all",
        413 => ": it is too large for the registry, or for a proxy before it",
        429 => ": too many requests, try again later or log in",
        500.. => ": the registry is out of order, try again later",
        _ => "",
    }
}
