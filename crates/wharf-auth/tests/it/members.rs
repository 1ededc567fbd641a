//! What the tests of accounts share: a directory, people in it, and those who ask.

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argon2::password_hash::CustomizedPasswordHasher as _;
use argon2::password_hash::phc;
use argon2::{Argon2, Params};
use tempfile::TempDir;
use wharf_auth::{
    Account, AccountName, Accounts, Audit, AuditSink, Basic, Directory, Htpasswd, LoginLimit,
    NewToken, PasswordHash, Record, Secret, Unknown, User,
};

/// Longer than it takes until files are looked at again.
pub(crate) const LATER: Duration = Duration::from_millis(1100);

/// A directory, and an htpasswd file beside it.
pub(crate) struct Place {
    scratch: TempDir,
    pub(crate) directory: Directory,
}

/// Keeps what an audit log would.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<String>>>);

// === impl Place ===

impl Place {
    pub(crate) fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let directory = Directory::create(scratch.path().join("accounts")).unwrap();
        Self { scratch, directory }
    }

    /// With a user and a cheap hash of their password.
    pub(crate) fn with(self, name: &str, password: &str) -> Self {
        let user = User::new(Some(cheap(password)), Vec::new());
        self.directory.add_user(&named(name), user).unwrap();
        self
    }

    pub(crate) fn htpasswd(&self, lines: &str) -> Htpasswd {
        let path = self.scratch.path().join("htpasswd");
        std::fs::write(&path, lines).unwrap();
        Htpasswd::open(path).unwrap()
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn accounts(&self) -> Accounts {
        self.also(Accounts::new(None))
    }

    pub(crate) fn limited(&self, failures: u32, audit: &Told) -> Accounts {
        let limit = LoginLimit {
            failures,
            interval: Duration::from_secs(300),
        };
        let audit = Audit::to(audit.clone());
        self.also(Accounts::limited(None, Some(limit), audit))
    }

    pub(crate) fn also(&self, accounts: Accounts) -> Accounts {
        accounts.with_directory(self.directory.clone()).unwrap()
    }

    /// A token without an end; `scopes` by spaces.
    pub(crate) fn token(&self, account: &str, scopes: &str) -> (String, Secret) {
        self.token_until(account, scopes, None)
    }

    pub(crate) fn token_until(
        &self,
        account: &str,
        scopes: &str,
        expires: Option<u64>,
    ) -> (String, Secret) {
        let scopes = scopes.split_whitespace();
        let new = NewToken {
            account: account.to_owned(),
            description: None,
            scopes: scopes.map(|scope| scope.parse().unwrap()).collect(),
            expires,
        };
        self.directory.create_token(new).unwrap()
    }

    pub(crate) fn change_password(&self, name: &str, password: &str) {
        let hash = cheap(password);
        let change = |user: &mut User| user.password = Some(hash);
        self.directory.change_user(name, change).unwrap();
    }
}

// === impl Told ===

impl Told {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl AuditSink for Told {
    fn take(&self, record: &Record<'_>) {
        let Record {
            account,
            subject,
            because,
            is_allowed,
            ..
        } = record;
        let account = account.unwrap_or_default();
        let line = format!("{account}, {subject}: {is_allowed}, {because}");
        self.0.lock().unwrap().push(line);
    }
}

pub(crate) fn named(name: &str) -> AccountName {
    name.parse().unwrap()
}

/// A hash that costs little, as `users.json` may have it.
pub(crate) fn cheap(password: &str) -> PasswordHash {
    hash(password, Params::new(64, 1, 1, None).unwrap())
}

pub(crate) fn hash(password: &str, params: Params) -> PasswordHash {
    let salt = b"0123456789abcdef";
    let hash: phc::PasswordHash = Argon2::default()
        .hash_password_with_params(password.as_bytes(), salt, params)
        .unwrap();
    serde_json::from_value(hash.to_string().into()).unwrap()
}

pub(crate) fn at(address: &str) -> Option<IpAddr> {
    Some(address.parse().unwrap())
}

pub(crate) async fn check(
    accounts: &Accounts,
    user: &str,
    password: &str,
) -> Result<Arc<Account>, Unknown> {
    check_from(accounts, user, password, "192.0.2.1").await
}

pub(crate) async fn check_from(
    accounts: &Accounts,
    user: &str,
    password: &str,
    address: &str,
) -> Result<Arc<Account>, Unknown> {
    let basic = Basic {
        user: user.to_owned(),
        password: Secret::new(password),
    };
    accounts.check(&basic, at(address)).await
}
