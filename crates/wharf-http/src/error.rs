//! Every way in which a request can fail, and its answer. What is inside stays inside: the
//! store's errors are told in the log, with the request, and the client learns that it was
//! not its fault.

use std::io;
use std::time::Duration;

use http::StatusCode;
use http::header::{
    ALLOW, CONNECTION, CONTENT_TYPE, LOCATION, RANGE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use serde_json::{Value, json};
use wharf_registry::Error;
use wharf_spec::{
    ContentRangeError, DigestError, ErrorBody, ErrorCode, ErrorEntry, Method, PageError,
    ReferenceError, RouteError,
};
use wharf_store::StoreError;

use crate::events::MOST_TOLD;
use crate::pulls::TooMany;
use crate::reply::{Problems, Reply, name};

/// Why a request is refused.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing is ever found at this path.
    NoRoute,
    /// It is found elsewhere.
    Moved(String),
    /// The path exists, the method does not.
    Method(&'static [Method]),
    /// The path could be written to if the registry were not only read.
    ReadOnly(&'static [Method]),
    /// The registry is not well.
    Unhealthy,
    /// The client's mistake, in the API's words.
    Refused(Refusal),
    /// The client's chunk does not fit; it is told where the upload stands.
    UploadStands(Refusal, Standing),
    /// Other credentials are needed.
    Unauthorized {
        /// Which, in the words of `WWW-Authenticate`.
        challenge: String,
        /// For what.
        detail: Value,
    },
    /// Too much was asked, or too much was wrong: to be tried again after this time.
    Throttled(Duration),
    /// Nothing more may be pulled for a while.
    Exhausted(Box<TooMany>),
    /// The domain refused, or failed.
    Domain(Error),
}

/// A mistake and its status.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    pub(crate) detail: Value,
}

/// Where an upload stands, in headers.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) location: String,
    pub(crate) range: String,
    pub(crate) id: String,
}

/// The seconds of `Retry-After`, rounded up: a client that comes back when it is told to must not
/// come too early.
pub(crate) fn retry_after(wait: Duration) -> u64 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    seconds.max(1)
}

// === impl Failure ===

impl Failure {
    /// A mistake with the code's own status.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>, detail: Value) -> Self {
        Self::Refused(Refusal::new(code, message, detail))
    }

    pub(crate) fn manifest_too_large(limit: usize) -> Self {
        Self::Refused(Refusal {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            ..Refusal::new(
                ErrorCode::ManifestInvalid,
                format!(
                    "a manifest may have {limit} bytes at most: move large data to a blob and refer to it"
                ),
                Value::Null,
            )
        })
    }

    /// A request that HTTP itself does not allow.
    pub(crate) fn bad_request(status: StatusCode, message: &str) -> Self {
        Self::Refused(Refusal {
            status,
            ..Refusal::new(ErrorCode::Unsupported, message, Value::Null)
        })
    }

    pub(crate) fn too_many_manifests() -> Self {
        let message = "too many manifests are being pushed at once: try again in a moment";
        Self::new(ErrorCode::TooManyRequests, message, Value::Null)
    }

    /// Whoever it is, they may not.
    pub(crate) fn denied(detail: Value) -> Self {
        Self::new(ErrorCode::Denied, ErrorCode::Denied.message(), detail)
    }

    /// The URL lets nobody in.
    pub(crate) fn signature(message: &str) -> Self {
        Self::new(ErrorCode::Denied, message, Value::Null)
    }

    pub(crate) fn busy() -> Self {
        let message = "too many passwords are being checked at once: try again in a moment";
        Self::new(ErrorCode::TooManyRequests, message, Value::Null)
    }

    pub(crate) fn unavailable() -> Self {
        let message = "nobody can be authorized at this moment: the registry's log says why";
        Self::new(ErrorCode::Unavailable, message, Value::Null)
    }

    /// The answer.
    pub(crate) fn into_reply(self) -> Reply {
        match self {
            Self::NoRoute => Reply::new(StatusCode::NOT_FOUND)
                .header(CONTENT_TYPE, "text/plain; charset=utf-8")
                .bytes("404 page not found\n"),
            Self::Moved(to) => Reply::new(StatusCode::MOVED_PERMANENTLY).header(LOCATION, to),
            Self::Method(allowed) => Refusal::new(
                ErrorCode::Unsupported,
                "the method is not allowed here",
                Value::Null,
            )
            .into_reply()
            .header(ALLOW, list(allowed))
            .unremarkable(),
            // As distribution says it: gorilla/handlers, `MethodHandler`.
            Self::ReadOnly(allowed) => Reply::new(StatusCode::METHOD_NOT_ALLOWED)
                .header(ALLOW, list(allowed))
                .header(CONTENT_TYPE, "text/plain; charset=utf-8")
                .bytes("Method not allowed\n"),
            Self::Unhealthy => Refusal::new(
                ErrorCode::Unavailable,
                ErrorCode::Unavailable.message(),
                "health check failed: please see /debug/health".into(),
            )
            .into_reply()
            .unremarkable(),
            Self::Refused(refusal) => refusal.into_reply(),
            Self::UploadStands(refusal, standing) => refusal
                .into_reply()
                .header(LOCATION, standing.location)
                .header(RANGE, standing.range)
                .header(name::UPLOAD_UUID, standing.id),
            Self::Unauthorized { challenge, detail } => Refusal::new(
                ErrorCode::Unauthorized,
                ErrorCode::Unauthorized.message(),
                detail,
            )
            .into_reply()
            .header(WWW_AUTHENTICATE, challenge),
            Self::Throttled(wait) => {
                let seconds = retry_after(wait);
                let message = format!("too many requests: try again in {seconds} seconds");
                Refusal::new(ErrorCode::TooManyRequests, message, Value::Null)
                    .into_reply()
                    .header(RETRY_AFTER, seconds)
            }
            Self::Exhausted(too_many) => too_many.into_reply(),
            Self::Domain(error) => refuse(error),
        }
    }
}

// === impl Refusal ===

impl Refusal {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>, detail: Value) -> Self {
        let status =
            StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self {
            status,
            code,
            message: message.into(),
            detail,
        }
    }

    fn into_reply(self) -> Reply {
        let entry = ErrorEntry {
            code: self.code,
            message: Some(self.message),
            detail: self.detail,
        };
        entries(self.status, vec![entry])
    }
}

// === conversions ===

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

impl From<RouteError> for Failure {
    fn from(error: RouteError) -> Self {
        match error {
            RouteError::NotFound => Self::NoRoute,
            RouteError::Redirect(to) => Self::Moved(to),
            RouteError::Name(error) => {
                Self::new(ErrorCode::NameInvalid, error.to_string(), Value::Null)
            }
            RouteError::Reference(ReferenceError::Tag(error)) => {
                Self::new(ErrorCode::TagInvalid, error.to_string(), Value::Null)
            }
            RouteError::Reference(ReferenceError::Digest(error)) | RouteError::Digest(error) => {
                error.into()
            }
            RouteError::UploadId(error) => {
                Self::new(ErrorCode::BlobUploadUnknown, error.to_string(), Value::Null)
            }
        }
    }
}

impl From<DigestError> for Failure {
    fn from(error: DigestError) -> Self {
        Self::new(ErrorCode::DigestInvalid, error.to_string(), Value::Null)
    }
}

impl From<PageError> for Failure {
    fn from(error: PageError) -> Self {
        Self::new(
            ErrorCode::PaginationNumberInvalid,
            error.to_string(),
            json!({ "n": error.text() }),
        )
    }
}

impl From<ContentRangeError> for Failure {
    fn from(error: ContentRangeError) -> Self {
        Self::new(ErrorCode::RangeInvalid, error.to_string(), Value::Null)
    }
}

/// The answer to what the domain says.
fn refuse(error: Error) -> Reply {
    use ErrorCode as Code;
    let message = error.to_string();
    let plain = |code| Refusal::new(code, message.clone(), Value::Null);
    match error {
        Error::BlobUnknown(digest) => {
            Refusal::new(Code::BlobUnknown, message, json!({ "digest": digest })).into_reply()
        }
        Error::ManifestUnknown(reference) => Refusal::new(
            Code::ManifestUnknown,
            message,
            json!({ "reference": reference.to_string() }),
        )
        .into_reply(),
        Error::RepositoryUnknown(name) => Refusal::new(
            Code::NameUnknown,
            message,
            json!({ "name": name.to_string() }),
        )
        .into_reply(),
        Error::UploadUnknown(_) => plain(Code::BlobUploadUnknown).into_reply(),
        Error::UploadBusy(_) | Error::UploadSuperseded(_) => Refusal {
            status: StatusCode::CONFLICT,
            ..plain(Code::BlobUploadInvalid)
        }
        .into_reply(),
        Error::OutOfOrder { .. } => plain(Code::RangeInvalid).into_reply(),
        Error::SizeMismatch { .. } => plain(Code::SizeInvalid).into_reply(),
        Error::DigestMismatch { .. } => plain(Code::DigestInvalid).into_reply(),
        Error::ManifestInvalid(_) | Error::LayerUrl(_) | Error::LayerUrlMissing(_) => {
            plain(Code::ManifestInvalid).into_reply()
        }
        Error::ClassUnknown(_) | Error::ClassDenied(_) => plain(Code::Denied).into_reply(),
        Error::ReferencesUnknown(digests) => {
            let entry = |digest| ErrorEntry {
                code: Code::ManifestBlobUnknown,
                message: None,
                detail: json!({ "digest": digest }),
            };
            entries(
                StatusCode::BAD_REQUEST,
                digests.into_iter().map(entry).collect(),
            )
        }
        Error::Busy => plain(Code::Unavailable).into_reply(),
        Error::DeletionDisabled => plain(Code::Unsupported).into_reply(),
        Error::Interrupted(cause) => interrupted(&cause),
        Error::Store(error) => failed(&error),
    }
}

/// The client stopped sending; it will seldom read this.
fn interrupted(cause: &io::Error) -> Reply {
    tracing::debug!(error = %cause, "a request body broke off");
    let status = if cause.kind() == io::ErrorKind::TimedOut {
        StatusCode::REQUEST_TIMEOUT
    } else {
        StatusCode::BAD_REQUEST
    };
    let message = "the request body broke off; an upload with a session keeps what was received";
    Refusal {
        status,
        ..Refusal::new(ErrorCode::SizeInvalid, message, Value::Null)
    }
    .into_reply()
    .header(CONNECTION, "close")
}

/// The log tells the path and the cause, the answer does not.
fn failed(error: &StoreError) -> Reply {
    let refusal = match error {
        StoreError::Full { .. } => Refusal::new(
            ErrorCode::Unavailable,
            "no space is left in the registry's storage",
            Value::Null,
        ),
        StoreError::Io { source, .. } if source.kind() == io::ErrorKind::ResourceBusy => {
            Refusal::new(
                ErrorCode::Unavailable,
                "others change the same thing again and again: try again later",
                Value::Null,
            )
        }
        StoreError::Io { source, .. } if source.kind() == io::ErrorKind::NotConnected => {
            Refusal::new(
                ErrorCode::Unavailable,
                "the registry cannot reach what it needs for this: try again later",
                Value::Null,
            )
        }
        StoreError::NotFound(_) | StoreError::TooLarge { .. } | StoreError::Io { .. } => {
            Refusal::new(
                ErrorCode::Unknown,
                "the registry could not do this: its log says why",
                Value::Null,
            )
        }
    };
    let cause = std::error::Error::source(error);
    let cause = cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
    let told = ErrorEntry::from(refusal.code).with_detail(cause.into());
    refusal.into_reply().problems(Problems {
        first: vec![told],
        more: 0,
    })
}

fn entries(status: StatusCode, entries: Vec<ErrorEntry>) -> Reply {
    let problems = Problems {
        first: entries.iter().take(MOST_TOLD).cloned().collect(),
        more: entries.len().saturating_sub(MOST_TOLD),
    };
    Reply::new(status)
        .header(CONTENT_TYPE, "application/json")
        .bytes(ErrorBody::new(entries).to_json())
        .problems(problems)
}

/// The value of an `Allow` header.
pub(crate) fn list(methods: &[Method]) -> String {
    let names: Vec<_> = methods.iter().map(|method| method.as_str()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_back_when_told_to_is_not_too_early() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (59_999, 60)] {
            let wait = Duration::from_millis(millis);
            assert_eq!(retry_after(wait), seconds, "{millis}");
        }
    }
}
