//! A JWK set from a URL (`auth.token.jwks`).

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, Url, redirect};
use wharf_auth::Fetch;

use crate::checks::{causes, trusting};

/// Where a JWK set is.
#[derive(Debug)]
pub struct JwksUrl {
    client: Client,
    url: Url,
}

/// It cannot be fetched from there.
#[derive(Debug, thiserror::Error)]
pub enum JwksUrlError {
    /// It is not somewhere on the web.
    #[error("{0:?} is no URL that begins with https:// or http://")]
    Url(String),
    /// It has a password in it.
    #[error("keys are public: leave name and password out of the URL")]
    Password,
    /// No connections can be made.
    #[error("cannot prepare requests")]
    Client(#[source] reqwest::Error),
}

// === impl JwksUrl ===

impl JwksUrl {
    /// There. Where it sends elsewhere is not followed: whose keys are trusted is for the
    /// operator to say.
    ///
    /// # Errors
    /// When it is no such URL.
    pub fn new(url: &str) -> Result<Self, JwksUrlError> {
        let parsed = Url::parse(url).ok();
        let parsed = parsed.filter(|url| matches!(url.scheme(), "http" | "https"));
        let parsed = parsed.ok_or_else(|| JwksUrlError::Url(url.to_owned()))?;
        if parsed.password().is_some() || !parsed.username().is_empty() {
            return Err(JwksUrlError::Password);
        }
        let builder = || {
            Client::builder()
                .redirect(redirect::Policy::none())
                .timeout(LONGEST)
                .user_agent(concat!("wharf/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self {
            client: trusting(builder).map_err(JwksUrlError::Client)?,
            url: parsed,
        })
    }

    /// Whether somebody on the way could put other keys in their place.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    async fn text(&self) -> Result<Vec<u8>, String> {
        let failed = |error: reqwest::Error| causes(&error.without_url());
        let mut response = self
            .client
            .get(self.url.clone())
            .send()
            .await
            .map_err(failed)?;
        let status = response.status();
        if status.is_redirection() {
            return Err(format!(
                "it sends elsewhere ({status}), which is not followed: name the place itself"
            ));
        }
        if !status.is_success() {
            return Err(format!("the answer was {status}"));
        }
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if text.len() + chunk.len() > LARGEST {
                return Err(format!("the answer has more than {LARGEST} bytes"));
            }
            text.extend_from_slice(&chunk);
        }
        Ok(text)
    }
}

#[async_trait]
impl Fetch for JwksUrl {
    async fn fetch(&self) -> Result<Vec<u8>, String> {
        let text = self.text().await;
        text.map_err(|why| format!("{}: {why}", self.url))
    }
}

/// For all of it.
const LONGEST: Duration = Duration::from_secs(10);
/// Bytes of a set.
const LARGEST: usize = 1 << 20;
