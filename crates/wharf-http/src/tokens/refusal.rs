//! Why there is no token, in the words of OAuth 2 (RFC 6749, section 5.2) and of registries at
//! once: clients of both kinds ask.
//!
//! A wrong password is 401 and not 400: Docker and Podman ask for another one then, and
//! containerd, go-containerregistry and others try `GET` where a `POST` is answered so.

use std::time::Duration;

use http::StatusCode;
use http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Value, json};
use wharf_auth::{NoToken, basic_challenge};
use wharf_spec::ErrorCode;

use crate::error::retry_after;
use crate::reply::Reply;

/// There is no token.
pub(super) struct Refused {
    status: StatusCode,
    /// Of OAuth.
    error: &'static str,
    code: ErrorCode,
    message: String,
    wait: Option<Duration>,
}

/// The request is not what it has to be.
pub(super) enum Mistake {
    Method,
    Credentials,
    Header(String),
    Account,
    Twice,
    Kind,
    TooLarge(usize),
    Slow,
    Interrupted,
    Repeated,
    Grant,
    GrantType,
}

// === impl Refused ===

impl Refused {
    pub(super) fn into_reply(self, realm: &str) -> Reply {
        let body = json!({
            "error": self.error,
            "error_description": self.message,
            "errors": [{"code": self.code, "message": self.message, "detail": Value::Null}],
        });
        let mut reply = Reply::new(self.status).fixed(CACHE_CONTROL, "no-store");
        if self.status == StatusCode::UNAUTHORIZED {
            reply = reply.header(WWW_AUTHENTICATE, basic_challenge(realm));
        }
        if let Some(wait) = self.wait {
            reply = reply.header(RETRY_AFTER, retry_after(wait));
        }
        reply.json(&body)
    }

    fn new(
        status: StatusCode,
        error: &'static str,
        code: ErrorCode,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            error,
            code,
            message: message.into(),
            wait: None,
        }
    }

    fn bad(message: impl Into<String>) -> Self {
        let status = StatusCode::BAD_REQUEST;
        Self::new(status, "invalid_request", ErrorCode::Unsupported, message)
    }

    fn wrong(message: impl Into<String>) -> Self {
        let status = StatusCode::UNAUTHORIZED;
        Self::new(status, "invalid_grant", ErrorCode::Unauthorized, message)
    }

    fn later(wait: Duration, message: impl Into<String>) -> Self {
        let (status, code) = (StatusCode::TOO_MANY_REQUESTS, ErrorCode::TooManyRequests);
        Self {
            wait: Some(wait),
            ..Self::new(status, "temporarily_unavailable", code, message)
        }
    }
}

impl From<NoToken> for Refused {
    fn from(error: NoToken) -> Self {
        let message = error.to_string();
        match error {
            NoToken::Scope(_) => Self {
                error: "invalid_scope",
                ..Self::bad(message)
            },
            NoToken::Service { .. } => Self::bad(message),
            NoToken::Wrong | NoToken::Ended => Self::wrong(message),
            NoToken::Throttled(wait) => {
                let seconds = retry_after(wait);
                Self::later(wait, format!("{message}: try again in {seconds} seconds"))
            }
            NoToken::Busy => {
                let message = format!("{message} at once: try again in a moment");
                Self::later(Duration::from_secs(1), message)
            }
            NoToken::Unavailable => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                ErrorCode::Unavailable,
                message,
            ),
        }
    }
}

impl From<Mistake> for Refused {
    fn from(mistake: Mistake) -> Self {
        match mistake {
            Mistake::Method => Self {
                status: StatusCode::METHOD_NOT_ALLOWED,
                ..Self::bad("the method is not allowed here")
            },
            Mistake::Credentials => {
                Self::wrong("tokens are had for a name and a password: send them as Basic")
            }
            Mistake::Header(message) => Self::bad(message),
            Mistake::Account => {
                Self::bad("account is not whose password is shown: leave it out, or log in as it")
            }
            Mistake::Twice => Self::bad(
                "an Authorization header and a form: say who you are in one of them, with GET or POST",
            ),
            Mistake::Kind => Self::bad(
                "the body has to be a form: send Content-Type: application/x-www-form-urlencoded",
            ),
            Mistake::TooLarge(limit) => Self {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                ..Self::bad(format!("the form may have {limit} bytes at most"))
            },
            Mistake::Slow => Self {
                status: StatusCode::REQUEST_TIMEOUT,
                ..Self::bad("the form took too long: send all of it at once")
            },
            Mistake::Interrupted => Self::bad("the form broke off"),
            Mistake::Repeated => Self::bad("a field of the form is there twice: send it once"),
            Mistake::Grant => Self::bad(
                "send either grant_type=password with username and password, or \
                 grant_type=refresh_token with refresh_token, and not both",
            ),
            Mistake::GrantType => Self {
                error: "unsupported_grant_type",
                ..Self::bad("grant_type has to be password or refresh_token")
            },
        }
    }
}
