//! What a robot's token is good for.

use std::fmt;
use std::str::FromStr;

use crate::{Action, Actions, Glob, Resource};

/// Of what its account may do, what somebody may do who shows a personal access token.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Restriction {
    /// Each allows its actions.
    pub scopes: Vec<Permitted>,
}

/// One scope of a token: `repository:team/*:pull,push`, `registry:catalog:*`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Permitted {
    /// In these repositories.
    Repositories(Glob, Actions),
    /// With the list of all repositories.
    Catalog,
}

/// A text is no scope.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "\"{0}\" is no scope: write repository:PATTERN:ACTIONS, such as repository:team/*:pull,push \
     (of pull, push, delete, *; a pattern as in rules), or registry:catalog:*"
)]
pub struct ScopeError(pub String);

// === impl Restriction ===

impl Restriction {
    /// Whether it leaves that open.
    #[must_use]
    pub fn allows(&self, resource: &Resource, action: Action) -> bool {
        self.scopes.iter().any(|scope| match (scope, resource) {
            (Permitted::Repositories(pattern, actions), Resource::Repository(name)) => {
                pattern.matches(name.as_str()) && actions.allow(action.into())
            }
            (Permitted::Catalog, Resource::Catalog) => true,
            (Permitted::Repositories(..), Resource::Catalog)
            | (Permitted::Catalog, Resource::Repository(_)) => false,
        })
    }
}

// === impl Permitted ===

impl Permitted {
    /// Bytes of the longest one.
    const MAX_LEN: usize = 1024;

    fn parse(text: &str) -> Option<Self> {
        if text == CATALOG {
            return Some(Self::Catalog);
        }
        let (pattern, actions) = text.strip_prefix(REPOSITORY)?.rsplit_once(':')?;
        let actions: Option<Actions> = actions.split(',').map(Action::parse).collect();
        let is_pattern = !pattern.is_empty() && !pattern.contains(|it: char| it.is_control());
        let is_usable = is_pattern && text.len() <= Self::MAX_LEN;
        // As strictly as in rules: `!team/*` would be good for everything else.
        let pattern = Glob::parse(pattern).ok().filter(|_| is_usable)?;
        Some(Self::Repositories(pattern, actions?))
    }
}

impl FromStr for Permitted {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::parse(text).ok_or_else(|| ScopeError(text.chars().take(Self::MAX_LEN).collect()))
    }
}

/// As it is read.
impl fmt::Display for Permitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repositories(pattern, actions) => write!(f, "{REPOSITORY}{pattern}:{actions}"),
            Self::Catalog => f.write_str(CATALOG),
        }
    }
}

const REPOSITORY: &str = "repository:";
const CATALOG: &str = "registry:catalog:*";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_as_they_are_written() {
        for text in [
            "repository:team/*:pull,push",
            "repository:**:*",
            "repository:{a,b}/c:delete",
            "registry:catalog:*",
        ] {
            let scope: Permitted = text.parse().unwrap();
            assert_eq!(scope.to_string(), text);
        }
        for text in [
            "",
            "repository",
            "repository:a",
            "repository::pull",
            "repository:a:",
            "repository:a:pull,",
            "repository:a:Pull",
            "repository:a:pull push",
            "registry:catalog:pull",
            "registry:other:*",
            "repository:a\n:pull",
            // It would be good for everything else.
            "repository:!team/secret:pull",
            // Nothing like what it seems to be.
            "repository:team/**x:pull",
            "repository:team/{a:pull",
        ] {
            assert!(text.parse::<Permitted>().is_err(), "{text}");
        }
        let long = format!("repository:{}:pull", "a".repeat(Permitted::MAX_LEN));
        assert!(long.parse::<Permitted>().is_err());
    }
}
