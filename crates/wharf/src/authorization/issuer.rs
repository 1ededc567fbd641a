//! The authorization server inside, as `wharfinger.auth.server` says.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use wharf_auth::{
    Accounts, AuthorizationServer, DirectoryError, IssuerParts, Keys, OwnKeys, PullLimit, Sessions,
    Token,
};
use wharf_config::options::AuthorizationServer as Options;
use wharf_config::{Loaded, Remark};
use wharf_http::{Guard, LocationStyle, Settings, TcpAddress, TokenPages};

use super::{Door, Surroundings, realm, told};

/// Opens it: who signs, and who looks at what was signed.
///
/// # Errors
/// The option that cannot be used.
pub(super) fn open(
    loaded: &Loaded,
    options: &Options,
    accounts: Arc<Accounts>,
    surroundings: &Surroundings<'_>,
) -> Result<Door, Remark> {
    let settings = surroundings.settings;
    let directory = directory(loaded)?;
    let unusable = |error: DirectoryError| loaded.remark("wharfinger.auth.directory", told(error));
    let keys = Arc::new(Keys::open(directory).map_err(unusable)?);
    let sessions = Sessions::open(directory, options.refresh).map_err(unusable)?;
    let pulls = &loaded.config.wharfinger.auth.limits.pulls;
    let limit =
        |pulls: u32, interval: Duration| (pulls > 0).then_some(PullLimit { pulls, interval });
    let server = AuthorizationServer::new(IssuerParts {
        issuer: options.issuer.clone(),
        service: options.service.clone(),
        expiration: options.expiration,
        keys: Arc::clone(&keys),
        sessions: Arc::new(sessions),
        accounts: Arc::clone(&accounts),
        rules: surroundings.rules.clone(),
        account_pulls: limit(pulls.account, pulls.interval),
        anonymous_pulls: limit(pulls.anonymous, pulls.interval),
        audit: surroundings.audit.clone(),
    });
    let token = Token::own(OwnKeys {
        keys,
        realm: where_clients_go(options, settings),
        path: settings.prefix.with(TokenPages::TOKEN),
        service: options.service.clone(),
        issuer: options.issuer.clone(),
    });
    Ok(Door {
        guard: Guard::new(token),
        accounts: Some(accounts),
        tokens: Some(TokenPages::new(server, realm(loaded), &settings.prefix)),
        remote: None,
    })
}

fn directory(loaded: &Loaded) -> Result<&Path, Remark> {
    let directory = loaded.config.wharfinger.auth.directory.as_ref();
    directory.map(Path::new).ok_or_else(|| {
        let text = "the authorization server keeps its keys there: set it to a directory";
        loaded.remark("wharfinger.auth.directory", text)
    })
}

/// What can be told before anything is opened.
///
/// # Errors
/// The option that cannot be used.
pub(crate) fn check(loaded: &Loaded) -> Result<(), Remark> {
    let Some(options) = &loaded.config.wharfinger.auth.server else {
        return Ok(());
    };
    directory(loaded)?;
    let auth = &loaded.config.auth;
    if auth.token.is_some() || auth.silly.is_some() || auth.none.is_some() {
        let text = "the registry takes tokens of its own server then: take out auth.token, \
                    auth.silly or auth.none, or this";
        return Err(loaded.remark("wharfinger.auth.server", text));
    }
    if options.expiration < SHORTEST {
        let text = "clients take any token to be good for a minute: say 60s or more";
        return Err(loaded.remark("wharfinger.auth.server.expiration", text));
    }
    for (option, value) in [("issuer", &options.issuer), ("service", &options.service)] {
        if value.is_empty() {
            let option = format!("wharfinger.auth.server.{option}");
            return Err(loaded.remark(&option, "a token has to say it: give it a name"));
        }
    }
    if let Some(address) = &options.addr {
        if let Err(error) = address.parse::<TcpAddress>() {
            return Err(loaded.remark("wharfinger.auth.server.addr", error.to_string()));
        }
        if options.realm.is_none() {
            let text = "clients have to be told where it is: set it to the URL of /auth/token \
                        at wharfinger.auth.server.addr, as they see it";
            return Err(loaded.remark("wharfinger.auth.server.realm", text));
        }
    }
    Ok(())
}

/// Empty for the host that they ask.
fn where_clients_go(options: &Options, settings: &Settings) -> String {
    if let Some(realm) = &options.realm {
        return realm.clone();
    }
    match &settings.locations {
        LocationStyle::Fixed(base) => {
            let path = settings.prefix.with(TokenPages::TOKEN);
            format!("{}{path}", base.origin())
        }
        LocationStyle::Absolute | LocationStyle::Relative => String::new(),
    }
}

/// Docker's token specification, `expires_in`.
const SHORTEST: Duration = Duration::from_secs(60);
