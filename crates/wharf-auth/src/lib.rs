//! Who somebody is, and what they may do. An [`Authorizer`] is asked once for each request,
//! before anything else is done for it; what is asked for follows from the route
//! ([`Access::needed`]). Each way of the `auth` section of distribution's configuration is an
//! `Authorizer`: [`Silly`], [`Passwords`], [`Token`]; without one, everybody may do everything.
// distribution: registry/auth/auth.go

mod access;
mod account;
mod accounts;
mod audit;
mod checks;
mod clock;
mod credential;
mod credentials;
mod directory;
mod fingerprint;
mod glob;
mod htpasswd;
mod known;
mod limits;
mod network;
mod passwords;
mod personal;
mod private;
mod random;
mod refusal;
mod remembered;
mod restriction;
mod rules;
mod scope;
mod secret;
mod server;
mod silly;
mod stamp;
mod throttle;
mod token;
mod url_keys;

use std::net::IpAddr;

use async_trait::async_trait;

pub use access::{Access, Action, Actions, Resource};
pub use account::{Account, Subject};
pub use accounts::{Accounts, Unknown};
pub use audit::{Audit, AuditSink, Event, Record};
pub use credential::Credential;
pub use credentials::{Basic, Credentials, CredentialsError};
pub use directory::{
    AccountName, Directory, DirectoryError, NameError, NewToken, PasswordError, PasswordHash,
    PersonalToken, Use, User,
};
pub use glob::{Glob, GlobError};
pub use htpasswd::{Htpasswd, HtpasswdError};
pub use limits::{Exhausted, PullLimit, Pulls, Quota, Standing};
pub use passwords::Passwords;
pub use refusal::{Refusal, basic_challenge};
pub use restriction::{Permitted, Restriction, ScopeError};
pub use rules::{
    Decision, Effect, Group, PatternError, RepositoryPattern, Rule, Rules, SharedRules, What, Who,
};
pub use scope::{Scope, Scopes, ScopesError};
pub use secret::Secret;
pub use server::{
    AuthorizationServer, Issued, IssuerParts, KeyStory, Keys, NoToken, Rotation, Session, Sessions,
    Shown, TokenRequest,
};
pub use silly::Silly;
pub use throttle::LoginLimit;
pub use token::{Fetch, OwnKeys, RemoteKeys, Token, TokenError, TokenOptions};
pub use url_keys::{UrlKeys, UrlKeysError, UrlRefusal};

/// Decides on requests.
#[async_trait]
pub trait Authorizer: Send + Sync + 'static {
    /// Who it is that asks, if they may have what they ask for.
    ///
    /// # Errors
    /// Why not, and what a client can do about it.
    async fn authorize(&self, request: &Request<'_>) -> Result<Identity, Refusal>;
}

/// What is known of a request when it is decided on.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What it shows.
    pub credentials: &'a Credentials,
    /// What it needs. Nothing, for whoever only wants to know whether they are let in.
    pub needs: &'a [Access],
    /// Where it comes from; `None` on a unix socket.
    pub address: Option<IpAddr>,
    /// Whether it came over TLS to this very server.
    pub is_secure: bool,
    /// Its `Host`: where clients have the registry, as they say.
    pub host: Option<&'a str>,
    /// Its `X-Forwarded-Proto`: how they reach it, as a proxy says.
    pub forwarded_proto: Option<&'a str>,
    /// Its `X-Forwarded-Host`: where they have it, as a proxy says.
    pub forwarded_host: Option<&'a str>,
    /// Its `Forwarded` (RFC 7239), which says both.
    pub forwarded: Option<&'a str>,
    /// Whether somebody will ask what let it pass ([`Identity::because`]), which costs to be put
    /// into words.
    pub is_explained: bool,
}

/// Who asks.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Identity {
    /// The account, as the client named it and someone confirmed it; empty for whoever did not
    /// say.
    pub account: String,
    /// How much they may pull, if their token says so.
    pub pulls: Option<PullLimit>,
    /// What let them pass, where [`Request::is_explained`]: the rules that decided, or the token.
    pub because: Option<String>,
}

// === impl Request ===

impl<'a> Request<'a> {
    /// A request of which no more is known.
    #[must_use]
    pub const fn new(credentials: &'a Credentials, needs: &'a [Access]) -> Self {
        Self {
            credentials,
            needs,
            address: None,
            is_secure: false,
            host: None,
            forwarded_proto: None,
            forwarded_host: None,
            forwarded: None,
            is_explained: false,
        }
    }
}
