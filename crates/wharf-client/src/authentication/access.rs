//! What a request needs to be allowed to do, as token servers are asked for it.
//! distribution: spec/auth/scope.md

use std::collections::BTreeSet;

use wharf_spec::RepositoryName;

/// Scopes of a token.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Access(BTreeSet<String>);

// === impl Access ===

impl Access {
    /// To read a repository.
    pub(crate) fn pull(repository: &RepositoryName) -> Self {
        Self::to(repository, "pull")
    }

    /// To write to it. Who may write may read: every server wants both to be named.
    pub(crate) fn push(repository: &RepositoryName) -> Self {
        Self::to(repository, "pull,push")
    }

    /// To delete from it.
    pub(crate) fn delete(repository: &RepositoryName) -> Self {
        Self::to(repository, "delete")
    }

    /// To list all repositories.
    pub(crate) fn catalog() -> Self {
        Self(BTreeSet::from(["registry:catalog:*".to_owned()]))
    }

    /// The same, and to read another repository too, for a mount from there.
    pub(crate) fn and_pull(mut self, repository: &RepositoryName) -> Self {
        self.0.extend(Self::pull(repository).0);
        self
    }

    /// The same, and what a challenge says. A scope that one of ours holds already does not
    /// count, so that the token is found again.
    pub(crate) fn and(&self, challenged: &BTreeSet<String>) -> Self {
        let mut all = self.clone();
        let is_new = |scope: &&String| !self.0.iter().any(|own| holds(own, scope));
        all.0.extend(challenged.iter().filter(is_new).cloned());
        all
    }

    pub(crate) fn scopes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    fn to(repository: &RepositoryName, actions: &str) -> Self {
        Self(BTreeSet::from([format!(
            "repository:{repository}:{actions}"
        )]))
    }
}

// === private ===

/// Whether one scope is about the same thing and has all the actions of another one.
fn holds(one: &str, other: &str) -> bool {
    match (one.rsplit_once(':'), other.rsplit_once(':')) {
        (Some((what, actions)), Some((same, fewer))) => {
            let has = |action: &str| actions.split(',').any(|own| own == action);
            what == same && fewer.split(',').all(has)
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_adds_only_what_is_missing() {
        let repository = "a/b".parse().unwrap();
        let push = Access::push(&repository);
        for (challenged, expected) in [
            ("repository:a/b:pull", "repository:a/b:pull,push"),
            ("repository:a/b:push,pull", "repository:a/b:pull,push"),
            (
                "repository:a/b:*",
                "repository:a/b:*|repository:a/b:pull,push",
            ),
            (
                "repository:a:pull",
                "repository:a/b:pull,push|repository:a:pull",
            ),
            ("odd", "odd|repository:a/b:pull,push"),
        ] {
            let all = push.and(&BTreeSet::from([challenged.to_owned()]));
            let scopes: Vec<_> = all.scopes().collect();
            assert_eq!(scopes.join("|"), expected);
        }
    }
}
