//! What a robot's token is good for.

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
