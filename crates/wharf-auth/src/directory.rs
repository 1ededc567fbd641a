//! `wharfinger.auth.directory`: accounts and personal access tokens, as `wharf user` and
//! `wharf token` keep them.
//!
//! They are in `users.json`, `tokens.json` and `uses.json`, beside the keys and the refresh
//! tokens of the authorization server. A file that a newer version wrote is left alone.

mod error;
mod members;
mod name;
mod password;
mod tokens;
mod users;
mod uses;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::Secret;
use crate::personal;
use crate::private::PrivateDirectory;
use crate::stamp::Stamp;

pub use self::error::DirectoryError;
pub use self::name::{AccountName, NameError};
pub use self::password::{PasswordError, PasswordHash};
pub use self::tokens::{NewToken, PersonalToken};
pub use self::users::User;
pub use self::uses::Use;

pub(crate) use self::members::{Members, Snapshot};

/// Where accounts are kept.
#[derive(Clone, Debug)]
pub struct Directory(PrivateDirectory);

// === impl Directory ===

impl Directory {
    /// The one at a path; it is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, DirectoryError> {
        PrivateDirectory::create(path).map(Self)
    }

    /// The one at a path, which is there.
    ///
    /// # Errors
    /// When it is not.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, DirectoryError> {
        PrivateDirectory::open(path).map(Self)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Whether others than its owner can reach into it.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub fn is_open_to_others(&self) -> Result<bool, DirectoryError> {
        self.0.is_open_to_others()
    }

    /// All users by name.
    ///
    /// # Errors
    /// When the file cannot be read, is malformed, or a newer version's.
    pub fn users(&self) -> Result<BTreeMap<String, User>, DirectoryError> {
        self.0.read::<User>()
    }

    /// All personal access tokens by id.
    ///
    /// # Errors
    /// As with [`Self::users`].
    pub fn tokens(&self) -> Result<BTreeMap<String, PersonalToken>, DirectoryError> {
        self.0.read::<PersonalToken>()
    }

    /// When and from where tokens were used last, by id, as of a minute ago.
    ///
    /// # Errors
    /// As with [`Self::users`].
    pub fn uses(&self) -> Result<BTreeMap<String, Use>, DirectoryError> {
        self.0.read::<Use>()
    }

    /// Adds a user.
    ///
    /// # Errors
    /// When there is one of that name, or the file cannot be changed.
    pub fn add_user(&self, name: &AccountName, user: User) -> Result<(), DirectoryError> {
        let lock = self.0.lock()?;
        let mut users = self.users()?;
        if users.contains_key(name.as_str()) {
            return Err(DirectoryError::UserExists(name.to_string()));
        }
        users.insert(name.to_string(), user);
        lock.write::<User>(&users)
    }

    /// Changes a user, and tells what it is like then.
    ///
    /// # Errors
    /// When there is none of that name, or the file cannot be changed.
    pub fn change_user(
        &self,
        name: &str,
        change: impl FnOnce(&mut User),
    ) -> Result<User, DirectoryError> {
        let lock = self.0.lock()?;
        let mut users = self.users()?;
        let user = users.get_mut(name);
        let user = user.ok_or_else(|| DirectoryError::NoUser(name.to_owned()))?;
        change(user);
        let user = user.clone();
        lock.write::<User>(&users)?;
        Ok(user)
    }

    /// Removes a user and revokes their tokens; tells how many.
    ///
    /// # Errors
    /// When there is none of that name, or the files cannot be changed.
    pub fn remove_user(&self, name: &str) -> Result<usize, DirectoryError> {
        let lock = self.0.lock()?;
        let mut users = self.users()?;
        if users.remove(name).is_none() {
            return Err(DirectoryError::NoUser(name.to_owned()));
        }
        let mut tokens = self.tokens()?;
        let before = tokens.len();
        tokens.retain(|_, token| token.account != name);
        let revoked = before - tokens.len();
        // First: whoever is called so later must not find them.
        if revoked > 0 {
            lock.write::<PersonalToken>(&tokens)?;
        }
        lock.write::<User>(&users)?;
        Ok(revoked)
    }

    /// Makes a token: its id, and the token itself, which nobody can tell later.
    ///
    /// # Errors
    /// When the file cannot be changed, or there is no randomness.
    pub fn create_token(&self, new: NewToken) -> Result<(String, Secret), DirectoryError> {
        let generated = personal::generate();
        let (id, secret) = generated.map_err(|_| DirectoryError::NoRandomness)?;
        let token = PersonalToken::new(new, &secret);
        let lock = self.0.lock()?;
        let mut tokens = self.tokens()?;
        tokens.insert(id.clone(), token);
        lock.write::<PersonalToken>(&tokens)?;
        Ok((id, secret))
    }

    /// Revokes a token, and tells what it was.
    ///
    /// # Errors
    /// When there is none of that id, or the file cannot be changed.
    pub fn revoke_token(&self, id: &str) -> Result<PersonalToken, DirectoryError> {
        let lock = self.0.lock()?;
        let mut tokens = self.tokens()?;
        let token = tokens.remove(id);
        let token = token.ok_or_else(|| DirectoryError::NoToken(id.to_owned()))?;
        lock.write::<PersonalToken>(&tokens)?;
        Ok(token)
    }

    /// What changes when the files with users and tokens do.
    fn stamps(&self) -> [Option<Stamp>; 2] {
        [self.0.stamp::<User>(), self.0.stamp::<PersonalToken>()]
    }

    /// Where a mistake in the tokens is.
    fn tokens_path(&self) -> PathBuf {
        self.0.file::<PersonalToken>()
    }

    /// Adds to what is known of the last uses; what is known of tokens that are gone goes.
    ///
    /// # Errors
    /// When the files cannot be read or changed.
    pub(crate) fn record_uses(&self, new: BTreeMap<String, Use>) -> Result<(), DirectoryError> {
        let lock = self.0.lock()?;
        let tokens = self.tokens()?;
        let mut uses = self.uses()?;
        uses.extend(new);
        uses.retain(|id, _| tokens.contains_key(id));
        lock.write::<Use>(&uses)
    }
}
