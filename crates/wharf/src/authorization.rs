//! Who stands at the door, as the `auth` section says.

mod rules;

use std::sync::Arc;

use wharf_auth::{
    Accounts, Audit, Directory, DirectoryError, Htpasswd, LoginLimit, Passwords, SharedRules,
    Silly, Token, TokenOptions,
};
use wharf_config::{Loaded, Remark, options};
use wharf_http::Guard;

pub(crate) use rules::rules;

/// Who stands at the door, and whom they know.
#[derive(Default)]
pub(crate) struct Door {
    pub(crate) guard: Guard,
    /// `None` where somebody else knows accounts, or nobody does.
    pub(crate) accounts: Option<Arc<Accounts>>,
}

/// Opens what is needed to tell who somebody is; what they may do is in `rules`, and `audit` is
/// told of logins.
///
/// # Errors
/// The option that cannot be used.
pub(crate) fn door(loaded: &Loaded, rules: SharedRules, audit: &Audit) -> Result<Door, Remark> {
    let auth = &loaded.config.auth;
    if let Some(silly) = &auth.silly {
        return Ok(Door {
            guard: Guard::new(Silly::new(&silly.realm, &silly.service)),
            accounts: None,
        });
    }
    if let Some(token) = &auth.token {
        let opened = Token::open(token_options(token));
        let refused = |error| loaded.remark("auth.token", told(error));
        return Ok(Door {
            guard: opened.map(Guard::new).map_err(refused)?,
            accounts: None,
        });
    }
    let Some(accounts) = accounts(loaded, audit)?.map(Arc::new) else {
        return Ok(Door::default());
    };
    let own = &loaded.config.wharfinger.auth;
    let htpasswd = auth.htpasswd.as_ref();
    let realm = htpasswd.map_or(&own.realm, |htpasswd| &htpasswd.realm);
    let passwords = Passwords::new(realm, Arc::clone(&accounts), rules);
    Ok(Door {
        guard: Guard::new(passwords),
        accounts: Some(accounts),
    })
}

/// Everybody who has an account here; `None` where nobody can have one.
fn accounts(loaded: &Loaded, audit: &Audit) -> Result<Option<Accounts>, Remark> {
    let own = &loaded.config.wharfinger.auth;
    let htpasswd = loaded.config.auth.htpasswd.as_ref().map(|htpasswd| {
        let opened = Htpasswd::open(&htpasswd.path);
        opened.map_err(|error| loaded.remark("auth.htpasswd.path", told(error)))
    });
    let htpasswd = htpasswd.transpose()?;
    if htpasswd.is_none() && own.directory.is_none() {
        return Ok(None);
    }
    let limit = LoginLimit {
        failures: own.limits.logins.failures,
        interval: own.limits.logins.interval,
    };
    let accounts = Accounts::limited(htpasswd, Some(limit), audit.clone());
    let Some(directory) = &own.directory else {
        return Ok(Some(accounts));
    };
    let opened = directory_of(directory).and_then(|it| accounts.with_directory(it));
    opened
        .map(Some)
        .map_err(|error| loaded.remark("wharfinger.auth.directory", told(error)))
}

fn directory_of(path: &str) -> Result<Directory, DirectoryError> {
    let directory = Directory::create(path)?;
    if directory.is_open_to_others()? {
        tracing::warn!("others than its owner can reach into {path}: chmod 700 {path}");
    }
    Ok(directory)
}

/// An error and what caused it, in one line.
fn told(error: impl Into<anyhow::Error>) -> String {
    format!("{:#}", error.into())
}

fn token_options(token: &options::Token) -> TokenOptions {
    TokenOptions {
        realm: token.realm.clone(),
        service: token.service.clone(),
        issuer: token.issuer.clone(),
        rootcertbundle: token.rootcertbundle.as_ref().map(Into::into),
        jwks: token.jwks.as_ref().map(Into::into),
        autoredirect: token.autoredirect,
        autoredirect_path: token.autoredirectpath.clone(),
        algorithms: token.signingalgorithms.clone(),
    }
}
