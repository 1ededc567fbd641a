//! What can go wrong with places and copies. The text says what to do next where that can be
//! known.

use std::io;
use std::path::{Path, PathBuf};

use wharf_client::ClientError;
use wharf_spec::{Digest, ManifestError};

/// An image was not read, not written, or is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// What a registry, or the way to it, has to do with.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A file or directory cannot be used.
    #[error("cannot {action} {}: {source}", .path.display())]
    File {
        /// What was to be done, such as `read`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not there.
    #[error("{what} was not found in {place}{}", listed(.available))]
    NotFound {
        /// What was looked for.
        what: String,
        /// Where.
        place: String,
        /// What could have been meant; it may be empty.
        available: Vec<String>,
    },
    /// There are several images, and nobody said which.
    #[error("{place} has several images: say which of {}", joined(.available))]
    Ambiguous {
        /// Where.
        place: String,
        /// Their names or digests.
        available: Vec<String>,
    },
    /// It is not what its format has.
    #[error("{what} is damaged: {problem}")]
    Damaged {
        /// The file or the part of it.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The bytes are others than those that were asked for.
    #[error("{what} has the digest {found} instead of {expected}: it is damaged")]
    DigestMismatch {
        /// What was read.
        what: String,
        /// What it should have.
        expected: Digest,
        /// What it has.
        found: Digest,
    },
    /// It is larger than anything of its kind may be.
    #[error("{what} has {size} bytes, and at most {most} are read")]
    TooLarge {
        /// What was to be read.
        what: String,
        /// Its size in bytes, or a lower bound of it.
        size: u64,
        /// The most bytes.
        most: u64,
    },
    /// A manifest cannot be understood.
    #[error("the manifest {digest}: {source}")]
    Manifest {
        /// Its digest.
        digest: Digest,
        /// Why.
        source: ManifestError,
    },
    /// The image is for other platforms.
    #[error("there is no image for {wanted}: there is {}", joined(.available))]
    NoPlatform {
        /// The platform that was asked for.
        wanted: String,
        /// Those that there are.
        available: Vec<String>,
    },
    /// The place or its format cannot hold or do that.
    #[error("{place}: {problem}")]
    Unsupported {
        /// Where.
        place: String,
        /// What cannot be done, and what to do instead.
        problem: String,
    },
    /// Docker's engine is not there, or breaks off.
    #[error("the engine at {host}: {problem}")]
    Daemon {
        /// Its address.
        host: String,
        /// What happened.
        problem: String,
    },
    /// Docker's engine does not do it.
    #[error("the engine at {host}: {said}")]
    Declined {
        /// Its address.
        host: String,
        /// What it said.
        said: String,
    },
    /// The program is about to end.
    #[error("interrupted")]
    Interrupted,
}

// === impl ImageError ===

impl ImageError {
    /// A closure for `map_err`, for one file and one action.
    pub(crate) fn file<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::File {
            action,
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn damaged(what: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Damaged {
            what: what.into(),
            problem: problem.into(),
        }
    }

    /// Whether there simply is no such thing.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        match self {
            Self::NotFound { .. } => true,
            Self::Client(error) => error.is_not_found(),
            _ => false,
        }
    }
}

// === private ===

fn listed(available: &[String]) -> String {
    if available.is_empty() {
        return String::new();
    }
    format!(": there is {}", joined(available))
}

/// Names that others gave: they must not move anybody's cursor, or fill the screen.
fn joined(names: &[String]) -> String {
    let shown = names.iter().take(MOST_NAMES);
    let shown = shown.map(|name| name.replace(char::is_control, " "));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if let Some(more) = names.len().checked_sub(MOST_NAMES).filter(|more| *more > 0) {
        text += &format!(" and {more} more");
    }
    text
}

/// Names that an error tells.
const MOST_NAMES: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_are_told_with_care() {
        let of =
            |names: &[&str]| joined(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(of(&["a", "b\u{1b}[2J\n"]), "a, b [2J ");
        assert_eq!(of(&["a"; 40]).matches('a').count(), 40);
        assert!(of(&["b"; 42]).ends_with("b and 2 more"));
    }
}
