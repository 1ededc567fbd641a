//! Who has which password: the one place where a name and a password become an [`Account`],
//! whoever keeps them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::{Account, Basic, Htpasswd};

/// Everybody who is known.
pub struct Accounts {
    htpasswd: Option<Htpasswd>,
}

/// Why a name and a password are not somebody.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unknown {
    /// They do not belong together, or nobody is called so: nobody is told which.
    Wrong,
    /// There were too many wrong ones: come back after this time.
    Throttled(Duration),
    /// Too many wait to be checked.
    Busy,
    /// Nobody can be checked. The log says why.
    Unavailable,
}

// === impl Accounts ===

impl Accounts {
    /// Those of these sources.
    #[must_use]
    pub fn new(htpasswd: Option<Htpasswd>) -> Self {
        Self { htpasswd }
    }

    /// Whose name and password these are. `address` is where they come from.
    ///
    /// # Errors
    /// When they are nobody's, or that cannot be told.
    pub async fn check(
        &self,
        basic: &Basic,
        _address: Option<IpAddr>,
    ) -> Result<Arc<Account>, Unknown> {
        let Some(htpasswd) = &self.htpasswd else {
            return Err(Unknown::Wrong);
        };
        htpasswd.check(basic).await?;
        Ok(Arc::new(Account {
            name: basic.user.clone(),
            ..Account::default()
        }))
    }

    /// What is stored of the account's password, if there is such an account.
    pub(crate) async fn stored(&self, name: &str) -> Option<String> {
        self.htpasswd.as_ref()?.stored(name).await
    }
}
