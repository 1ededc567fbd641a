//! What is sent.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};

use super::content::Content;
use crate::authentication::Access;
use crate::observer::Purpose;
use crate::settings::Patience;

/// A request that can be sent more than once.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) purpose: Purpose,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
    /// What the client must be allowed to do.
    pub(crate) access: Access,
    /// What it is about, for errors.
    pub(crate) what: String,
    pub(crate) repeat: Repeat,
    /// Nobody but the server that it was meant for may see the content.
    pub(crate) is_secret: bool,
}

/// Whether a request may be sent again when nobody knows what became of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Repeat {
    /// It does the same again.
    Harmless,
    /// It may have been done, and would be done twice.
    Never,
}

// === impl Request ===

impl Request {
    pub(crate) fn new(
        purpose: Purpose,
        method: Method,
        url: Url,
        access: Access,
        what: impl Into<String>,
    ) -> Self {
        Self {
            purpose,
            method,
            url,
            headers: HeaderMap::new(),
            content: Content::Empty,
            access,
            what: what.into(),
            repeat: Repeat::Harmless,
            is_secret: false,
        }
    }

    /// The same with a header more. What cannot stand in a header is left out, which no
    /// caller here gives.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(name, value);
        }
        self
    }

    pub(crate) fn with_content(mut self, content: Content) -> Self {
        self.content = content;
        self
    }

    pub(crate) fn with_secret(mut self, content: Content) -> Self {
        self.is_secret = true;
        self.with_content(content)
    }

    pub(crate) const fn once(mut self) -> Self {
        self.repeat = Repeat::Never;
        self
    }

    /// Whether it could carry something and does not.
    pub(super) fn is_bare(&self) -> bool {
        let carries = matches!(self.method, Method::POST | Method::PUT | Method::PATCH);
        carries && matches!(self.content, Content::Empty)
    }

    /// How long the head of the answer may take after all was sent. At the end of an upload
    /// registries read all of it again, or move it.
    pub(super) fn patience(&self, patience: &Patience) -> Duration {
        if self.method == Method::PUT {
            patience.stall.saturating_mul(5)
        } else {
            patience.stall
        }
    }
}
