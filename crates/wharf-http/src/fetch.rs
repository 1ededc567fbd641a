//! Small documents from a URL, such as a JWK set (`auth.token.jwks`).

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, Url, redirect};
use wharf_auth::Fetch;

use crate::checks::{causes, trusting};

/// A document somewhere on the web that is small enough to be held in memory.
#[derive(Debug)]
pub struct Document {
    client: Client,
    url: Url,
    largest: usize,
}

/// Where a JWK set is.
#[derive(Debug)]
pub struct JwksUrl(Document);

/// It cannot be fetched from there.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It is not somewhere on the web.
    #[error("{0:?} is no URL that begins with https:// or http://")]
    Url(String),
    /// It has a password in it.
    #[error("what is there is public: leave name and password out of the URL")]
    Password,
    /// No connections can be made.
    #[error("cannot prepare requests")]
    Client(#[source] reqwest::Error),
}

// === impl Document ===

impl Document {
    /// There, of at most so many bytes. Where it sends elsewhere is not followed: who is
    /// believed is for the operator to say.
    ///
    /// # Errors
    /// When it is no such URL.
    pub fn new(url: &str, largest: usize) -> Result<Self, DocumentError> {
        let parsed = Url::parse(url).ok();
        let parsed = parsed.filter(|url| matches!(url.scheme(), "http" | "https"));
        let parsed = parsed.ok_or_else(|| DocumentError::Url(url.to_owned()))?;
        if parsed.password().is_some() || !parsed.username().is_empty() {
            return Err(DocumentError::Password);
        }
        let builder = || {
            Client::builder()
                .redirect(redirect::Policy::none())
                .timeout(LONGEST)
                .user_agent(concat!("wharf/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self {
            client: trusting(builder).map_err(DocumentError::Client)?,
            url: parsed,
            largest,
        })
    }

    /// Its bytes, asked for now.
    ///
    /// # Errors
    /// Why they cannot be had, with the URL.
    pub async fn fetch(&self) -> Result<Vec<u8>, String> {
        let bytes = self.bytes().await;
        bytes.map_err(|why| format!("{}: {why}", self.url))
    }

    async fn bytes(&self) -> Result<Vec<u8>, String> {
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
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if bytes.len() + chunk.len() > self.largest {
                return Err(format!("the answer has more than {} bytes", self.largest));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

// === impl JwksUrl ===

impl JwksUrl {
    /// There.
    ///
    /// # Errors
    /// When it is no URL of a document.
    pub fn new(url: &str) -> Result<Self, DocumentError> {
        Document::new(url, LARGEST).map(Self)
    }

    /// Whether somebody on the way could put other keys in their place.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0.url.scheme() == "http"
    }
}

#[async_trait]
impl Fetch for JwksUrl {
    async fn fetch(&self) -> Result<Vec<u8>, String> {
        self.0.fetch().await
    }
}

/// For all of it.
const LONGEST: Duration = Duration::from_secs(10);
/// Bytes of a set.
const LARGEST: usize = 1 << 20;
