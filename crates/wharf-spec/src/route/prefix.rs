//! The path below which the API lives.

use std::fmt;
use std::str::FromStr;

use super::clean;

/// The path below which every endpoint lives: `/`, or `/path/`, of which the endpoints'
/// own paths (`/v2/…`) take the place of the last slash.
/// distribution: `http.prefix`; registry/api/v2/routes.go
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Prefix {
    /// Without the slash at its end: what is written before `/v2/`.
    base: String,
}

/// Why a text is not a [`Prefix`]. Each variant carries the text.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PrefixError {
    /// It does not say where it starts.
    #[error("the prefix {0:?} must start with a slash, as in \"/path/\"")]
    NoSlash(String),
    /// It would have to be written in another way in a URL.
    #[error("the prefix {0:?} may have letters, digits and `-._~=+:` between its slashes only")]
    Character(String),
    /// No request has such a path: it is sent to a tidier one first.
    #[error("the prefix {0:?} must not have empty, `.` or `..` components")]
    Component(String),
}

// === impl Prefix ===

impl Prefix {
    /// The path of what is at `path` below the prefix; `path` starts with a slash.
    #[must_use]
    pub fn with(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// What is written before a path that starts with a slash: nothing, or `/path`.
    #[must_use]
    pub fn as_base(&self) -> &str {
        &self.base
    }

    /// The rest of a path below the prefix, which starts with a slash.
    pub(super) fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(&*self.base)
            .filter(|rest| rest.starts_with('/'))
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    /// Takes `/path/`, and as distribution does, `/path`. An empty text is the root.
    fn from_str(text: &str) -> Result<Self, PrefixError> {
        if !text.is_empty() && !text.starts_with('/') {
            return Err(PrefixError::NoSlash(text.to_owned()));
        }
        let base = text.strip_suffix('/').unwrap_or(text);
        if clean::encoded(base) != base {
            return Err(PrefixError::Character(text.to_owned()));
        }
        if base.ends_with('/') || clean::cleaned(base).is_some_and(|_| !base.is_empty()) {
            return Err(PrefixError::Component(text.to_owned()));
        }
        Ok(Self {
            base: base.to_owned(),
        })
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.base)
    }
}
