//! Who stands at the door, as the `auth` section says.

pub(crate) mod issuer;
mod remote;

use std::sync::Arc;

use wharf_auth::{Accounts, Htpasswd, Passwords, RemoteKeys, Rules, Silly, Token, TokenOptions};
use wharf_config::{Loaded, Remark, options};
use wharf_http::{Guard, Settings, TokenPages};

/// Who stands at the door, and what it takes to know whom to let in.
#[derive(Default)]
pub(crate) struct Door {
    pub(crate) guard: Guard,
    /// Where clients get tokens, if that is here.
    pub(crate) tokens: Option<TokenPages>,
    /// Keys that have to be fetched, again and again.
    pub(crate) remote: Option<Arc<RemoteKeys>>,
}

/// Opens what is needed to tell who somebody is, and to give them tokens.
///
/// # Errors
/// The option that cannot be used.
pub(crate) fn open(loaded: &Loaded, settings: &Settings) -> Result<Door, Remark> {
    if let Some(issuer) = issuer::open(loaded, settings)? {
        return Ok(Door {
            guard: issuer.guard,
            tokens: Some(issuer.pages),
            remote: None,
        });
    }
    if let (Some(token), Some(remote)) = (&loaded.config.auth.token, remote::keys(loaded)?) {
        let token = Token::fetching(token_options(token), Arc::clone(&remote));
        let refused = |error| loaded.remark("auth.token", format!("{error:#}"));
        return Ok(Door {
            guard: Guard::new(token.map_err(anyhow::Error::from).map_err(refused)?),
            tokens: None,
            remote: Some(remote),
        });
    }
    Ok(Door {
        guard: guard(loaded)?,
        ..Door::default()
    })
}

/// Opens what is needed to tell who somebody is.
///
/// # Errors
/// The option that cannot be used.
fn guard(loaded: &Loaded) -> Result<Guard, Remark> {
    let auth = &loaded.config.auth;
    let refused = |option: &str, error: anyhow::Error| loaded.remark(option, format!("{error:#}"));
    if let Some(silly) = &auth.silly {
        return Ok(Guard::new(Silly::new(&silly.realm, &silly.service)));
    }
    if let Some(htpasswd) = &auth.htpasswd {
        let file = Htpasswd::open(&htpasswd.path)
            .map_err(|error| refused("auth.htpasswd.path", error.into()))?;
        let accounts = Arc::new(Accounts::new(Some(file)));
        let passwords = Passwords::new(&htpasswd.realm, accounts, Rules::default());
        return Ok(Guard::new(passwords));
    }
    if let Some(token) = &auth.token {
        return Token::open(token_options(token))
            .map(Guard::new)
            .map_err(|error| refused("auth.token", error.into()));
    }
    Ok(Guard::default())
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
