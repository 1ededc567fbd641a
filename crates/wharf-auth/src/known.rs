//! Everybody of every source, as of one moment.

use std::sync::Arc;

use crate::directory::Snapshot;
use crate::htpasswd::Table;
use crate::personal::TokenHash;
use crate::{Account, Credential, PasswordHash, Secret, Unknown};

/// What the files say. Without a source there is `None`; a table that cannot be read is
/// `Some(None)`.
pub(crate) struct Known {
    pub(crate) table: Option<Option<Arc<Table>>>,
    pub(crate) members: Option<Snapshot>,
}

// === impl Known ===

impl Known {
    /// The hash that is stored for an account's password, wherever that is.
    pub(crate) fn stored(&self, name: &str) -> Option<&str> {
        match self.members.as_ref().and_then(|members| members.user(name)) {
            Some(user) => user.password.as_ref().map(PasswordHash::as_str),
            None => self.table()?.get(name),
        }
    }

    /// Whether they belong together. If not, it has taken as long as for any other name.
    pub(crate) fn is_password(&self, name: &str, password: &Secret) -> bool {
        let user = self.members.as_ref().and_then(|members| members.user(name));
        let in_directory = |members: &Snapshot| match user {
            Some(user) => members.matches(user.password.as_ref(), password),
            None => members.resembles(password),
        };
        let in_table = |table: &Table| match user {
            Some(_) => table.resembles(password),
            None => table.matches(name, password),
        };
        self.members.as_ref().is_some_and(in_directory) || self.table().is_some_and(in_table)
    }

    /// The account of whoever has shown its password.
    pub(crate) fn by_password(&self, name: &str) -> Option<Account> {
        let stored = self.stored(name)?;
        Some(Account {
            credential: Credential::password(stored),
            ..self.account(name)?
        })
    }

    /// The account of whoever has shown a token, if that is its own and still good.
    pub(crate) fn by_token(&self, name: &str, id: &str, hash: &TokenHash) -> Option<Account> {
        let token = self.members.as_ref()?.token(id)?;
        let is_right = token.hash.is(hash);
        self.of_token(name, id).filter(|_| is_right)
    }

    /// The account that a credential is still good for.
    pub(crate) fn by_credential(&self, name: &str, credential: &Credential) -> Option<Account> {
        let account = match credential.token_id() {
            Some(id) => self.of_token(name, id),
            None => self.by_password(name),
        };
        account.filter(|account| account.credential == *credential)
    }

    /// What to say of somebody who is not known: that they are wrong, if everybody could be
    /// looked for.
    pub(crate) fn unknown(&self) -> Unknown {
        let has_table = self.table.as_ref().is_none_or(Option::is_some);
        if has_table && self.members.as_ref().is_none_or(Snapshot::is_whole) {
            Unknown::Wrong
        } else {
            Unknown::Unavailable
        }
    }

    fn of_token(&self, name: &str, id: &str) -> Option<Account> {
        let token = self.members.as_ref()?.token(id)?;
        if token.account != name {
            return None;
        }
        Some(Account {
            restriction: token.restriction.clone(),
            credential: Credential::token(id),
            ..self.account(name)?
        })
    }

    fn account(&self, name: &str) -> Option<Account> {
        let groups = match self.members.as_ref().and_then(|members| members.user(name)) {
            Some(user) => user.groups.clone(),
            None => {
                self.table()?.get(name)?;
                Vec::new()
            }
        };
        Some(Account {
            name: name.to_owned(),
            groups,
            ..Account::default()
        })
    }

    /// The table, unless it cannot be told whom it is about: a name that is in both files has
    /// the other one's password.
    fn table(&self) -> Option<&Table> {
        let is_usable = self.members.as_ref().is_none_or(Snapshot::has_users);
        self.table.as_ref()?.as_deref().filter(|_| is_usable)
    }
}
