//! An exchange as it is told.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Response, Url};

use super::request::Request;
use crate::authentication::Shown;
use crate::error::ClientError;
use crate::observer::{AnswerHead, Authorization, Exchange};

/// How a request was sent.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    /// Host and port of the registry that this is for.
    pub(super) registry: &'a str,
    pub(super) url: &'a Url,
    pub(super) shown: Option<&'a Shown>,
    /// Answers that sent it on before.
    pub(super) redirects: usize,
}

// === impl Attempt ===

impl Attempt<'_> {
    pub(super) fn exchange(
        self,
        request: &Request,
        headers: &HeaderMap,
        outcome: &Result<Response, ClientError>,
        took: Duration,
    ) -> Exchange {
        let outcome = outcome.as_ref().map(|response| AnswerHead {
            status: response.status().as_u16(),
            headers: pairs(response.headers(), |name| TOLD.contains(&name.as_str())),
        });
        let shown = self.shown.map(|shown| shown.kind.clone());
        Exchange {
            purpose: request.purpose.clone(),
            registry: self.registry.to_owned(),
            redirects: self.redirects,
            method: request.method.to_string(),
            url: self.url.to_string(),
            headers: pairs(headers, |_| true),
            authorization: shown.unwrap_or(Authorization::Nothing),
            content: request.content.told(),
            outcome: outcome.map_err(ToString::to_string),
            took,
        }
    }
}

// === private ===

fn pairs(headers: &HeaderMap, is_told: impl Fn(&HeaderName) -> bool) -> Vec<(String, String)> {
    let told = headers.iter().filter(|(name, _)| is_told(name));
    told.map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.to_string(), value)
    })
    .collect()
}

/// What registries and their clients act on.
const TOLD: [&str; 16] = [
    "accept-ranges",
    "content-length",
    "content-range",
    "content-type",
    "docker-content-digest",
    "docker-distribution-api-version",
    "docker-upload-uuid",
    "link",
    "location",
    "oci-filters-applied",
    "oci-subject",
    "range",
    "ratelimit-limit",
    "ratelimit-remaining",
    "retry-after",
    "www-authenticate",
];
