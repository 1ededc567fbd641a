//! From a request to its answer: route, method, handler; then the error's answer and the
//! logs, each in one place.

use std::sync::Arc;
use std::time::Duration;

use http::header::ALLOW;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use tracing::Instrument as _;
use wharf_auth::{Audit, Pulls};
use wharf_registry::{Error, Registry};
use wharf_spec::{Method, Prefix, Route, RouteError};

use crate::access_log::AccessLog;
use crate::authorization::Guard;
use crate::body::ResponseBody;
use crate::budget::Budget;
use crate::client::Proxies;
use crate::error::{Failure, list};
use crate::exchange::Exchange;
use crate::handlers::{self, Turnstiles};
use crate::head::Head;
use crate::health::HealthGate;
use crate::location::{LocationStyle, Locations};
use crate::metrics::{Connected, Metrics};
use crate::observer::RequestObserver;
use crate::pages::PageLimits;
use crate::peer::Peer;
use crate::pulls::Asker;
use crate::read_only::ReadOnly;
use crate::reply::{Reply, name};
use crate::request::RequestBody;
use crate::response_headers::ResponseHeaders;
use crate::tokens::TokenPages;
use crate::witness::{Accepted, Witness};

/// What answers requests.
pub struct App {
    registry: Registry,
    settings: Settings,
    manifests_in_memory: Budget,
    turnstiles: Turnstiles,
}

/// What an operator can choose about the answers.
#[derive(Clone)]
pub struct Settings {
    /// Below which path the API lives.
    pub prefix: Prefix,
    /// How `Location` is written.
    pub locations: LocationStyle,
    /// What else is in the head of every answer of the API.
    pub headers: ResponseHeaders,
    /// Whether writing is refused.
    pub read_only: ReadOnly,
    /// How long listings may be.
    pub pages: PageLimits,
    /// Who may do what.
    pub guard: Guard,
    /// Who is believed about where a request comes from.
    pub proxies: Proxies,
    /// How much may be pulled.
    pub pulls: Arc<Pulls>,
    /// Who is told of what was denied and what was written.
    pub audit: Audit,
    /// Where clients get tokens; `None` where they get them elsewhere.
    pub tokens: Option<TokenPages>,
    /// Whether anything is answered at all.
    pub health: HealthGate,
    /// Where access-log lines go; `None` for nowhere.
    pub access_log: Option<AccessLog>,
    /// Where requests are measured; `None` for nowhere.
    pub metrics: Option<Metrics>,
    /// Who is told of each request; `None` for nobody.
    pub observer: Option<Arc<dyn RequestObserver>>,
    /// How long a client may send nothing in the middle of a body.
    pub body_stall: Duration,
}

/// A request that has been understood.
pub(crate) struct Call<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) head: &'a Head,
    pub(crate) body: &'a mut RequestBody,
    pub(crate) locations: Locations<'a>,
    pub(crate) pages: PageLimits,
    pub(crate) manifests_in_memory: &'a Budget,
    pub(crate) turnstiles: &'a Turnstiles,
    pub(crate) guard: &'a Guard,
    pub(crate) pulls: &'a Pulls,
    pub(crate) asker: &'a Asker,
}

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefix: Prefix::default(),
            locations: LocationStyle::default(),
            headers: ResponseHeaders::default(),
            read_only: ReadOnly::default(),
            pages: PageLimits::default(),
            guard: Guard::default(),
            proxies: Proxies::default(),
            pulls: Arc::default(),
            audit: Audit::default(),
            tokens: None,
            health: HealthGate::default(),
            access_log: None,
            metrics: None,
            observer: None,
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
            turnstiles: Turnstiles::new(),
        })
    }

    /// To be held as long as a connection is open.
    pub(crate) fn connected(&self) -> Option<Connected> {
        self.settings.metrics.as_ref().map(Metrics::connected)
    }

    /// Answers one request of `peer`. The future holds what was made of the request, and not
    /// the request itself as well: it is moved about for each of them.
    pub(crate) fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: Peer,
    ) -> impl Future<Output = Response<ResponseBody>> + Send {
        let mut exchange = Exchange::begin(&request, peer, &self.settings);
        let (parts, incoming) = request.into_parts();
        let (name, version) = (parts.method, parts.version);
        let head = Head::new(&parts.uri, parts.headers);
        let mut body = RequestBody::new(incoming, self.settings.body_stall);
        if let Some(metrics) = &self.settings.metrics {
            body.count(metrics.received());
        }

        async move {
            let span = exchange.span();
            let answering = async {
                if !self.settings.health.is_open() {
                    Failure::Unhealthy.into_reply()
                } else if let Err(failure) = head.check(version) {
                    failure.into_reply()
                } else {
                    let (method, name) = (Method::parse(name.as_str()), name.as_str());
                    self.reply(method, name, &head, &mut body, peer, &mut exchange)
                        .await
                }
            };
            let reply = answering.instrument(span).await;
            exchange.answer(reply, &head, &mut body).await
        }
    }

    /// Which headers are on an answer depends on where it comes from.
    async fn reply(
        &self,
        method: Option<Method>,
        method_name: &str,
        head: &Head,
        body: &mut RequestBody,
        peer: Peer,
        exchange: &mut Exchange,
    ) -> Reply {
        if let Some(pages) = &self.settings.tokens
            && let Some(page) = pages.find(&head.path)
        {
            let address = self.settings.proxies.client(peer, head.headers());
            return pages.reply(page, method_name, head, body, address).await;
        }
        let found = Route::parse_with(&self.settings.prefix, &head.path);
        let is_root = matches!(found, Ok(Route::Root));
        let is_endpoint =
            !is_root && !matches!(found, Err(RouteError::NotFound | RouteError::Redirect(_)));
        let answered = match found {
            Ok(route) => {
                exchange.found(&route);
                self.dispatch(&route, method, method_name, head, body, peer)
                    .await
            }
            Err(error) => Err(moved_with_query(error, head)),
        };
        let mut reply = answered.unwrap_or_else(Failure::into_reply);
        if !is_root {
            reply = reply.fixed(name::API_VERSION, "registry/2.0");
        }
        if is_endpoint {
            reply = reply.more_headers(&self.settings.headers);
        }
        reply
    }

    async fn dispatch(
        &self,
        route: &Route,
        method: Option<Method>,
        method_name: &str,
        head: &Head,
        body: &mut RequestBody,
        peer: Peer,
    ) -> Result<Reply, Failure> {
        let read_only = self.settings.read_only.methods(route);
        let allowed = read_only.unwrap_or_else(|| route.methods());
        if method_name == "OPTIONS" {
            return Ok(Reply::new(StatusCode::OK).header(ALLOW, list(allowed)));
        }
        let guard = &self.settings.guard;
        let witness = Witness {
            audit: &self.settings.audit,
            method: method_name,
            head,
            address: self.settings.proxies.client(peer, head.headers()),
        };
        let asker = Asker {
            identity: guard.admit(route, method, head, peer, witness).await?,
            address: witness.address,
        };
        // The base paths answer to anything (distribution: `registry/handlers/app.go`).
        let any = matches!(route, Route::Root | Route::Base).then_some(Method::Get);
        let method = method.filter(|method| allowed.contains(method)).or(any);
        let method = method.ok_or(match read_only {
            Some(allowed) => Failure::ReadOnly(allowed),
            None => Failure::Method(allowed),
        })?;
        let call = Call {
            registry: &self.registry,
            head,
            body,
            pages: self.settings.pages,
            locations: Locations {
                style: &self.settings.locations,
                prefix: &self.settings.prefix,
                head,
                peer,
            },
            manifests_in_memory: &self.manifests_in_memory,
            turnstiles: &self.turnstiles,
            guard: &self.settings.guard,
            pulls: &self.settings.pulls,
            asker: &asker,
        };
        let accepted = match route {
            Route::Extension(_) => Accepted::Change,
            Route::Root
            | Route::Base
            | Route::Catalog
            | Route::Tags { .. }
            | Route::Manifest { .. }
            | Route::Blob { .. }
            | Route::Uploads { .. }
            | Route::Upload { .. }
            | Route::Referrers { .. } => Accepted::Session,
        };
        let change = witness.begin(&asker.identity, method, accepted);
        let handled = handlers::handle(method, route, call).await;
        change.end(method, handled.as_ref().ok());
        if let Err(Failure::Exhausted(_)) = &handled {
            witness.exhausted(&asker.identity);
        }
        match handled {
            // Nothing can be done where uploads are started, not even what usually is allowed.
            Err(Failure::Method(_)) if read_only.is_some() => Err(Failure::ReadOnly(&[])),
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

/// Longer than any pause of a healthy network, shorter than an abandoned connection should
/// be kept.
const BODY_STALL: Duration = Duration::from_secs(300);
/// Bytes of manifests that may be on their way in at once: each is held whole.
const MANIFESTS_IN_MEMORY: usize = 512 << 20;
