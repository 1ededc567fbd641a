//! What is shown to a server: nothing, a password, or a token that another server gave for
//! it. distribution: spec/auth/token.md, spec/auth/oauth.md
//!
//! Tokens are kept by the server that gave them, the name that the registry has there, and
//! what they allow. Requests that need the same one wait for one request for it.

mod access;
mod challenge;
mod grant;
mod realm;
mod slots;
mod token;

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

pub(crate) use self::access::Access;
use self::challenge::Bearer;
pub(crate) use self::challenge::Challenge;
use self::grant::Grant;
use self::slots::{Key, Slots};
use crate::endpoint::Endpoint;
use crate::error::ClientError;
use crate::observer::Authorization;
use crate::{Credential, Secret};

/// Who asks at one server, and what was learnt about how it wants to be asked.
#[derive(Debug)]
pub(crate) struct Authenticator {
    credential: Option<Credential>,
    /// A refresh token that took the place of the credential's, for as long as this lives.
    refreshed: Mutex<Option<Secret>>,
    /// What the server wanted last: the next request brings it along.
    learnt: Mutex<Option<Learnt>>,
    slots: Slots,
}

/// What a request shows.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) header: HeaderValue,
    /// What of it others may know.
    pub(crate) kind: Authorization,
    /// Which token it is, if it is one of a token server.
    token: Option<ShownToken>,
}

#[derive(Debug)]
struct ShownToken {
    key: Key,
    /// Counts the tokens that were kept under that key.
    generation: u64,
    /// Whether it was made for this very request.
    is_new: bool,
}

#[derive(Clone, Debug)]
enum Learnt {
    Basic,
    Bearer {
        realm: String,
        service: Option<String>,
    },
}

// === impl Authenticator ===

impl Authenticator {
    pub(crate) fn new(credential: Option<Credential>) -> Self {
        Self {
            credential,
            refreshed: Mutex::default(),
            learnt: Mutex::default(),
            slots: Slots::default(),
        }
    }

    pub(crate) const fn has_credential(&self) -> bool {
        self.credential.is_some()
    }

    /// What to show before anything is asked for: what the server wanted the last time.
    pub(crate) async fn known(
        &self,
        endpoint: &Endpoint,
        access: &Access,
    ) -> Result<Option<Shown>, ClientError> {
        if let Some(Credential::RegistryToken(token)) = &self.credential {
            let (header, kind) = (bearer(token.expose()), Authorization::RegistryToken);
            return Ok(Some(Shown::fixed(header, kind)));
        }
        match self.learnt() {
            None => Ok(None),
            Some(Learnt::Basic) => Ok(self.basic()),
            Some(Learnt::Bearer { realm, service }) => {
                let key = Key {
                    realm,
                    service,
                    access: access.clone(),
                };
                self.token(endpoint, key, None).await.map(Some)
            }
        }
    }

    /// What to show to a server that answered with a challenge; `None` if there is nothing
    /// better than what was shown.
    pub(crate) async fn answer(
        &self,
        endpoint: &Endpoint,
        challenge: Challenge,
        access: &Access,
        shown: Option<&Shown>,
    ) -> Result<Option<Shown>, ClientError> {
        let token = shown.map(|shown| shown.token.as_ref());
        match (challenge, token) {
            // What does not change was not good enough.
            (Challenge::Basic | Challenge::Bearer(_), Some(None)) => Ok(None),
            (Challenge::Basic, _) => {
                self.learn(Learnt::Basic);
                Ok(self.basic())
            }
            (Challenge::Bearer(challenge), token) => {
                self.answer_bearer(endpoint, challenge, access, token.flatten())
                    .await
            }
        }
    }

    /// What may be kept in the place of the password, if the server wanted a token when it
    /// was asked last, and the token server gives such a thing.
    pub(crate) async fn identity(
        &self,
        endpoint: &Endpoint,
    ) -> Result<Option<Credential>, ClientError> {
        let (Some(Learnt::Bearer { realm, service }), Some(Credential::Password { username, .. })) =
            (self.learnt(), &self.credential)
        else {
            return Ok(None);
        };
        let access = Access::default();
        let key = Key {
            realm,
            service,
            access,
        };
        let token = Grant::new(endpoint, self, &key)?.refresh_token().await?;
        let username = Some(username.clone());
        Ok(token.map(|token| Credential::IdentityToken { username, token }))
    }

    async fn answer_bearer(
        &self,
        endpoint: &Endpoint,
        challenge: Bearer,
        access: &Access,
        shown: Option<&ShownToken>,
    ) -> Result<Option<Shown>, ClientError> {
        let Bearer {
            realm,
            service,
            scopes,
        } = challenge;
        self.learn(Learnt::Bearer {
            realm: realm.clone(),
            service: service.clone(),
        });
        let wanted = Key {
            realm,
            service,
            access: access.clone(),
        };
        let key = Key {
            access: access.and(&scopes),
            ..wanted.clone()
        };
        let same = shown.filter(|shown| shown.key == key);
        if same.is_some_and(|shown| shown.is_new) {
            return Ok(None);
        }
        // The next request with the same needs finds this token, too.
        self.slots.alias(wanted, &key);
        let refused = same.map(|shown| shown.generation);
        self.token(endpoint, key, refused).await.map(Some)
    }

    /// A token, from memory unless it is the refused one or has ended.
    async fn token(
        &self,
        endpoint: &Endpoint,
        key: Key,
        refused: Option<u64>,
    ) -> Result<Shown, ClientError> {
        let slot = self.slots.slot(&key);
        // Held while the token is fetched: whoever needs the same one waits for it.
        let mut slot = slot.lock().await;
        let good = slot.good().filter(|it| Some(it.generation) != refused);
        let (header, generation, is_new) = match good {
            Some(kept) => (kept.header.clone(), kept.generation, false),
            None => {
                let key = slot.key.clone().unwrap_or_else(|| key.clone());
                let granted = Grant::new(endpoint, self, &key)?.token().await?;
                let header = bearer(granted.token.expose());
                let generation = slot.keep(header.clone(), granted.lifetime);
                (header, generation, true)
            }
        };
        let key = slot.key.clone().unwrap_or(key);
        let scopes = key.access.scopes().map(str::to_owned).collect();
        Ok(Shown {
            header,
            kind: Authorization::Bearer(scopes),
            token: Some(ShownToken {
                key,
                generation,
                is_new,
            }),
        })
    }

    fn learnt(&self) -> Option<Learnt> {
        let learnt = self.learnt.lock();
        learnt.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn learn(&self, learnt: Learnt) {
        let mut known = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(learnt);
    }

    /// Name and password, if there are any.
    fn basic(&self) -> Option<Shown> {
        match &self.credential {
            Some(Credential::Password { username, password }) => {
                Some(Shown::basic(username, password.expose()))
            }
            Some(Credential::IdentityToken { .. } | Credential::RegistryToken(_)) | None => None,
        }
    }

    /// The refresh token to use now: registries may give out another one each time.
    fn refresh_token(&self) -> Option<Secret> {
        let newer = self
            .refreshed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match (&*newer, &self.credential) {
            (Some(newer), _) => Some(newer.clone()),
            (None, Some(Credential::IdentityToken { token, .. })) => Some(token.clone()),
            (None, _) => None,
        }
    }

    fn refreshed(&self, token: Secret) {
        let mut newer = self
            .refreshed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *newer = Some(token);
    }
}

// === impl Shown ===

impl Shown {
    const fn fixed(header: HeaderValue, kind: Authorization) -> Self {
        Self {
            header,
            kind,
            token: None,
        }
    }

    /// Name and password (RFC 7617).
    fn basic(username: &str, password: &str) -> Self {
        let pair = Zeroizing::new(format!("{username}:{password}"));
        let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
        let header = sensitive(&Zeroizing::new(format!("Basic {}", *encoded)));
        Self::fixed(header, Authorization::Basic(username.to_owned()))
    }
}

// === private ===

fn bearer(token: &str) -> HeaderValue {
    sensitive(&Zeroizing::new(format!("Bearer {token}")))
}

/// A header that no log shows. What cannot stand in one becomes an empty one, which no server
/// takes for anything.
fn sensitive(text: &str) -> HeaderValue {
    let value = HeaderValue::from_str(text);
    let mut value = value.unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
