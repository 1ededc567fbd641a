//! The events that distribution logs when a request has been answered, under its names
//! (distribution: `registry/handlers/app.go`, `internal/dcontext/http.go`).

use std::borrow::Cow;
use std::error::Error;

use http::StatusCode;
use tracing::Level;
use wharf_log::{GoDuration, Structured};
use wharf_spec::{ErrorEntry, Route};

use crate::exchange::Story;
use crate::reply::Problems;

/// How a request ended, as far as it is an event.
pub(crate) enum Outcome {
    /// `response completed`.
    Completed,
    /// `response completed with error`, once for each error.
    Failed(Problems),
    /// Nothing to tell: `/`, paths and methods that there are not.
    Unremarkable,
}

/// What distribution's router finds in a path.
#[derive(Default)]
struct Vars {
    name: Option<String>,
    reference: Option<String>,
    digest: Option<String>,
    uuid: Option<String>,
}

// === impl Outcome ===

impl Outcome {
    pub(crate) fn new(
        status: StatusCode,
        route: Option<&Route>,
        problems: Option<Problems>,
    ) -> Self {
        match (problems, route) {
            (Some(problems), _) => Self::Failed(problems),
            (None, None | Some(Route::Root)) => Self::Unremarkable,
            (None, Some(_)) if status.is_success() || status.is_redirection() => Self::Completed,
            (None, Some(_)) => Self::Unremarkable,
        }
    }

    /// Whether anybody listens.
    pub(crate) fn is_wanted(&self) -> bool {
        match self {
            Self::Completed => tracing::enabled!(Level::INFO),
            Self::Failed(_) => tracing::enabled!(Level::ERROR),
            Self::Unremarkable => false,
        }
    }
}

/// An event with the fields of the request and its answer.
macro_rules! event {
    ($level:expr, $message:literal, $story:ident, $sent:ident, $($more:tt)*) => {{
        let vars = Vars::of($story.route.as_ref());
        tracing::event!(
            $level,
            http.request.id = %$story.id,
            http.request.method = $story.method.as_str(),
            http.request.host = $story.host,
            http.request.uri = $story.target,
            http.request.referer = text(&$story.referer).as_deref(),
            http.request.useragent = text(&$story.user_agent).as_deref().unwrap_or_default(),
            http.request.remoteaddr = remote_address($story),
            http.request.contenttype = text(&$story.content_type).as_deref(),
            http.response.status = $story.status.as_u16(),
            http.response.written = $sent,
            http.response.duration = %GoDuration($story.started.elapsed()),
            http.response.contenttype = text(&$story.answer_type).as_deref(),
            vars.name = vars.name.as_deref(),
            vars.reference = vars.reference.as_deref(),
            vars.digest = vars.digest.as_deref(),
            vars.uuid = vars.uuid.as_deref(),
            $($more)*
            $message
        )
    }};
}

/// The answer to a request has ended, of whose body `sent` bytes were sent.
pub(crate) fn emit(story: &Story, sent: u64) {
    match &story.outcome {
        Outcome::Completed => event!(Level::INFO, "response completed", story, sent,),
        Outcome::Failed(problems) => {
            for problem in &problems.first {
                failed(story, sent, problem, None);
            }
            if let Some(last) = problems.first.last().filter(|_| problems.more > 0) {
                failed(story, sent, last, Some(problems.more));
            }
        }
        Outcome::Unremarkable => {}
    }
}

/// `more` errors with the same code are not told one by one.
fn failed(story: &Story, sent: u64, problem: &ErrorEntry, more: Option<usize>) {
    let code = code(problem);
    let message = problem.message.as_deref();
    let message = message.unwrap_or_else(|| problem.code.message());
    let detail = Structured(problem.detail.clone());
    let detail: Option<&(dyn Error + 'static)> = match (&detail.0, more) {
        (serde_json::Value::Null, _) | (_, Some(_)) => None,
        (_, None) => Some(&detail),
    };
    event!(
        Level::ERROR,
        "response completed with error",
        story,
        sent,
        err.code = code,
        err.message = message,
        err.detail = detail,
        err.more = more,
    );
}

/// distribution logs `MANIFEST_UNKNOWN` as `manifest unknown`.
fn code(problem: &ErrorEntry) -> String {
    problem.code.code().to_ascii_lowercase().replace('_', " ")
}

/// A header, if it says something.
fn text(value: &[u8]) -> Option<Cow<'_, str>> {
    (!value.is_empty()).then(|| String::from_utf8_lossy(value))
}

fn remote_address(story: &Story) -> String {
    match (story.forwarded, story.peer.address) {
        (Some(address), _) => address.to_string(),
        (None, Some(address)) => address.to_string(),
        // Go's name for the other end of a unix socket.
        (None, None) => "@".to_owned(),
    }
}

// === impl Vars ===

impl Vars {
    fn of(route: Option<&Route>) -> Self {
        let name = route.and_then(Route::repository).map(ToString::to_string);
        let vars = Self {
            name,
            ..Self::default()
        };
        match route {
            Some(Route::Manifest { reference, .. }) => Self {
                reference: Some(reference.to_string()),
                ..vars
            },
            Some(Route::Blob { digest, .. } | Route::Referrers { digest, .. }) => Self {
                digest: Some(digest.to_string()),
                ..vars
            },
            Some(Route::Upload { id, .. }) => Self {
                uuid: Some(id.to_string()),
                ..vars
            },
            Some(
                Route::Root
                | Route::Base
                | Route::Catalog
                | Route::Tags { .. }
                | Route::Uploads { .. }
                | Route::Extension(_),
            )
            | None => vars,
        }
    }
}

/// Errors of one answer that are told one by one.
pub(crate) const MOST_TOLD: usize = 10;
