//! The authorization server inside: whoever shows who they are gets a token for what the rules
//! allow of what they asked for. It knows nothing of HTTP.
// distribution: docs/content/spec/auth/token.md, oauth.md

mod keys;
mod sessions;
mod token;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use self::sessions::Wanted;
use self::token::{Claims, Granted};
use crate::clock::seconds;
use crate::random;
use crate::{
    Account, Accounts, Action, Actions, Audit, Basic, DirectoryError, Event, PullLimit, Record,
    Resource, Scope, Scopes, ScopesError, Secret, SharedRules, Subject, Unknown,
};

pub use self::keys::{KeyStory, Keys, Rotation};
pub use self::sessions::{Session, Sessions};

/// Issues tokens.
pub struct AuthorizationServer {
    parts: IssuerParts,
}

/// What it needs for that.
pub struct IssuerParts {
    /// What it calls itself: a token's `iss`.
    pub issuer: String,
    /// What it calls this registry: a token's `aud`.
    pub service: String,
    /// How long a token is good for.
    pub expiration: Duration,
    /// What it signs with.
    pub keys: Arc<Keys>,
    /// The refresh tokens.
    pub sessions: Arc<Sessions>,
    /// Who is known.
    pub accounts: Arc<Accounts>,
    /// What accounts may do.
    pub rules: SharedRules,
    /// How many manifests an account may pull.
    pub account_pulls: Option<PullLimit>,
    /// How many whoever does not say who they are may pull.
    pub anonymous_pulls: Option<PullLimit>,
    /// Who is told of tokens.
    pub audit: Audit,
}

/// A request for a token.
#[derive(Clone, Debug)]
pub struct TokenRequest<'a> {
    /// Who it is.
    pub shown: Shown<'a>,
    /// For which registry; `None` for whichever there is.
    pub service: Option<&'a str>,
    /// For what: texts of scopes.
    pub scopes: Vec<&'a str>,
    /// What the client calls itself.
    pub client: &'a str,
    /// Whether a refresh token is wanted.
    pub is_offline: bool,
    /// Where it comes from.
    pub address: Option<IpAddr>,
}

/// How somebody shows who they are.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// They do not.
    Nothing,
    /// By a name and a password.
    Password(&'a Basic),
    /// By a refresh token.
    Refresh(&'a Secret),
}

/// A token, and what is told of it.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The token.
    pub token: Secret,
    /// How long it is good for.
    pub expires_in: Duration,
    /// Since when.
    pub issued_at: SystemTime,
    /// What it is for, as scopes.
    pub scope: String,
    /// To get others with.
    pub refresh: Option<Secret>,
}

/// There is no token.
#[derive(Debug, thiserror::Error)]
pub enum NoToken {
    /// What is asked for cannot be read.
    #[error(transparent)]
    Scope(#[from] ScopesError),
    /// Tokens for it are signed elsewhere.
    #[error("{asked:?} is not served here: ask for {served:?}")]
    Service {
        /// What was asked for.
        asked: String,
        /// What there is.
        served: String,
    },
    /// Nobody is known by what was shown; why, is for the log.
    #[error("wrong name or password")]
    Wrong,
    /// A refresh token was shown that is none, or void.
    #[error("the refresh token is not good any more: log in again")]
    Ended,
    /// There was too much that was wrong: come back after this time.
    #[error("too many wrong passwords")]
    Throttled(Duration),
    /// Too many passwords wait to be checked.
    #[error("too many passwords are being checked")]
    Busy,
    /// Nobody can be checked, or nothing signed. The log says why.
    #[error("no token can be made at this moment: the registry's log says why")]
    Unavailable,
}

// === impl AuthorizationServer ===

impl AuthorizationServer {
    /// Of these parts.
    #[must_use]
    pub fn new(parts: IssuerParts) -> Arc<Self> {
        Arc::new(Self { parts })
    }

    /// The public keys (RFC 7517, section 5).
    pub async fn jwks(&self) -> Value {
        self.parts.keys.jwks().await
    }

    /// What it calls this registry.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.parts.service
    }

    /// A token for what the rules allow of what is asked for, which may be nothing.
    ///
    /// # Errors
    /// When the request is malformed, or somebody is not who they say.
    pub async fn issue(&self, request: &TokenRequest<'_>) -> Result<Issued, NoToken> {
        let parts = &self.parts;
        if let Some(asked) = request.service.filter(|asked| *asked != parts.service) {
            return Err(NoToken::Service {
                asked: asked.to_owned(),
                served: parts.service.clone(),
            });
        }
        let scopes = Scopes::parse(request.scopes.iter().copied())?;
        let known = self.account(request).await;
        if let Err(error) = &known {
            let why = error.to_string();
            tracing::info!(why, "no token was issued");
            self.tell(request, None, "", &why);
        }
        let account = known?;
        let granted = self.grant(request, account.as_deref(), &scopes);
        let issued_at = SystemTime::now();
        let (token, jti) = self.sign(account.as_deref(), &granted, issued_at).await?;
        let scope = text(&granted);
        tracing::debug!(
            account = account.as_ref().map(|account| account.name.as_str()),
            granted = scope,
            "a token was issued"
        );
        if parts.audit.is_there() {
            let because = self.because(request, account.as_deref(), &scopes, &granted);
            // Writes with it are told by this number.
            let because = format!("token {}: {because}", jti.reveal());
            let asked = text(scopes.iter());
            self.tell(request, Some(account.as_deref()), &asked, &because);
        }
        Ok(Issued {
            token,
            expires_in: parts.expiration,
            issued_at,
            scope,
            refresh: self.refresh(request, account.as_deref()).await?,
        })
    }

    async fn account(&self, request: &TokenRequest<'_>) -> Result<Option<Arc<Account>>, NoToken> {
        let parts = &self.parts;
        let token = match request.shown {
            Shown::Nothing => return Ok(None),
            Shown::Password(basic) if basic.is_empty() => return Ok(None),
            Shown::Password(basic) => {
                let account = parts.accounts.check(basic, request.address).await?;
                return Ok(Some(account));
            }
            Shown::Refresh(token) => token,
        };
        let session = parts.sessions.find(token, &parts.service).await;
        let session = session.ok_or(NoToken::Ended)?;
        let account = parts
            .accounts
            .still(&session.account, &session.credential)
            .await;
        let account = account.ok_or(NoToken::Ended)?;
        parts.sessions.used(&session.id);
        Ok(Some(account))
    }

    /// Of what is asked for, what is allowed; what of nothing is allowed is left out.
    fn grant(
        &self,
        request: &TokenRequest<'_>,
        account: Option<&Account>,
        scopes: &Scopes,
    ) -> Vec<Scope> {
        let subject = Subject {
            account,
            address: request.address,
        };
        let allowed = scopes.iter().map(|scope| {
            let mut allowed = scope.clone();
            allowed.access.actions = self.actions(&subject, scope);
            allowed
        });
        allowed
            .filter(|scope| !scope.access.actions.is_empty())
            .collect()
    }

    fn actions(&self, subject: &Subject<'_>, scope: &Scope) -> Actions {
        let granted = self.parts.rules.current().grant(subject, &scope.access);
        let has_all = |actions: Actions| actions.iter().any(|action| action == Action::All);
        let is_repository = matches!(scope.access.resource, Resource::Repository(_));
        if !is_repository || !has_all(scope.access.actions) || has_all(granted) {
            return granted;
        }
        // Whoever asks for all of it, and may do some, gets that.
        let mut each = scope.access.clone();
        each.actions = [Action::Pull, Action::Push, Action::Delete]
            .into_iter()
            .collect();
        self.parts.rules.current().grant(subject, &each)
    }

    /// What is granted, and what has decided on what was asked for.
    fn because(
        &self,
        request: &TokenRequest<'_>,
        account: Option<&Account>,
        asked: &Scopes,
        granted: &[Scope],
    ) -> String {
        let subject = Subject {
            account,
            address: request.address,
        };
        let needs: Vec<_> = asked
            .iter()
            .chain(granted)
            .map(|it| it.access.clone())
            .collect();
        let grounds = self.parts.rules.current().grounds(&subject, &needs);
        match (granted.is_empty(), grounds.is_empty()) {
            (true, true) => "nothing was asked for".to_owned(),
            (true, false) => format!("nothing granted ({grounds})"),
            (false, _) => format!("{} granted ({grounds})", text(granted)),
        }
    }

    /// The token and its number.
    async fn sign(
        &self,
        account: Option<&Account>,
        granted: &[Scope],
        issued_at: SystemTime,
    ) -> Result<(Secret, Secret), NoToken> {
        let parts = &self.parts;
        let limit = match account {
            Some(_) => parts.account_pulls,
            None => parts.anonymous_pulls,
        };
        let limit_of = |scope: &Scope| {
            let mut actions = scope.access.actions.iter();
            let is_pulled = actions.any(|it| matches!(it, Action::Pull | Action::All));
            let is_repository = matches!(scope.access.resource, Resource::Repository(_));
            limit.filter(|_| is_pulled && is_repository)
        };
        let now = seconds(issued_at);
        let signed = async {
            let jti = random::text::<16>().map_err(|_| DirectoryError::NoRandomness)?;
            let ring = parts.keys.ring().await;
            let claims = Claims {
                access: granted
                    .iter()
                    .map(|scope| Granted::new(scope, limit_of(scope)))
                    .collect(),
                aud: &parts.service,
                exp: now.saturating_add(parts.expiration.as_secs()),
                iat: now,
                iss: &parts.issuer,
                jti: jti.reveal().to_owned(),
                nbf: now,
                sub: account.map_or("", |account| &account.name),
            };
            let token = claims.sign(ring.signing(now).ok_or(DirectoryError::Key)?)?;
            Ok((token, jti))
        };
        signed
            .await
            .map_err(|error: DirectoryError| unavailable(&error))
    }

    /// A refresh token, for who wants one and has an account.
    async fn refresh(
        &self,
        request: &TokenRequest<'_>,
        account: Option<&Account>,
    ) -> Result<Option<Secret>, NoToken> {
        let parts = &self.parts;
        let Some(account) = account.filter(|_| request.is_offline) else {
            return Ok(None);
        };
        if let Shown::Refresh(token) = request.shown {
            return Ok(Some(token.clone()));
        }
        let wanted = Wanted {
            account: &account.name,
            service: &parts.service,
            client: request.client,
            credential: account.credential.clone(),
        };
        let made = parts.sessions.make(wanted).await;
        made.map(Some).map_err(|error| unavailable(&error))
    }

    /// Tells the auditor. `account` is there where somebody is let in.
    fn tell(
        &self,
        request: &TokenRequest<'_>,
        account: Option<Option<&Account>>,
        asked: &str,
        because: &str,
    ) {
        let name = match (account, request.shown) {
            (Some(account), _) => account.map(|account| account.name.as_str()),
            (None, Shown::Password(basic)) => Some(basic.user.as_str()),
            (None, Shown::Nothing | Shown::Refresh(_)) => None,
        };
        self.parts.audit.record(&Record {
            event: Event::Token,
            account: name,
            address: request.address,
            subject: asked,
            because,
            is_allowed: account.is_some(),
        });
    }
}

impl From<Unknown> for NoToken {
    fn from(unknown: Unknown) -> Self {
        match unknown {
            Unknown::Wrong => Self::Wrong,
            Unknown::Throttled(wait) => Self::Throttled(wait),
            Unknown::Busy => Self::Busy,
            Unknown::Unavailable => Self::Unavailable,
        }
    }
}

fn unavailable(error: &DirectoryError) -> NoToken {
    let source = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, source, "no token can be made");
    NoToken::Unavailable
}

fn text<'a>(scopes: impl IntoIterator<Item = &'a Scope>) -> String {
    let scopes: Vec<_> = scopes.into_iter().map(|it| it.access.to_string()).collect();
    scopes.join(" ")
}
