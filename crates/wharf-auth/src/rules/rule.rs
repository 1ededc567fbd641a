//! One rule.

use std::net::IpAddr;

use ipnet::IpNet;

use super::pattern::RepositoryPattern;
use super::who::Who;
use crate::{Account, Action, Actions, Resource, Subject};

/// What follows when all of it fits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rule {
    /// What people call it, beside its number.
    pub name: Option<String>,
    /// For whom it is.
    pub who: Who,
    /// What it is about.
    pub what: What,
    /// Where the client has to be; anywhere, if there are none. Whoever has no address is
    /// nowhere.
    pub networks: Vec<IpNet>,
    /// What follows.
    pub effect: Effect,
}

/// What a rule is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum What {
    /// To do this in repositories like one of these.
    Repositories(Vec<RepositoryPattern>, Actions),
    /// Whatever can be done with the registry as a whole: the list of all repositories.
    Registry,
}

/// What follows from a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// It may be done.
    Allow,
    /// It may not.
    Deny,
}

// === impl Rule ===

impl Rule {
    /// What is cheap to tell comes first.
    pub(super) fn fits(&self, subject: &Subject<'_>, resource: &Resource, action: Action) -> bool {
        self.what.includes(action, self.effect)
            && self.is_in_reach(subject.address)
            && self.who.includes(subject.account)
            && self.what.is_about(resource, subject.account)
    }

    fn is_in_reach(&self, address: Option<IpAddr>) -> bool {
        self.networks.is_empty()
            || address.is_some_and(|address| {
                let mut networks = self.networks.iter();
                networks.any(|network| network.contains(&address))
            })
    }
}

// === impl What ===

impl What {
    /// `*` is the right to do all, so who may not do something may not do `*`; otherwise who
    /// asks a token server for `*` would get what they are denied by name.
    fn includes(&self, action: Action, effect: Effect) -> bool {
        match (self, effect, action) {
            (Self::Registry, ..) => true,
            (Self::Repositories(_, actions), Effect::Deny, Action::All) => !actions.is_empty(),
            (Self::Repositories(_, actions), ..) => actions.allow(action.into()),
        }
    }

    fn is_about(&self, resource: &Resource, account: Option<&Account>) -> bool {
        match (self, resource) {
            (Self::Registry, Resource::Catalog) => true,
            (Self::Repositories(patterns, _), Resource::Repository(name)) => {
                let account = account.map(|account| account.name.as_str());
                patterns.iter().any(|pattern| pattern.fits(name, account))
            }
            (Self::Registry, Resource::Repository(_))
            | (Self::Repositories(..), Resource::Catalog) => false,
        }
    }
}
