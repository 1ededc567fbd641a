//! One request and its answer, as the logs tell it: followed from the first byte of the
//! request to the last one of the answer.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use http::header::{CONNECTION, CONTENT_TYPE, REFERER, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode, Uri, Version};
use http_body::Body;
use jiff::Timestamp;
use tracing::{Level, Span};
use uuid::{Builder, Uuid};
use wharf_spec::Route;

use crate::access_log::AccessLog;
use crate::app::Settings;
use crate::body::{Account, Entries, ResponseBody};
use crate::events::{self, Outcome};
use crate::head::Head;
use crate::metrics::Measured;
use crate::observer::Told;
use crate::peer::Peer;
use crate::reply::{Problems, Reply};
use crate::request::RequestBody;

/// A request that is being answered.
pub(crate) struct Exchange {
    id: Uuid,
    access_log: Option<AccessLog>,
    peer: Peer,
    started: Instant,
    started_at: Timestamp,
    method: Method,
    uri: Uri,
    version: Version,
    route: Option<Route>,
    measured: Option<Measured>,
    told: Option<Box<Told>>,
}

/// All that the logs tell about a request, in texts of bounded length.
pub(crate) struct Story {
    access_log: Option<AccessLog>,
    pub(crate) outcome: Outcome,
    pub(crate) id: Uuid,
    pub(crate) peer: Peer,
    /// The client's address, as a proxy tells it.
    pub(crate) forwarded: Option<IpAddr>,
    pub(crate) started: Instant,
    pub(crate) started_at: Timestamp,
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) version: Version,
    pub(crate) host: String,
    pub(crate) referer: Vec<u8>,
    pub(crate) user_agent: Vec<u8>,
    pub(crate) content_type: Vec<u8>,
    pub(crate) route: Option<Route>,
    pub(crate) status: StatusCode,
    pub(crate) answer_type: Vec<u8>,
}

// === impl Exchange ===

impl Exchange {
    pub(crate) fn begin(request: &Request<impl Body>, peer: Peer, settings: &Settings) -> Self {
        let metrics = settings.metrics.as_ref();
        let observer = settings.observer.clone();
        let now = Timestamp::now();
        Self {
            id: new_id(now),
            access_log: settings.access_log.clone(),
            peer,
            started: Instant::now(),
            started_at: now,
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            route: None,
            measured: metrics.map(|metrics| metrics.begin(request)),
            told: observer.map(|observer| Box::new(Told::begin(observer, request, peer))),
        }
    }

    /// The endpoint that the request is for.
    pub(crate) fn found(&mut self, route: &Route) {
        if tracing::enabled!(Level::ERROR) {
            self.route = Some(route.clone());
        }
        if let Some(measured) = &mut self.measured {
            measured.found(route);
        }
    }

    /// The request is for a blob by its path alone: an edge has no other endpoint.
    pub(crate) fn found_blob(&mut self) {
        if let Some(measured) = &mut self.measured {
            measured.found_blob();
        }
    }

    /// Puts the request's number on every line that is logged within it.
    pub(crate) fn span(&self) -> Span {
        // Of the highest level, so that it is there for every line.
        tracing::error_span!("request", http.request.id = %self.id)
    }

    /// The response, once nothing of the request is in its way on the connection.
    pub(crate) async fn answer(
        self,
        mut reply: Reply,
        head: &Head,
        body: &mut RequestBody,
    ) -> Response<ResponseBody> {
        if !body.drain(head).await {
            reply = reply.header(CONNECTION, "close");
        }
        let mut response = reply.into_response(self.method == Method::HEAD);
        if self.version == Version::HTTP_2 {
            // A stream ends by itself (RFC 9113, section 8.2.2).
            response.headers_mut().remove(CONNECTION);
        }
        self.end(head, &mut response);
        response
    }

    /// Tells `response` what to log and to measure when its body has been sent, or given up.
    fn end(mut self, head: &Head, response: &mut Response<ResponseBody>) {
        let mut measured = self.measured.take();
        if let Some(measured) = &mut measured {
            measured.answered(response.status());
        }
        let mut told = self.told.take();
        if let Some(told) = &mut told {
            told.answered(response.status());
        }
        let problems = response.extensions_mut().remove::<Problems>();
        let outcome = Outcome::new(response.status(), self.route.as_ref(), problems);
        let wanted = self.access_log.is_some() || outcome.is_wanted();
        let id = self.id;
        let story = wanted.then(|| Box::new(self.tell(head, outcome, response)));
        let entries = Entries {
            story,
            measured,
            told,
        };
        response.body_mut().account(id, Account::of(entries));
    }

    fn tell(self, head: &Head, outcome: Outcome, response: &Response<ResponseBody>) -> Story {
        let header = |headers: &HeaderMap, name: &HeaderName| {
            let value = headers.get(name).map(|value| clip(value.as_bytes()));
            value.unwrap_or_default().to_vec()
        };
        let mut target = target(&self.uri, self.version).into_owned();
        target.truncate(target.floor_char_boundary(LONGEST_TEXT + 1));
        let mut host = head.host.clone().unwrap_or_default();
        host.truncate(host.floor_char_boundary(LONGEST_TEXT + 1));
        Story {
            access_log: self.access_log,
            outcome,
            id: self.id,
            peer: self.peer,
            forwarded: forwarded_for(head),
            started: self.started,
            started_at: self.started_at,
            method: self.method,
            target,
            version: self.version,
            host,
            referer: header(head.headers(), &REFERER),
            user_agent: header(head.headers(), &USER_AGENT),
            content_type: header(head.headers(), &CONTENT_TYPE),
            route: self.route,
            status: response.status(),
            answer_type: header(response.headers(), &CONTENT_TYPE),
        }
    }
}

// === impl Story ===

impl Story {
    /// The answer has ended, of whose body `sent` bytes were sent.
    pub(crate) fn write(&self, sent: u64) {
        if let Some(log) = &self.access_log {
            log.write(self, sent);
        }
        events::emit(self, sent);
    }
}

/// Requests are told apart by it. It need not be hard to guess, so it costs no system call.
fn new_id(now: Timestamp) -> Uuid {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let halves = [0_u8, 1].map(|half| KEYS.hash_one((number, half)));
    let [first, second] = halves.map(u64::to_ne_bytes);
    let [a, b, c, d, e, f, g, h] = first;
    let [i, j, ..] = second;
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &[a, b, c, d, e, f, g, h, i, j]).into_uuid()
}

/// What the client wrote as the request's target. Where it wrote it in parts (HTTP/2),
/// distribution logs path and query.
fn target(uri: &Uri, version: Version) -> Cow<'_, str> {
    let path = uri.path_and_query().map(PathAndQuery::as_str);
    match (path, uri.authority()) {
        (Some(path), None) => path.into(),
        (Some(path), Some(_)) if version > Version::HTTP_11 => path.into(),
        (Some(_) | None, Some(_) | None) => uri.to_string().into(),
    }
}

/// The client's address, as a proxy tells it (distribution: `internal/requestutil`).
fn forwarded_for(head: &Head) -> Option<IpAddr> {
    let text = |name| head.text(&HeaderName::from_static(name));
    let address = |text: &str| text.trim_matches(' ').parse().ok();
    let first = text("x-forwarded-for").and_then(|all| all.split(',').next());
    first
        .and_then(address)
        .or_else(|| text("x-real-ip").and_then(address))
}

/// One byte more than is logged, so that it shows that there was more.
fn clip(bytes: &[u8]) -> &[u8] {
    bytes.get(..=LONGEST_TEXT).unwrap_or(bytes)
}

/// Bytes of a target or a header that are logged.
pub(crate) const LONGEST_TEXT: usize = 4096;
