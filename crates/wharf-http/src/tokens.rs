//! The pages of the authorization server: `auth/token` and `auth/keys`, below the prefix.
// distribution: docs/content/spec/auth/token.md, oauth.md

mod form;
mod refusal;
mod site;

use std::net::IpAddr;
use std::sync::Arc;

use http::StatusCode;
use http::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde_json::json;
use wharf_auth::{AuthorizationServer, Basic, Credentials, Issued, Shown, TokenRequest};
use wharf_spec::Prefix;

use self::form::{Form, Grant};
use self::refusal::{Mistake, Refused};
use crate::head::Head;
use crate::reply::Reply;
use crate::request::RequestBody;

pub use self::site::TokenSite;

/// Where clients get tokens, and registries the keys to verify them.
#[derive(Clone)]
pub struct TokenPages {
    server: Arc<AuthorizationServer>,
    /// What clients are told to log in to.
    realm: Arc<str>,
    token: Arc<str>,
    keys: Arc<str>,
}

/// One of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Page {
    Token,
    Keys,
}

// === impl TokenPages ===

impl TokenPages {
    /// The path of the page that tokens come from, below a prefix.
    pub const TOKEN: &str = "/auth/token";
    const KEYS: &str = "/auth/keys";

    /// Below `prefix`. `realm` is what clients are told to log in to.
    #[must_use]
    pub fn new(server: Arc<AuthorizationServer>, realm: &str, prefix: &Prefix) -> Self {
        Self {
            server,
            realm: realm.into(),
            token: prefix.with(Self::TOKEN).into(),
            keys: prefix.with(Self::KEYS).into(),
        }
    }

    /// The page at a path.
    pub(crate) fn find(&self, path: &str) -> Option<Page> {
        if path == &*self.token {
            Some(Page::Token)
        } else if path == &*self.keys {
            Some(Page::Keys)
        } else {
            None
        }
    }

    /// Answers a request for it from `address`.
    pub(crate) async fn reply(
        &self,
        page: Page,
        method: &str,
        head: &Head,
        body: &mut RequestBody,
        address: Option<IpAddr>,
    ) -> Reply {
        match (page, method) {
            (Page::Keys, "GET" | "HEAD") => self.keys().await,
            (Page::Token, "GET" | "HEAD") => {
                let may_keep = method == "GET";
                let asked = self.ask(head, address, may_keep).await;
                asked.unwrap_or_else(|refused| refused.into_reply(&self.realm))
            }
            (Page::Token, "POST") => {
                let asked = self.post(head, body, address).await;
                asked.unwrap_or_else(|refused| refused.into_reply(&self.realm))
            }
            (page, "OPTIONS") => Reply::new(StatusCode::OK).header(ALLOW, page.methods()),
            (page, _) => {
                let reply = Refused::from(Mistake::Method).into_reply(&self.realm);
                reply.header(ALLOW, page.methods())
            }
        }
    }

    async fn keys(&self) -> Reply {
        let keys = self.server.jwks().await;
        // Less than the time that a new key is published before it signs.
        Reply::new(StatusCode::OK)
            .fixed(CACHE_CONTROL, "public, max-age=60")
            .fixed(CONTENT_TYPE, "application/jwk-set+json")
            .bytes(keys.to_string())
    }

    /// `GET`: what is asked for is in the query, who asks in `Authorization`.
    async fn ask(
        &self,
        head: &Head,
        address: Option<IpAddr>,
        may_keep: bool,
    ) -> Result<Reply, Refused> {
        let basic = match credentials(head.headers())? {
            Credentials::None => None,
            Credentials::Basic(basic) => Some(basic),
            Credentials::Bearer(_) | Credentials::Other => return Err(Mistake::Credentials.into()),
        };
        // Docker names the account besides; nobody becomes somebody by it.
        let account = head.query.first("account").filter(|it| !it.is_empty());
        if let (Some(account), Some(basic)) = (account, &basic)
            && account != basic.user
        {
            return Err(Mistake::Account.into());
        }
        let service = head.query.first("service").filter(|it| !it.is_empty());
        let request = TokenRequest {
            shown: basic.as_ref().map_or(Shown::Nothing, Shown::Password),
            service,
            scopes: head.query.all("scope").collect(),
            client: head.query.first("client_id").unwrap_or_default(),
            is_offline: may_keep && head.query.first("offline_token") == Some("true"),
            address,
        };
        Ok(told(&self.server.issue(&request).await?))
    }

    /// `POST`: everything is in a form (RFC 6749, sections 4.3 and 6).
    async fn post(
        &self,
        head: &Head,
        body: &mut RequestBody,
        address: Option<IpAddr>,
    ) -> Result<Reply, Refused> {
        if !matches!(credentials(head.headers())?, Credentials::None) {
            return Err(Mistake::Twice.into());
        }
        let form = Form::read(head, body).await?;
        let basic: Basic;
        let shown = match &form.grant {
            Grant::Password { user, password } => {
                basic = Basic {
                    user: user.clone(),
                    password: password.clone(),
                };
                Shown::Password(&basic)
            }
            Grant::Refresh(token) => Shown::Refresh(token),
        };
        let request = TokenRequest {
            shown,
            service: form.service.as_deref(),
            scopes: form.scopes.iter().map(String::as_str).collect(),
            client: &form.client,
            is_offline: form.is_offline,
            address,
        };
        Ok(told(&self.server.issue(&request).await?))
    }
}

// === impl Page ===

impl Page {
    const fn methods(self) -> &'static str {
        match self {
            Self::Token => "GET, HEAD, POST",
            Self::Keys => "GET, HEAD",
        }
    }
}

fn credentials(headers: &HeaderMap) -> Result<Credentials, Refused> {
    let values = headers.get_all(AUTHORIZATION);
    let credentials = Credentials::parse(values.iter().map(HeaderValue::as_bytes));
    credentials.map_err(|error| Mistake::Header(error.to_string()).into())
}

/// By both names that clients look for (RFC 6749, section 5.1).
fn told(issued: &Issued) -> Reply {
    let moment = Timestamp::try_from(issued.issued_at).unwrap_or_default();
    let mut body = json!({
        "token": issued.token.reveal(),
        "access_token": issued.token.reveal(),
        "token_type": "Bearer",
        "scope": issued.scope,
        "expires_in": issued.expires_in.as_secs(),
        "issued_at": moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    if let (Some(refresh), Some(body)) = (&issued.refresh, body.as_object_mut()) {
        body.insert("refresh_token".to_owned(), refresh.reveal().into());
    }
    Reply::new(StatusCode::OK)
        .fixed(CACHE_CONTROL, "no-store")
        .fixed(PRAGMA, "no-cache")
        .json(&body)
}
