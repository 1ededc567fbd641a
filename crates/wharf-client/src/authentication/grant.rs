//! Asking a token server. distribution: spec/auth/token.md, spec/auth/oauth.md

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode, Url};
use zeroize::Zeroizing;

use super::slots::Key;
use super::token::Granted;
use super::{Access, Authenticator, Shown, realm};
use crate::endpoint::{Answer, Content, Endpoint, Form, Request};
use crate::error::ClientError;
use crate::observer::{self, Authorization};
use crate::{Credential, Secret};

/// A question to a token server.
pub(super) struct Grant<'a> {
    endpoint: &'a Endpoint,
    authenticator: &'a Authenticator,
    key: &'a Key,
    realm: Url,
}

/// What a token is wanted for.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Purpose {
    /// For requests.
    Access,
    /// To get more tokens later, without the password.
    Login,
}

// === impl Grant ===

impl<'a> Grant<'a> {
    pub(super) fn new(
        endpoint: &'a Endpoint,
        authenticator: &'a Authenticator,
        key: &'a Key,
    ) -> Result<Self, ClientError> {
        let is_secret = authenticator.has_credential();
        Ok(Self {
            endpoint,
            authenticator,
            key,
            realm: realm::parse(&key.realm, &key.what(), endpoint, is_secret)?,
        })
    }

    /// A token.
    pub(super) async fn token(&self) -> Result<Granted, ClientError> {
        let Some(refresh) = self.authenticator.refresh_token() else {
            return Ok(self.by_password(Purpose::Access).await?.0);
        };
        let form = self.form("refresh_token");
        let form = form.with_secret("refresh_token", &refresh);
        let answer = self.post(form).await?;
        let (granted, newer) = if is_unknown(&answer) {
            // A server of the older kind takes it for a password.
            let username = self.username().unwrap_or(NAMELESS);
            let mut shown = Shown::basic(username, refresh.expose());
            shown.kind = Authorization::IdentityToken(username.to_owned());
            read(self.get(Some(&shown), Purpose::Access).await?).await?
        } else {
            read(answer).await?
        };
        if let Some(newer) = newer {
            self.authenticator.refreshed(newer);
        }
        Ok(granted)
    }

    /// A refresh token for name and password, if the server gives such a thing.
    pub(super) async fn refresh_token(&self) -> Result<Option<Secret>, ClientError> {
        Ok(self.by_password(Purpose::Login).await?.1)
    }

    /// A token for name and password, or for nobody: asked for as all servers know it, and of
    /// those that know OAuth2 alone by a form. containerd does it the other way round, and so
    /// shows the password twice to most servers: remotes/docker/authorizer.go, `doBearerAuth`
    async fn by_password(
        &self,
        purpose: Purpose,
    ) -> Result<(Granted, Option<Secret>), ClientError> {
        let shown = self.authenticator.basic();
        let answer = self.get(shown.as_ref(), purpose).await?;
        match &self.authenticator.credential {
            Some(Credential::Password { username, password }) if is_unknown(&answer) => {
                let form = self.form("password");
                let form = form.with("username", username);
                let form = form.with_secret("password", password);
                let form = match purpose {
                    Purpose::Access => form,
                    Purpose::Login => form.with("access_type", "offline"),
                };
                read(self.post(form).await?).await
            }
            Some(_) | None => read(answer).await,
        }
    }

    /// distribution: spec/auth/token.md, "Requesting a Token"
    async fn get(&self, shown: Option<&Shown>, purpose: Purpose) -> Result<Answer, ClientError> {
        let mut url = self.realm.clone();
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("client_id", CLIENT);
            if let Some(service) = &self.key.service {
                query.append_pair("service", service);
            }
            if let Some(username) = self.username().filter(|_| shown.is_some()) {
                query.append_pair("account", username);
            }
            if purpose == Purpose::Login {
                query.append_pair("offline_token", "true");
            }
            for scope in self.key.access.scopes() {
                query.append_pair("scope", scope);
            }
        }
        let request = self.request(Method::GET, url);
        self.endpoint.send_with(&request, shown).await
    }

    /// distribution: spec/auth/oauth.md, "Getting a token"
    async fn post(&self, form: Form) -> Result<Answer, ClientError> {
        let request = self
            .request(Method::POST, self.realm.clone())
            .with_header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .with_secret(Content::Form(form));
        self.endpoint.send_with(&request, None).await
    }

    /// What every form says.
    fn form(&self, grant: &'static str) -> Form {
        let mut form = Form::default()
            .with("grant_type", grant)
            .with("client_id", CLIENT);
        if let Some(service) = &self.key.service {
            form = form.with("service", service);
        }
        // One parameter with all of them, unlike the query of a GET.
        let scopes: Vec<_> = self.key.access.scopes().collect();
        if !scopes.is_empty() {
            form = form.with("scope", scopes.join(" "));
        }
        form
    }

    fn request(&self, method: Method, url: Url) -> Request {
        let scopes = self.key.access.scopes().map(str::to_owned).collect();
        let purpose = observer::Purpose::Token(scopes);
        Request::new(purpose, method, url, Access::default(), self.key.what())
    }

    fn username(&self) -> Option<&str> {
        let credential = self.authenticator.credential.as_ref();
        credential.and_then(Credential::username)
    }
}

// === private ===

/// Whether the server does not know that way to ask (distribution: spec/auth/oauth.md, "Note").
fn is_unknown(answer: &Answer) -> bool {
    matches!(
        answer.status(),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED
    )
}

async fn read(mut answer: Answer) -> Result<(Granted, Option<Secret>), ClientError> {
    if !answer.status().is_success() {
        return Err(answer.refused().await);
    }
    let body = Zeroizing::new(answer.body(LARGEST).await?.to_vec());
    let granted = Granted::read(&body, jiff::Timestamp::now());
    granted.ok_or_else(|| answer.unusable("it has no token in it"))
}

/// What this client is called by token servers that keep books.
const CLIENT: &str = "wharf";
/// The name of accounts where a token stands for the password; Docker's helpers use it, too.
const NAMELESS: &str = "<token>";
/// Bytes of an answer.
const LARGEST: u64 = 1 << 20;
