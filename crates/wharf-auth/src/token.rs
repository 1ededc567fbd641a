//! `auth.token`: whoever shows what a token server has signed. The registry knows no accounts
//! then; it sends clients to that server, and reads from the token what they may do.
//!
//! Which key a token is signed with is said in its header; that key has to be trusted by the
//! files of the configuration, and the algorithm has to be one for keys of its kind. HMAC is
//! refused always: who could check such a token could also make one.
//!
//! The files are looked at again about every second and read again when they have changed.
//! While one has a mistake, or is not there, what was read last holds, and the log says so:
//! keys are public, and nobody gains by their loss. A set without keys is no mistake, and
//! nobody is let in by it.
// distribution: registry/auth/token/accesscontroller.go, docs/content/spec/auth

mod algorithm;
mod bundle;
mod chain;
mod challenge;
mod claims;
mod files;
mod jwks;
mod key;
mod libtrust;
mod numbers;
mod parameters;
mod remembered;
mod remote;
mod source;
mod trusted;
mod verify;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;

use self::challenge::{Challenge, Problem, Redirect, Scheme};
use self::claims::Claims;
use self::files::Files;
use self::remembered::Remembered;
use self::source::{Anchors, Own, Source};
use self::trusted::UNKNOWN;
use self::verify::Rules;
use crate::{Authorizer, Credentials, Identity, Keys, Refusal, Request, Secret};

pub use self::remote::{Fetch, RemoteKeys};

/// Lets in whoever has a token for what they do (RFC 7519, RFC 6750).
pub struct Token {
    challenge: Challenge,
    rules: Rules,
    source: Source,
    remembered: Remembered,
}

/// The options of `auth.token`, by their names in the configuration.
// distribution: registry/auth/token/accesscontroller.go, checkOptions
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TokenOptions {
    /// The URL of the token server.
    pub realm: String,
    /// The registry's name there: a token's `aud`.
    pub service: String,
    /// The token server's name: a token's `iss`.
    pub issuer: String,
    /// Certificates in PEM: of the keys of the token server, or of who signs such.
    pub rootcertbundle: Option<PathBuf>,
    /// A set of keys in JSON (RFC 7517).
    pub jwks: Option<PathBuf>,
    /// Whether the token server is under the host that clients have the registry under.
    pub autoredirect: bool,
    /// Its path there; `/auth/token` if empty.
    pub autoredirect_path: String,
    /// `signingalgorithms`; if empty, all that are known.
    pub algorithms: Vec<String>,
}

/// The authorization server of this very process, as clients are sent to it.
pub struct OwnKeys {
    /// What it signs with.
    pub keys: Arc<Keys>,
    /// Where clients are sent; if empty, to `path` of the host that they asked.
    pub realm: String,
    /// The path that it has there.
    pub path: String,
    /// What it calls this registry.
    pub service: String,
    /// What it calls itself.
    pub issuer: String,
}

/// The options cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// One is not there.
    #[error("auth.token.{option} is missing: set it to what the token server calls it")]
    Missing {
        /// Which one.
        option: &'static str,
    },
    /// Tokens cannot be signed by that.
    #[error("auth.token.signingalgorithms: {name:?} {why}; take it out")]
    Algorithm {
        /// By what.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// No token could ever be right.
    #[error(
        "auth.token trusts no key: set rootcertbundle or jwks to a file with the token server's"
    )]
    NoKey,
    /// A file cannot be read.
    #[error("cannot read auth.token.{option}, {}: make it readable, or name another file", path.display())]
    Io {
        /// Which option names it.
        option: &'static str,
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("auth.token.{option}: {} {why}", path.display())]
    Unusable {
        /// Which option names it.
        option: &'static str,
        /// Which one.
        path: PathBuf,
        /// What it is, and what it should be.
        why: &'static str,
    },
}

// === impl Token ===

impl Token {
    /// Reads the files.
    ///
    /// # Errors
    /// When an option is missing or wrong, or no key can be trusted.
    pub fn open(mut options: TokenOptions) -> Result<Self, TokenError> {
        let (bundle, jwks) = (options.rootcertbundle.take(), options.jwks.take());
        let files = || Ok(Source::Files(Arc::new(Files::open(bundle, jwks)?)));
        Self::with(options, files)
    }

    /// The same with keys that are fetched, instead of those in `jwks`.
    ///
    /// # Errors
    /// When an option is missing or wrong.
    pub fn fetching(
        mut options: TokenOptions,
        remote: Arc<RemoteKeys>,
    ) -> Result<Self, TokenError> {
        let bundle = options.rootcertbundle.take();
        Self::with(options, || {
            let files = bundle.map(|bundle| Files::open(Some(bundle), None));
            Ok(Source::Remote(remote, files.transpose()?.map(Arc::new)))
        })
    }

    /// Trusts the authorization server of this process, and nobody else.
    #[must_use]
    pub fn own(own: OwnKeys) -> Self {
        let redirect = own.realm.is_empty().then(|| Redirect {
            path: own.path.clone(),
            scheme: Scheme::OfRequest,
        });
        let realm = if own.realm.is_empty() {
            own.path
        } else {
            own.realm
        };
        Self {
            challenge: Challenge {
                realm,
                service: own.service.clone(),
                redirect,
            },
            rules: Rules {
                issuer: own.issuer,
                service: own.service,
                algorithms: vec![jsonwebtoken::Algorithm::ES256],
            },
            source: Source::Own(Own::new(own.keys)),
            remembered: Remembered::new(),
        }
    }

    fn with(
        options: TokenOptions,
        source: impl FnOnce() -> Result<Source, TokenError>,
    ) -> Result<Self, TokenError> {
        let needed = [
            ("realm", &options.realm),
            ("service", &options.service),
            ("issuer", &options.issuer),
        ];
        if let Some((option, _)) = needed.into_iter().find(|(_, value)| value.is_empty()) {
            return Err(TokenError::Missing { option });
        }
        let path = match options.autoredirect_path {
            path if path.is_empty() => REDIRECT.to_owned(),
            path => path,
        };
        Ok(Self {
            challenge: Challenge {
                realm: options.realm,
                service: options.service.clone(),
                redirect: options.autoredirect.then_some(Redirect {
                    path,
                    scheme: Scheme::Https,
                }),
            },
            rules: Rules {
                issuer: options.issuer,
                service: options.service,
                algorithms: algorithm::parse(&options.algorithms)?,
            },
            source: source()?,
            remembered: Remembered::new(),
        })
    }

    /// What the token claims, or why that is not to be believed.
    async fn claims(&self, token: &Secret) -> Result<Arc<Claims>, &'static str> {
        let name = self.remembered.name(token.reveal());
        let mut anchors = self.source.anchors().await;
        let now = SystemTime::now();
        if let Some(claims) = self.remembered.get(name, anchors.generation(), now) {
            return Ok(claims);
        }
        // A signature takes some tens of microseconds, far less than to ask another thread.
        let mut verified = self.rules.verify(token.reveal(), &anchors);
        if let Err(UNKNOWN) = verified
            && let Some(newer) = self.newer(&anchors).await
        {
            anchors = newer;
            verified = self.rules.verify(token.reveal(), &anchors);
        }
        let claims = Arc::new(verified?);
        self.remembered.keep(name, anchors.generation(), &claims);
        Ok(claims)
    }

    /// What is trusted by now, if that may make a difference.
    async fn newer(&self, anchors: &Anchors) -> Option<Anchors> {
        let Source::Remote(remote, _) = &self.source else {
            return None;
        };
        let is_newer = remote.ask_again(anchors.first.generation).await;
        if is_newer {
            Some(self.source.anchors().await)
        } else {
            None
        }
    }

    /// True while there are no keys that a token could be right by.
    fn is_without_keys(&self) -> bool {
        match &self.source {
            Source::Remote(remote, _) => !remote.is_known(),
            Source::Files(_) | Source::Own(_) => false,
        }
    }
}

#[async_trait]
impl Authorizer for Token {
    async fn authorize(&self, request: &Request<'_>) -> Result<Identity, Refusal> {
        let refuse = |problem, why| Err(self.challenge.refuse(request, problem, why));
        let token = match request.credentials {
            Credentials::Bearer(token) => token,
            Credentials::None | Credentials::Basic(_) | Credentials::Other => {
                return refuse(Problem::Missing, "no token");
            }
        };
        let claims = match self.claims(token).await {
            Ok(claims) => claims,
            Err(UNKNOWN) if self.is_without_keys() => return Err(Refusal::Unavailable),
            Err(why) => return refuse(Problem::Invalid, why),
        };
        if !claims.allow(request.needs) {
            let why = "a token for something else";
            let mut refusal = self.challenge.refuse(request, Problem::Insufficient, why);
            if let Refusal::Challenge { account, .. } = &mut refusal {
                *account = Some(claims.account()).filter(|account| !account.is_empty());
            }
            return Err(refusal);
        }
        Ok(Identity {
            pulls: claims.pulls(request.needs),
            account: claims.account(),
            because: request.is_explained.then(|| claims.because()),
        })
    }
}

/// As distribution has it.
const REDIRECT: &str = "/auth/token";
