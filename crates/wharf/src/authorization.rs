//! Who stands at the door, as the sections `auth` and `wharfinger.auth` say.

mod accounts;
pub(crate) mod issuer;
mod remote;
mod rules;

use std::sync::Arc;

use wharf_auth::{Accounts, Audit, Passwords, RemoteKeys, SharedRules, Silly, Token, TokenOptions};
use wharf_config::{Loaded, Remark, options};
use wharf_http::{Guard, Settings, TokenPages};

pub(crate) use rules::rules;

/// Who stands at the door, and what it takes to know whom to let in.
#[derive(Default)]
pub(crate) struct Door {
    pub(crate) guard: Guard,
    /// `None` where somebody else knows accounts, or nobody does.
    pub(crate) accounts: Option<Arc<Accounts>>,
    /// Where clients get tokens, if that is here.
    pub(crate) tokens: Option<TokenPages>,
    /// Keys that have to be fetched, again and again.
    pub(crate) remote: Option<Arc<RemoteKeys>>,
}

/// What is needed beside the configuration.
pub(crate) struct Surroundings<'a> {
    /// Where clients see the registry.
    pub(crate) settings: &'a Settings,
    /// What accounts may do.
    pub(crate) rules: SharedRules,
    /// Who is told of logins and tokens.
    pub(crate) audit: Audit,
}

/// Opens what is needed to tell who somebody is, and to give them tokens.
///
/// # Errors
/// The option that cannot be used.
pub(crate) fn open(loaded: &Loaded, surroundings: &Surroundings<'_>) -> Result<Door, Remark> {
    let auth = &loaded.config.auth;
    if let Some(silly) = &auth.silly {
        return Ok(Door {
            guard: Guard::new(Silly::new(&silly.realm, &silly.service)),
            ..Door::default()
        });
    }
    if let Some(token) = &auth.token {
        return door_with_tokens(loaded, token);
    }
    let Some(accounts) = accounts::open(loaded, &surroundings.audit)?.map(Arc::new) else {
        return Ok(Door::default());
    };
    if let Some(options) = &loaded.config.wharfinger.auth.server {
        return issuer::open(loaded, options, accounts, surroundings);
    }
    let rules = surroundings.rules.clone();
    let passwords = Passwords::new(realm(loaded), Arc::clone(&accounts), rules);
    Ok(Door {
        guard: Guard::new(passwords),
        accounts: Some(accounts),
        ..Door::default()
    })
}

/// Tokens of another server.
fn door_with_tokens(loaded: &Loaded, options: &options::Token) -> Result<Door, Remark> {
    let remote = remote::keys(loaded)?;
    let opened = match &remote {
        Some(remote) => Token::fetching(token_options(options), Arc::clone(remote)),
        None => Token::open(token_options(options)),
    };
    let token = opened.map_err(|error| loaded.remark("auth.token", told(error)))?;
    Ok(Door {
        guard: Guard::new(token),
        remote,
        ..Door::default()
    })
}

/// What clients are told to log in to.
fn realm(loaded: &Loaded) -> &str {
    let htpasswd = loaded.config.auth.htpasswd.as_ref();
    htpasswd.map_or(&loaded.config.wharfinger.auth.realm, |htpasswd| {
        &htpasswd.realm
    })
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
