//! Whom a rule is for.

use std::collections::HashSet;
use std::sync::Arc;

use crate::{Account, Glob};

/// Whom a rule is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Who {
    /// Those too who do not log in.
    Everybody,
    /// Accounts by their name or by a group that they are in.
    Accounts(Vec<Glob>, Vec<Group>),
}

/// Some accounts under one name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Group {
    name: String,
    members: Arc<HashSet<String>>,
}

// === impl Who ===

impl Who {
    pub(super) fn includes(&self, account: Option<&Account>) -> bool {
        match (self, account) {
            (Self::Everybody, _) => true,
            (Self::Accounts(..), None) => false,
            (Self::Accounts(names, groups), Some(account)) => {
                names.iter().any(|name| name.matches(&account.name))
                    || groups.iter().any(|group| group.has(account))
            }
        }
    }
}

// === impl Group ===

impl Group {
    /// The accounts that the configuration counts among it, beside those that say so themselves
    /// ([`Account::groups`]).
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        members: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let members = members.into_iter().map(Into::into);
        Self {
            name: name.into(),
            members: Arc::new(members.collect()),
        }
    }

    fn has(&self, account: &Account) -> bool {
        self.members.contains(&account.name) || account.groups.contains(&self.name)
    }
}
