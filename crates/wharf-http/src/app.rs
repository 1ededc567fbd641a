//! From a request to its answer: route, method, handler; then the error's answer and the
//! access log, each in one place.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ALLOW, CONNECTION, REFERER, USER_AGENT};
use http::{HeaderName, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use jiff::Zoned;
use wharf_registry::{Error, Registry};
use wharf_spec::{Method, Route, RouteError};

use crate::access_log::{AccessLog, Record};
use crate::body::ResponseBody;
use crate::budget::Budget;
use crate::error::{Failure, list};
use crate::handlers;
use crate::head::Head;
use crate::location::{LocationStyle, Locations};
use crate::peer::Peer;
use crate::reply::{Reply, name};
use crate::request::RequestBody;

/// What answers requests.
pub struct App {
    registry: Registry,
    settings: Settings,
    manifests_in_memory: Budget,
}

/// What an operator can choose about the answers.
#[derive(Clone)]
pub struct Settings {
    /// How `Location` is written.
    pub locations: LocationStyle,
    /// Where access-log lines go; `None` for nowhere.
    pub access_log: Option<AccessLog>,
    /// How long a client may send nothing in the middle of a body.
    pub body_stall: Duration,
}

/// A request that has been understood.
pub(crate) struct Call<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) head: &'a Head,
    pub(crate) body: &'a mut RequestBody,
    pub(crate) locations: Locations,
    pub(crate) manifests_in_memory: &'a Budget,
}

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            locations: LocationStyle::default(),
            access_log: None,
            body_stall: BODY_STALL,
        }
    }
}

// === impl App ===

impl App {
    /// An application on `registry`.
    #[must_use]
    pub fn new(registry: Registry, settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            registry,
            settings,
            manifests_in_memory: Budget::new(MANIFESTS_IN_MEMORY),
        })
    }

    /// Answers one request of `peer`.
    pub(crate) async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Response<ResponseBody> {
        let record = self
            .settings
            .access_log
            .clone()
            .map(|log| record(log, &request, peer.address));
        let (parts, incoming) = request.into_parts();
        let head = Head::new(&parts.uri, parts.headers);
        let mut body = RequestBody::new(incoming, self.settings.body_stall);
        let method = Method::parse(parts.method.as_str());

        let answered = match head.check(parts.version) {
            Ok(()) => {
                self.dispatch(method, parts.method.as_str(), &head, &mut body, peer)
                    .await
            }
            Err(failure) => Err(failure),
        };
        let mut reply = answered.unwrap_or_else(Failure::into_reply);
        if head.path.starts_with("/v2") {
            reply = reply.header(name::API_VERSION, "registry/2.0");
        }
        if !body.drain(&head).await {
            reply = reply.header(CONNECTION, "close");
        }
        let mut response = reply.into_response(method == Some(Method::Head));
        if parts.version == Version::HTTP_2 {
            // A stream ends by itself (RFC 9113, section 8.2.2).
            response.headers_mut().remove(CONNECTION);
        }
        if let Some(mut record) = record {
            record.status = response.status();
            response.body_mut().record(record);
        }
        response
    }

    async fn dispatch(
        &self,
        method: Option<Method>,
        method_name: &str,
        head: &Head,
        body: &mut RequestBody,
        peer: Peer,
    ) -> Result<Reply, Failure> {
        let route = Route::parse(&head.path).map_err(|error| moved_with_query(error, head))?;
        let allowed = route.methods();
        if method_name == "OPTIONS" {
            return Ok(Reply::new(StatusCode::OK).header(ALLOW, list(allowed)));
        }
        // The base paths answer to anything (distribution: `registry/handlers/app.go`).
        let any = matches!(route, Route::Root | Route::Base).then_some(Method::Get);
        let method = method.filter(|method| allowed.contains(method)).or(any);
        let method = method.ok_or(Failure::Method(allowed))?;
        let call = Call {
            registry: &self.registry,
            head,
            body,
            locations: Locations::new(self.settings.locations, head, peer),
            manifests_in_memory: &self.manifests_in_memory,
        };
        match handlers::handle(method, route, call).await {
            Err(Failure::Domain(Error::DeletionDisabled)) => {
                let others: Vec<_> = allowed
                    .iter()
                    .copied()
                    .filter(|method| *method != Method::Delete)
                    .collect();
                let refused = Failure::Domain(Error::DeletionDisabled).into_reply();
                Ok(refused.header(ALLOW, list(&others)))
            }
            handled => handled,
        }
    }
}

/// A client that is sent elsewhere takes its query along.
fn moved_with_query(error: RouteError, head: &Head) -> Failure {
    match (Failure::from(error), &head.raw_query) {
        (Failure::Moved(path), Some(query)) => Failure::Moved(format!("{path}?{query}")),
        (failure, _) => failure,
    }
}

/// What the access log needs, before the request is taken apart.
fn record(log: AccessLog, request: &Request<Incoming>, peer: Option<IpAddr>) -> Record {
    let text = |name: &HeaderName| {
        request
            .headers()
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Record {
        log,
        peer: forwarded_for(request).or(peer),
        started: Zoned::now(),
        method: request.method().clone(),
        target: target(request),
        version: request.version(),
        status: StatusCode::OK,
        referer: text(&REFERER).unwrap_or_default(),
        user_agent: text(&USER_AGENT).unwrap_or_default(),
    }
}

/// What stood in the request line, or would have (Go: `Request.RequestURI`).
fn target(request: &Request<Incoming>) -> String {
    let uri = request.uri();
    match uri.path_and_query() {
        Some(path) if request.version() == Version::HTTP_2 => path.to_string(),
        Some(_) | None => uri.to_string(),
    }
}

/// The client's address, as a proxy tells it (distribution: `RemoteIP`).
fn forwarded_for(request: &Request<Incoming>) -> Option<IpAddr> {
    let text = |name| {
        request
            .headers()
            .get(HeaderName::from_static(name))
            .and_then(|value| value.to_str().ok())
    };
    let first = text("x-forwarded-for").and_then(|all| all.split(',').next());
    first
        .or_else(|| text("x-real-ip"))
        .and_then(|address| address.trim().parse().ok())
}

/// Longer than any pause of a healthy network, shorter than an abandoned connection should
/// be kept.
const BODY_STALL: Duration = Duration::from_secs(300);
/// Bytes of manifests that may be on their way in at once: each is held whole.
const MANIFESTS_IN_MEMORY: usize = 512 << 20;
