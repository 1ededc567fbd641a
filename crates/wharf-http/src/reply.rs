//! An answer before it is sent.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use wharf_spec::ErrorEntry;
use wharf_store::Payload;

use crate::body::ResponseBody;
use crate::response_headers::ResponseHeaders;

/// Status, headers and bytes of an answer.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    content: Content,
    problems: Option<Problems>,
}

/// What is wrong, for the log. It travels in the extensions of the answer.
#[derive(Clone, Debug)]
pub(crate) struct Problems {
    pub(crate) first: Vec<ErrorEntry>,
    /// How many there are besides.
    pub(crate) more: usize,
}

/// What follows the head.
#[derive(Debug)]
enum Content {
    /// These payloads, one after the other.
    Payloads(Vec<Payload>),
    /// Nothing, though `Content-Length` tells how much a GET would bring.
    HeadOnly(u64),
    /// Nothing, and the status leaves no room for a length.
    Nothing,
}

// === impl Reply ===

impl Reply {
    /// An answer without a body.
    pub(crate) fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::with_capacity(HEADERS),
            content: Content::Payloads(Vec::new()),
            problems: None,
        }
    }

    /// 204 and 304 have no `Content-Length` (RFC 9110, section 8.6).
    pub(crate) fn without_content(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::with_capacity(HEADERS),
            content: Content::Nothing,
            problems: None,
        }
    }

    /// Adds a header. A value that cannot stand in a header is left out.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand over what they just made"
    )]
    pub(crate) fn header(mut self, name: HeaderName, value: impl ToString) -> Self {
        if let Ok(value) = HeaderValue::try_from(value.to_string()) {
            self.headers.append(name, value);
        }
        self
    }

    /// How the request ended.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// The values of a header, as far as they are text.
    pub(crate) fn values(&self, name: &HeaderName) -> impl Iterator<Item = &str> {
        let values = self.headers.get_all(name).iter();
        values.filter_map(|value| value.to_str().ok())
    }

    /// Adds a header that always says the same.
    pub(crate) fn fixed(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.append(name, HeaderValue::from_static(value));
        self
    }

    /// Adds a header if there is something to say.
    pub(crate) fn header_if(self, name: HeaderName, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// Adds what the operator wants, where nothing is said yet.
    pub(crate) fn more_headers(mut self, more: &ResponseHeaders) -> Self {
        more.add_to(&mut self.headers);
        self
    }

    /// Sets the body.
    pub(crate) fn payloads(mut self, payloads: Vec<Payload>) -> Self {
        self.content = Content::Payloads(payloads);
        self
    }

    /// Sets a body that is in memory.
    pub(crate) fn bytes(self, bytes: impl Into<Bytes>) -> Self {
        self.payloads(vec![Payload::Bytes(bytes.into())])
    }

    /// Sets a JSON body, with a line end as distribution has it.
    pub(crate) fn json(self, value: &impl serde::Serialize) -> Self {
        #[expect(
            clippy::expect_used,
            reason = "answers are made of strings and numbers"
        )]
        let mut body = serde_json::to_vec(value).expect("answers serialise");
        body.push(b'\n');
        self.fixed(CONTENT_TYPE, "application/json").bytes(body)
    }

    /// Sets what to log of an answer that is an error.
    pub(crate) fn problems(mut self, problems: Problems) -> Self {
        self.problems = Some(problems);
        self
    }

    /// Nothing to log: the client asked for what it could have known that there is not.
    pub(crate) fn unremarkable(mut self) -> Self {
        self.problems = None;
        self
    }

    /// The answer to a HEAD whose GET would bring `length` bytes.
    pub(crate) fn head_only(mut self, length: u64) -> Self {
        self.content = Content::HeadOnly(length);
        self
    }

    /// The answer as hyper sends it; to a HEAD, without its bytes.
    pub(crate) fn into_response(self, is_head: bool) -> Response<ResponseBody> {
        let (length, payloads) = match self.content {
            Content::Payloads(payloads) => {
                (Some(payloads.iter().map(Payload::len).sum()), payloads)
            }
            Content::HeadOnly(length) => (Some(length), Vec::new()),
            Content::Nothing => (None, Vec::new()),
        };
        let body = if is_head {
            ResponseBody::new(Vec::new())
        } else {
            ResponseBody::new(payloads)
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if let Some(problems) = self.problems {
            response.extensions_mut().insert(problems);
        }
        if let Some(length) = length {
            response
                .headers_mut()
                .insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        response
    }
}

/// As many as most answers have, so that they need not be moved when there are more.
const HEADERS: usize = 12;

/// Headers of the Docker Registry API v2 and the OCI distribution-spec, which `http` does
/// not name.
pub(crate) mod name {
    use http::HeaderName;

    pub(crate) const API_VERSION: HeaderName =
        HeaderName::from_static("docker-distribution-api-version");
    pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
    pub(crate) const UPLOAD_UUID: HeaderName = HeaderName::from_static("docker-upload-uuid");
    pub(crate) const OCI_FILTERS_APPLIED: HeaderName =
        HeaderName::from_static("oci-filters-applied");
    pub(crate) const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
    pub(crate) const OCI_TAG: HeaderName = HeaderName::from_static("oci-tag");
    /// The tag that was taken for one that is not there.
    pub(crate) const TAG: HeaderName = HeaderName::from_static("wharfinger-tag");
    // Docker Hub's.
    pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
    pub(crate) const RATE_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
    pub(crate) const RATE_SOURCE: HeaderName = HeaderName::from_static("docker-ratelimit-source");
}
