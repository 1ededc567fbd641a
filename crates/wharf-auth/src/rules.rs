//! What somebody may do: the operator's rules, of which the first that fits decides.

mod pattern;
mod rule;
mod shared;
mod who;

pub use pattern::{PatternError, RepositoryPattern};
pub use rule::{Effect, Rule, What};
pub use shared::SharedRules;
pub use who::{Group, Who};

use crate::{Access, Action, Actions, Resource, Subject};

/// The operator's rules. Without any, whoever is known may do everything, and whoever is not,
/// nothing. With some, what none of them fits is denied.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
}

/// Whether somebody may do something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decision {
    /// Whether they may.
    pub is_allowed: bool,
    /// What says so, for people: a rule by its number and name, a robot's scopes, or that there
    /// is no rule.
    pub because: String,
}

/// A decision, before it is put into words: most of them nobody reads.
struct Verdict<'a> {
    is_allowed: bool,
    ground: Ground<'a>,
}

enum Ground<'a> {
    /// What the robot's token is good for.
    Restriction,
    NoRules,
    /// Its number, from 1.
    Rule(usize, &'a Rule),
    NoneFits,
}

// === impl Rules ===

impl Rules {
    /// These, in this order.
    #[must_use]
    pub const fn new(rules: Vec<Rule>) -> Self {
        Self { rules }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rules.len()
    }

    /// True when there are none, and every account may do everything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether they may do that.
    #[must_use]
    pub fn decide(&self, subject: &Subject<'_>, resource: &Resource, action: Action) -> Decision {
        self.judge(subject, resource, action).into()
    }

    /// Of what somebody wants, what they may do.
    #[must_use]
    pub fn grant(&self, subject: &Subject<'_>, wanted: &Access) -> Actions {
        let actions = wanted.actions.iter();
        actions
            .filter(|action| self.judge(subject, &wanted.resource, *action).is_allowed)
            .collect()
    }

    /// Why they may not do all of it; `None` if they may.
    #[must_use]
    pub fn objection(&self, subject: &Subject<'_>, needs: &[Access]) -> Option<Decision> {
        needs.iter().find_map(|need| {
            let mut verdicts = need
                .actions
                .iter()
                .map(|action| self.judge(subject, &need.resource, action));
            let objection = verdicts.find(|verdict| !verdict.is_allowed);
            objection.map(Decision::from)
        })
    }

    /// What decides on all of it, for people: each rule once, in the order of what is needed.
    #[must_use]
    pub fn grounds(&self, subject: &Subject<'_>, needs: &[Access]) -> String {
        let mut grounds: Vec<String> = Vec::new();
        for need in needs {
            for action in need.actions.iter() {
                let Decision { because, .. } = self.decide(subject, &need.resource, action);
                if !grounds.contains(&because) {
                    grounds.push(because);
                }
            }
        }
        grounds.join(", ")
    }

    /// Both a robot's scopes and the rules have to allow it.
    fn judge(&self, subject: &Subject<'_>, resource: &Resource, action: Action) -> Verdict<'_> {
        let verdict = |is_allowed, ground| Verdict { is_allowed, ground };
        let restriction = subject.account.and_then(|it| it.restriction.as_ref());
        if restriction.is_some_and(|it| !it.allows(resource, action)) {
            return verdict(false, Ground::Restriction);
        }
        if self.rules.is_empty() {
            return verdict(subject.account.is_some(), Ground::NoRules);
        }
        // 10.0.0.1 reaches a listener for both families as ::ffff:10.0.0.1.
        let address = subject.address.map(|address| address.to_canonical());
        let subject = Subject {
            address,
            ..*subject
        };
        let mut rules = (1..).zip(&self.rules);
        match rules.find(|(_, rule)| rule.fits(&subject, resource, action)) {
            Some((number, rule)) => {
                verdict(rule.effect == Effect::Allow, Ground::Rule(number, rule))
            }
            None => verdict(false, Ground::NoneFits),
        }
    }
}

// === impl Decision ===

impl From<Verdict<'_>> for Decision {
    fn from(verdict: Verdict<'_>) -> Self {
        let because = match verdict.ground {
            Ground::Restriction => "the token's scopes".to_owned(),
            Ground::NoRules => "there are no rules".to_owned(),
            Ground::NoneFits => "no rule fits".to_owned(),
            Ground::Rule(number, Rule { name: None, .. }) => format!("rule {number}"),
            Ground::Rule(
                number,
                Rule {
                    name: Some(name), ..
                },
            ) => {
                format!("rule {number} ({name})")
            }
        };
        Self {
            is_allowed: verdict.is_allowed,
            because,
        }
    }
}

#[cfg(test)]
mod tests;
