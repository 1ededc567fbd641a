//! Who stands at the door, as the `auth` section says.

mod rules;

use std::sync::Arc;

use wharf_auth::{Accounts, Htpasswd, Passwords, SharedRules, Silly, Token, TokenOptions};
use wharf_config::{Loaded, Remark, options};
use wharf_http::Guard;

pub(crate) use rules::rules;

/// Opens what is needed to tell who somebody is; what they may do is in `rules`.
///
/// # Errors
/// The option that cannot be used.
pub(crate) fn guard(loaded: &Loaded, rules: SharedRules) -> Result<Guard, Remark> {
    let auth = &loaded.config.auth;
    let refused = |option: &str, error: anyhow::Error| loaded.remark(option, format!("{error:#}"));
    if let Some(silly) = &auth.silly {
        return Ok(Guard::new(Silly::new(&silly.realm, &silly.service)));
    }
    if let Some(htpasswd) = &auth.htpasswd {
        let file = Htpasswd::open(&htpasswd.path)
            .map_err(|error| refused("auth.htpasswd.path", error.into()))?;
        let accounts = Arc::new(Accounts::new(Some(file)));
        let passwords = Passwords::new(&htpasswd.realm, accounts, rules);
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
