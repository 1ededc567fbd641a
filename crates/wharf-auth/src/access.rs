//! What a request needs to be allowed, and how that is written in a challenge and in a token.

use std::fmt;

use wharf_spec::{Method, RepositoryName, Route};

/// A resource and what is to be done with it.
///
/// Its `Display` is a scope: `repository:library/alpine:pull,push`.
// distribution: docs/content/spec/auth/scope.md
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Access {
    /// With what.
    pub resource: Resource,
    /// Which is to be done.
    pub actions: Actions,
}

/// What rights are about.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Resource {
    /// `repository:<name>`.
    Repository(RepositoryName),
    /// `registry:catalog`: the list of all repositories.
    Catalog,
}

/// Something that can be done with a resource.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Action {
    /// Reading.
    Pull,
    /// Writing.
    Push,
    /// Removing.
    Delete,
    /// `*`: all of it.
    All,
}

/// Some of the actions.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Actions(u8);

// === impl Access ===

impl Access {
    /// What is needed for a method at a route. `from` is the repository that a blob is to be
    /// mounted from, which one has to be able to pull from.
    // distribution: registry/handlers/app.go, appendAccessRecords
    #[must_use]
    pub fn needed(route: &Route, method: Method, from: Option<&RepositoryName>) -> Vec<Self> {
        let repository = |name: &RepositoryName, actions| Self {
            resource: Resource::Repository(name.clone()),
            actions,
        };
        let Some(name) = route.repository() else {
            return match route {
                Route::Catalog | Route::Extension(_) => vec![Self {
                    resource: Resource::Catalog,
                    actions: Action::All.into(),
                }],
                _ => Vec::new(),
            };
        };
        let actions = match method {
            Method::Get | Method::Head => Actions::from(Action::Pull),
            Method::Patch | Method::Post | Method::Put => Actions::PULL_AND_PUSH,
            Method::Delete => Actions::from(Action::Delete),
        };
        let mut needed = vec![repository(name, actions)];
        match from {
            Some(from) if from != name => needed.push(repository(from, Action::Pull.into())),
            Some(_) | None => {}
        }
        needed
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.resource, self.actions)
    }
}

// === impl Resource ===

impl Resource {
    /// `repository`, `registry`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Repository(_) => "repository",
            Self::Catalog => "registry",
        }
    }

    /// The name among those of its kind.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Repository(name) => name.as_str(),
            Self::Catalog => "catalog",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind(), self.name())
    }
}

// === impl Action ===

impl Action {
    const ALL: [Self; 4] = [Self::Pull, Self::Push, Self::Delete, Self::All];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Delete => "delete",
            Self::All => "*",
        }
    }

    /// The action of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Pull => 1,
            Self::Push => 2,
            Self::Delete => 4,
            Self::All => 8,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Actions ===

impl Actions {
    /// What a push needs: it also looks at what is there.
    pub const PULL_AND_PUSH: Self = Self(Action::Pull.bit() | Action::Push.bit());

    /// These, in the order in which they are declared.
    pub fn iter(self) -> impl Iterator<Item = Action> {
        Action::ALL
            .into_iter()
            .filter(move |action| self.0 & action.bit() != 0)
    }

    /// True when there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True when who has these may do all of `wanted`: who may do `*` may do anything.
    #[must_use]
    pub const fn allow(self, wanted: Self) -> bool {
        self.0 & Action::All.bit() != 0 || self.0 & wanted.0 == wanted.0
    }
}

impl From<Action> for Actions {
    fn from(action: Action) -> Self {
        Self(action.bit())
    }
}

impl FromIterator<Action> for Actions {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        Self(
            actions
                .into_iter()
                .fold(0, |bits, action| bits | action.bit()),
        )
    }
}

impl fmt::Display for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, action) in self.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            write!(f, "{comma}{action}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(route: &str, method: Method, from: Option<&str>) -> String {
        let route = Route::parse_with(&wharf_spec::Prefix::default(), route).unwrap();
        let from = from.map(|from| from.parse().unwrap());
        let needed = Access::needed(&route, method, from.as_ref());
        let scopes: Vec<_> = needed.iter().map(ToString::to_string).collect();
        scopes.join(" ")
    }

    #[test]
    fn every_request_needs_what_distribution_asks_for() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let blob = format!("/v2/a/b/blobs/{digest}");
        for (route, method, from, expected) in [
            ("/", Method::Get, None, ""),
            ("/v2/", Method::Get, None, ""),
            ("/v2/_catalog", Method::Get, None, "registry:catalog:*"),
            ("/v2/a/tags/list", Method::Get, None, "repository:a:pull"),
            (
                "/v2/a/b/manifests/x",
                Method::Head,
                None,
                "repository:a/b:pull",
            ),
            (
                "/v2/a/b/manifests/x",
                Method::Put,
                None,
                "repository:a/b:pull,push",
            ),
            (
                "/v2/a/b/manifests/x",
                Method::Delete,
                None,
                "repository:a/b:delete",
            ),
            (&blob, Method::Get, None, "repository:a/b:pull"),
            (&blob, Method::Delete, None, "repository:a/b:delete"),
            (
                "/v2/a/blobs/uploads/",
                Method::Post,
                None,
                "repository:a:pull,push",
            ),
            (
                "/v2/a/blobs/uploads/",
                Method::Post,
                Some("b"),
                "repository:a:pull,push repository:b:pull",
            ),
            (
                "/v2/a/blobs/uploads/",
                Method::Post,
                Some("a"),
                "repository:a:pull,push",
            ),
            (
                "/v2/a/blobs/uploads/1",
                Method::Patch,
                None,
                "repository:a:pull,push",
            ),
            (
                "/v2/a/blobs/uploads/1",
                Method::Get,
                None,
                "repository:a:pull",
            ),
            (
                "/v2/a/blobs/uploads/1",
                Method::Delete,
                None,
                "repository:a:delete",
            ),
            (
                "/v2/_wharfinger/trash",
                Method::Get,
                None,
                "registry:catalog:*",
            ),
            (
                "/v2/a/_wharfinger/repository",
                Method::Delete,
                None,
                "repository:a:delete",
            ),
            (
                "/v2/a/_wharfinger/tags/x",
                Method::Put,
                None,
                "repository:a:pull,push",
            ),
        ] {
            assert_eq!(needed(route, method, from), expected, "{method} {route}");
        }
    }

    #[test]
    fn all_includes_the_others_and_the_others_do_not_make_all() {
        let all = Actions::from(Action::All);
        let three: Actions = [Action::Pull, Action::Push, Action::Delete]
            .into_iter()
            .collect();
        assert!(all.allow(three) && all.allow(all));
        assert!(three.allow(Actions::PULL_AND_PUSH) && !three.allow(all));
        assert!(!Actions::from(Action::Pull).allow(Actions::PULL_AND_PUSH));
        assert!(Actions::default().is_empty() && Actions::default().allow(Actions::default()));
        for action in three.iter().chain(all.iter()) {
            assert_eq!(Action::parse(action.as_str()), Some(action));
        }
        assert_eq!(Action::parse("Pull"), None);
    }
}
