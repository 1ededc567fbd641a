//! `wharfinger.auth.directory`: accounts and personal access tokens, as `wharf user` and
//! `wharf token` keep them.
//!
//! Three files of JSON, `users.json`, `tokens.json` and `uses.json`, which only the owner of
//! the directory can read. Each is replaced as a whole, so that whoever reads it, a power cut
//! included, finds the one from before or the one from after. Changes are made under the lock of
//! one more file, so that none of several processes undoes what another one did. A file that a
//! newer version wrote is left alone.

mod error;
mod file;
mod members;
mod name;
mod password;
mod tokens;
mod users;
mod uses;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Secret;
use crate::personal;

pub use self::error::DirectoryError;
pub use self::name::{AccountName, NameError};
pub use self::password::{PasswordError, PasswordHash};
pub use self::tokens::{NewToken, PersonalToken};
pub use self::users::User;
pub use self::uses::Use;

pub(crate) use self::members::{Members, Snapshot};

/// Where accounts are kept.
#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

// === impl Directory ===

impl Directory {
    /// The one at a path; it is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, DirectoryError> {
        let path = path.into();
        file::create_directory(&path)?;
        Ok(Self(path))
    }

    /// The one at a path, which is there.
    ///
    /// # Errors
    /// When it is not.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, DirectoryError> {
        let path = path.into();
        if path.is_dir() {
            Ok(Self(path))
        } else {
            Err(DirectoryError::NotThere(path))
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether others than its owner can reach into it.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub fn is_open_to_others(&self) -> Result<bool, DirectoryError> {
        file::is_open_to_others(&self.0)
    }

    /// All users by name.
    ///
    /// # Errors
    /// When the file cannot be read, is malformed, or a newer version's.
    pub fn users(&self) -> Result<BTreeMap<String, User>, DirectoryError> {
        file::read(&self.0)
    }

    /// All personal access tokens by id.
    ///
    /// # Errors
    /// As with [`Self::users`].
    pub fn tokens(&self) -> Result<BTreeMap<String, PersonalToken>, DirectoryError> {
        file::read(&self.0)
    }

    /// When and from where tokens were used last, by id, as of a minute ago.
    ///
    /// # Errors
    /// As with [`Self::users`].
    pub fn uses(&self) -> Result<BTreeMap<String, Use>, DirectoryError> {
        file::read(&self.0)
    }

    /// Adds a user.
    ///
    /// # Errors
    /// When there is one of that name, or the file cannot be changed.
    pub fn add_user(&self, name: &AccountName, user: User) -> Result<(), DirectoryError> {
        let _lock = file::lock(&self.0)?;
        let mut users = self.users()?;
        if users.contains_key(name.as_str()) {
            return Err(DirectoryError::UserExists(name.to_string()));
        }
        users.insert(name.to_string(), user);
        file::write(&self.0, &users)
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
        let _lock = file::lock(&self.0)?;
        let mut users = self.users()?;
        let user = users.get_mut(name);
        let user = user.ok_or_else(|| DirectoryError::NoUser(name.to_owned()))?;
        change(user);
        let user = user.clone();
        file::write(&self.0, &users)?;
        Ok(user)
    }

    /// Removes a user and revokes their tokens; tells how many.
    ///
    /// # Errors
    /// When there is none of that name, or the files cannot be changed.
    pub fn remove_user(&self, name: &str) -> Result<usize, DirectoryError> {
        let _lock = file::lock(&self.0)?;
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
            file::write(&self.0, &tokens)?;
        }
        file::write(&self.0, &users)?;
        Ok(revoked)
    }

    /// Makes a token: its id, and the token itself, which nobody can tell later.
    ///
    /// # Errors
    /// When the file cannot be changed, or there is no randomness.
    pub fn create_token(&self, new: NewToken) -> Result<(String, Secret), DirectoryError> {
        let generated = personal::generate();
        let (id, secret) = generated.map_err(|source| file::failed(&self.0, source))?;
        let token = PersonalToken::new(new, &secret);
        let _lock = file::lock(&self.0)?;
        let mut tokens = self.tokens()?;
        tokens.insert(id.clone(), token);
        file::write(&self.0, &tokens)?;
        Ok((id, secret))
    }

    /// Revokes a token, and tells what it was.
    ///
    /// # Errors
    /// When there is none of that id, or the file cannot be changed.
    pub fn revoke_token(&self, id: &str) -> Result<PersonalToken, DirectoryError> {
        let _lock = file::lock(&self.0)?;
        let mut tokens = self.tokens()?;
        let token = tokens.remove(id);
        let token = token.ok_or_else(|| DirectoryError::NoToken(id.to_owned()))?;
        file::write(&self.0, &tokens)?;
        Ok(token)
    }

    /// Adds to what is known of the last uses; what is known of tokens that are gone goes.
    ///
    /// # Errors
    /// When the files cannot be read or changed.
    pub(crate) fn record_uses(&self, new: BTreeMap<String, Use>) -> Result<(), DirectoryError> {
        let _lock = file::lock(&self.0)?;
        let tokens = self.tokens()?;
        let mut uses = self.uses()?;
        uses.extend(new);
        uses.retain(|id, _| tokens.contains_key(id));
        file::write(&self.0, &uses)
    }
}

/// Now, in seconds since 1970.
#[must_use]
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
