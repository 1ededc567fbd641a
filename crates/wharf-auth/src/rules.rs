//! What an account may do.

use crate::{Access, Action, Actions, Resource, Subject};

/// The operator's rules. Without any, whoever is known may do everything, and whoever is not,
/// nothing.
#[derive(Clone, Debug, Default)]
pub struct Rules {}

/// Whether somebody may do something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decision {
    /// Whether they may.
    pub is_allowed: bool,
    /// What says so, for people: a rule by its name or number, a robot's scopes, or that there
    /// is no rule.
    pub because: String,
}

// === impl Rules ===

impl Rules {
    /// Whether they may do that.
    #[must_use]
    pub fn decide(&self, subject: &Subject<'_>, resource: &Resource, action: Action) -> Decision {
        let restriction = subject.account.and_then(|it| it.restriction.as_ref());
        if restriction.is_some_and(|it| !it.allows(resource, action)) {
            return Decision {
                is_allowed: false,
                because: "the token's scopes".to_owned(),
            };
        }
        Decision {
            is_allowed: subject.account.is_some(),
            because: "there are no rules".to_owned(),
        }
    }

    /// Of what somebody wants, what they may do.
    #[must_use]
    pub fn grant(&self, subject: &Subject<'_>, wanted: &Access) -> Actions {
        let actions = wanted.actions.iter();
        actions
            .filter(|action| self.decide(subject, &wanted.resource, *action).is_allowed)
            .collect()
    }

    /// Why they may not do all of it; `None` if they may.
    #[must_use]
    pub fn objection(&self, subject: &Subject<'_>, needs: &[Access]) -> Option<Decision> {
        needs.iter().find_map(|need| {
            let mut decisions = need
                .actions
                .iter()
                .map(|action| self.decide(subject, &need.resource, action));
            decisions.find(|decision| !decision.is_allowed)
        })
    }
}
