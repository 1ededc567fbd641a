//! Who has which password or token: the one place where a name and a password become an
//! [`Account`], whoever keeps them.
//!
//! What looks like a personal access token is only ever taken for one. A name that is among our
//! own users has the password of that user, and not the one that an htpasswd file has for it.
//!
//! A password takes tens of milliseconds of a core to check, on purpose. One that was right is
//! therefore remembered for a minute ([`Remembered`]); others are checked on the blocking pool,
//! a few at a time ([`Checks`]). A wrong one costs one hash of each kind that is in use, whether
//! there is such an account or not, so that the time tells nobody who there is. Whoever had too
//! many wrong ones has to wait ([`Throttle`]).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::checks::Checks;
use crate::directory::{Directory, DirectoryError, Members};
use crate::known::Known;
use crate::personal::Shown;
use crate::remembered::Remembered;
use crate::throttle::Throttle;
use crate::{Account, Audit, Basic, Credential, Event, Htpasswd, LoginLimit, PasswordHash, Record};

/// Everybody who is known.
pub struct Accounts {
    htpasswd: Option<Htpasswd>,
    members: Option<Arc<Members>>,
    checks: Checks,
    desk: Arc<Desk>,
}

/// What is known of those who came.
struct Desk {
    remembered: Remembered,
    throttle: Throttle,
    audit: Audit,
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
    /// Those of this file, without a limit on wrong passwords.
    #[must_use]
    pub fn new(htpasswd: Option<Htpasswd>) -> Self {
        Self::limited(htpasswd, None, Audit::default())
    }

    /// The same, with a limit on wrong passwords; `audit` is told of logins.
    #[must_use]
    pub fn limited(htpasswd: Option<Htpasswd>, limit: Option<LoginLimit>, audit: Audit) -> Self {
        Self {
            htpasswd,
            members: None,
            checks: Checks::new(),
            desk: Arc::new(Desk {
                remembered: Remembered::new(),
                throttle: Throttle::new(limit),
                audit,
            }),
        }
    }

    /// And those of a directory.
    ///
    /// # Errors
    /// When it cannot be read, or has a mistake.
    pub fn with_directory(self, directory: Directory) -> Result<Self, DirectoryError> {
        let members = Some(Arc::new(Members::open(directory)?));
        Ok(Self { members, ..self })
    }

    /// Whose name and password these are. `address` is where they come from.
    ///
    /// # Errors
    /// When they are nobody's, or that cannot be told.
    pub async fn check(
        &self,
        basic: &Basic,
        address: Option<IpAddr>,
    ) -> Result<Arc<Account>, Unknown> {
        let known = self.known().await;
        match Shown::parse(basic.password.reveal()) {
            Shown::Password => self.password(known, basic, address).await,
            Shown::Misspelt => {
                self.desk
                    .tell(basic, address, "token", Err("a token with a typing error"));
                Err(Unknown::Wrong)
            }
            Shown::Token { id, hash } => {
                let account = known.by_token(&basic.user, id, &hash);
                let subject = format!("token {id}");
                let Some(account) = account else {
                    let why = "a token that is wrong, expired, revoked or another account's";
                    self.desk.tell(basic, address, &subject, Err(why));
                    return Err(known.unknown());
                };
                let key = self.desk.remembered.key(basic, id);
                if !self.desk.remembered.is_right(&key) {
                    self.desk.remembered.keep(key);
                    self.desk.tell(basic, address, &subject, Ok(()));
                    if let Some(members) = &self.members {
                        members.note_use(id, address);
                    }
                }
                Ok(Arc::new(account))
            }
        }
    }

    /// Whether what somebody showed earlier would still let them in: the account as it is now,
    /// or `None` if it is gone, its password is another one, or the token was revoked or has
    /// expired.
    pub async fn still(&self, name: &str, credential: &Credential) -> Option<Arc<Account>> {
        let known = self.known().await;
        known.by_credential(name, credential).map(Arc::new)
    }

    /// Writes down when tokens were used last. It is meant to be called now and then, and at
    /// the end.
    pub async fn write_uses(&self) {
        let Some(members) = self.members.clone() else {
            return;
        };
        let write = move || {
            if let Err(error) = members.write_uses() {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, source, "the last uses of tokens are not written down");
            }
        };
        _ = tokio::task::spawn_blocking(write).await;
    }

    async fn known(&self) -> Known {
        let table = match &self.htpasswd {
            Some(htpasswd) => Some(htpasswd.table().await),
            None => None,
        };
        let members = match &self.members {
            Some(members) => Some(members.snapshot().await),
            None => None,
        };
        Known { table, members }
    }

    async fn password(
        &self,
        known: Known,
        basic: &Basic,
        address: Option<IpAddr>,
    ) -> Result<Arc<Account>, Unknown> {
        if basic.password.reveal().len() > PasswordHash::LONGEST {
            let why = "a password that is too long";
            self.desk.tell(basic, address, "password", Err(why));
            return Err(Unknown::Wrong);
        }
        if let Some(account) = self.desk.remembered(&known, basic) {
            return Ok(Arc::new(account));
        }
        self.desk.admit(basic, address)?;
        let turn = self.checks.turn().await?;
        // While this one waited, others may have failed, or shown the very same.
        if let Some(account) = self.desk.remembered(&known, basic) {
            return Ok(Arc::new(account));
        }
        self.desk.admit(basic, address)?;
        let (desk, basic) = (Arc::clone(&self.desk), basic.clone());
        // All of it, so that nobody escapes being counted by hanging up.
        let check = move || {
            let checked = desk.check(&known, &basic, address);
            drop(turn);
            checked
        };
        let checked = tokio::task::spawn_blocking(check).await;
        checked.unwrap_or(Err(Unknown::Unavailable)).map(Arc::new)
    }
}

// === impl Desk ===

impl Desk {
    /// Who has shown the same a moment ago.
    fn remembered(&self, known: &Known, basic: &Basic) -> Option<Account> {
        let key = self.remembered.key(basic, known.stored(&basic.user)?);
        let account = || known.by_password(&basic.user);
        self.remembered.is_right(&key).then(account)?
    }

    fn admit(&self, basic: &Basic, address: Option<IpAddr>) -> Result<(), Unknown> {
        let Some(wait) = self.throttle.wait(&basic.user, address) else {
            return Ok(());
        };
        self.tell(basic, address, "password", Err("too many wrong passwords"));
        Err(Unknown::Throttled(wait))
    }

    /// Takes long.
    fn check(
        &self,
        known: &Known,
        basic: &Basic,
        address: Option<IpAddr>,
    ) -> Result<Account, Unknown> {
        let is_right = known.is_password(&basic.user, &basic.password);
        let stored = known.stored(&basic.user).filter(|_| is_right);
        let (Some(account), Some(stored)) = (known.by_password(&basic.user), stored) else {
            self.throttle.failed(&basic.user, address);
            let why = "a name and a password that do not belong together";
            self.tell(basic, address, "password", Err(why));
            return Err(known.unknown());
        };
        self.remembered.keep(self.remembered.key(basic, stored));
        self.throttle.succeeded(&basic.user, address);
        self.tell(basic, address, "password", Ok(()));
        Ok(account)
    }

    fn tell(
        &self,
        basic: &Basic,
        address: Option<IpAddr>,
        subject: &str,
        outcome: Result<(), &str>,
    ) {
        self.audit.record(&Record {
            event: Event::Login,
            account: Some(&basic.user),
            address,
            subject,
            because: outcome.err().unwrap_or("they belong together"),
            is_allowed: outcome.is_ok(),
        });
    }
}
