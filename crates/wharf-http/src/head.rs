//! The head of a request, as parsed once.

use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, StatusCode, Uri, Version};
use wharf_spec::{Accept, Query};

use crate::error::Failure;

/// Target and headers.
pub(crate) struct Head {
    pub(crate) path: String,
    pub(crate) query: Query,
    /// The query as it came, for those who are sent elsewhere.
    pub(crate) raw_query: Option<String>,
    /// The host that the client means.
    pub(crate) host: Option<String>,
    headers: HeaderMap,
}

// === impl Head ===

impl Head {
    pub(crate) fn new(uri: &Uri, headers: HeaderMap) -> Self {
        // Scripts written for distribution, whose `Location` has a query, go on with `&`.
        // The paths of the API have no such character.
        let (path, raw_query) = match uri.path().split_once('&') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (uri.path(), uri.query().map(str::to_owned)),
        };
        let host = match uri.authority() {
            Some(authority) => Some(authority.to_string()),
            None => text(&headers, &HOST).map(str::to_owned),
        };
        Self {
            path: path.to_owned(),
            query: Query::parse(raw_query.as_deref()),
            raw_query,
            host: host.filter(|host| !host.is_empty()),
            headers,
        }
    }

    /// Refuses what HTTP does not allow and hyper lets pass: a request that does not name
    /// exactly one host (RFC 9112, section 3.2), and a body in a coding that is not ours
    /// (section 6.1).
    pub(crate) fn check(&self, version: Version) -> Result<(), Failure> {
        let hosts = self.headers.get_all(HOST).iter().count();
        let well_formed = self
            .host
            .as_ref()
            .is_none_or(|host| host.parse::<Authority>().is_ok() && !host.contains('@'));
        if (version == Version::HTTP_11 && hosts != 1) || hosts > 1 || !well_formed {
            return Err(Failure::bad_request(
                StatusCode::BAD_REQUEST,
                "a request names one host, as HOST or HOST:PORT",
            ));
        }
        let chunked = self
            .all(&TRANSFER_ENCODING)
            .all(|coding| coding.trim().eq_ignore_ascii_case("chunked"));
        if !chunked {
            return Err(Failure::bad_request(
                StatusCode::NOT_IMPLEMENTED,
                "a body may be chunked, but in no other transfer coding",
            ));
        }
        Ok(())
    }

    /// The header's text, if it is there and is text; of several, the first.
    pub(crate) fn text(&self, name: &HeaderName) -> Option<&str> {
        text(&self.headers, name)
    }

    /// Every value of the header that is text.
    pub(crate) fn all(&self, name: &HeaderName) -> impl Iterator<Item = &str> {
        self.headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
    }

    /// Every header.
    pub(crate) const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// How long the client says the body is.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.text(&CONTENT_LENGTH)
            .and_then(|text| text.parse().ok())
    }

    /// What the client says the body is.
    pub(crate) fn content_type(&self) -> Option<&str> {
        self.text(&CONTENT_TYPE)
    }

    /// Which manifests the client takes.
    pub(crate) fn accept(&self) -> Accept {
        Accept::parse(self.all(&ACCEPT))
    }

    /// True when the client waits for a sign before it sends the body.
    pub(crate) fn expects_continue(&self) -> bool {
        self.headers.contains_key(EXPECT)
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
