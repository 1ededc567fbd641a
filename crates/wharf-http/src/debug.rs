//! The pages of the debug listener: health, variables, metrics. They are for operators and
//! show no secret; who may reach them is for the operator's network to decide.
// distribution: registry/registry.go (configureDebugServer), health/health.go (StatusHandler)

mod redact;
mod variables;

use std::sync::Arc;
use std::time::Instant;

use http::header::{CONNECTION, CONTENT_TYPE};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use wharf_registry::Registry;

use crate::body::ResponseBody;
use crate::checks::Health;
use crate::error::Failure;
use crate::head::Head;
use crate::metrics::{Metrics, ProcessNumbers, sample};
use crate::reply::Reply;
use crate::request::RequestBody;

/// What the debug listener shows.
pub struct DebugPages {
    content: DebugContent,
    started: Instant,
}

/// Where the pages get it from.
pub struct DebugContent {
    /// For `/debug/health`.
    pub health: Health,
    /// For the page of Prometheus; without, there is none.
    pub prometheus: Option<Prometheus>,
    /// For numbers about uploads.
    pub registry: Registry,
    /// The arguments of the process; what looks like a secret in them is not shown.
    pub command_line: Vec<String>,
}

/// Where Prometheus finds what (distribution: `http.debug.prometheus`).
pub struct Prometheus {
    /// What it finds.
    pub metrics: Metrics,
    /// On which path; [`Prometheus::PATH`] unless the operator says otherwise.
    pub path: String,
}

// === impl Prometheus ===

impl Prometheus {
    /// Where it looks unless it is told.
    pub const PATH: &str = "/metrics";

    /// On the usual path.
    #[must_use]
    pub fn new(metrics: Metrics) -> Self {
        Self {
            metrics,
            path: Self::PATH.to_owned(),
        }
    }
}

// === impl DebugPages ===

impl DebugPages {
    /// Pages with this content.
    #[must_use]
    pub fn new(content: DebugContent) -> Arc<Self> {
        let command_line = redact::arguments(&content.command_line);
        Arc::new(Self {
            content: DebugContent {
                command_line,
                ..content
            },
            started: Instant::now(),
        })
    }

    /// Answers one request.
    pub(crate) async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Response<ResponseBody> {
        let (parts, incoming) = request.into_parts();
        let head = Head::new(&parts.uri, parts.headers);
        let mut reply = self.page(&parts.method, &head.path).await;
        let mut body = RequestBody::new(incoming, STALL);
        if !body.drain(&head).await {
            reply = reply.header(CONNECTION, "close");
        }
        reply.into_response(parts.method == Method::HEAD)
    }

    async fn page(&self, method: &Method, path: &str) -> Reply {
        let prometheus = self.content.prometheus.as_ref();
        match (path, method) {
            ("/debug/health", &Method::GET) => self.health(),
            ("/debug/health", _) => nothing(),
            ("/debug/vars", &(Method::GET | Method::HEAD)) => {
                let numbers = process_numbers().await;
                Reply::new(StatusCode::OK)
                    .header(CONTENT_TYPE, "application/json; charset=utf-8")
                    .bytes(self.variables(&numbers).to_string())
            }
            (path, &(Method::GET | Method::HEAD)) => {
                match prometheus.filter(|prometheus| prometheus.path == path) {
                    Some(prometheus) => self.metrics(prometheus).await,
                    None => nothing(),
                }
            }
            _ => nothing(),
        }
    }

    fn health(&self) -> Reply {
        let failures = self.content.health.failures();
        let status = if failures.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        // Without a line's end, unlike the registry's own lists.
        let page = serde_json::to_vec(&failures).unwrap_or_default();
        Reply::new(status)
            .header(CONTENT_TYPE, "application/json")
            .bytes(page)
    }

    async fn metrics(&self, prometheus: &Prometheus) -> Reply {
        let numbers = process_numbers().await;
        let mut page = prometheus.metrics.render();
        page.push_str(&numbers.render());
        for (name, help, value) in [
            (
                "wharf_uploads_in_progress",
                "Uploads that a request writes to.",
                self.content.registry.uploads_in_progress(),
            ),
            (
                "wharf_health_checks_failing",
                "Health checks that fail: above 0, every request is refused.",
                self.content.health.failures().len(),
            ),
        ] {
            page.push_str(&sample(name, "gauge", help, value as f64));
        }
        Reply::new(StatusCode::OK)
            .header(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
            .bytes(page)
    }
}

async fn process_numbers() -> ProcessNumbers {
    let read = tokio::task::spawn_blocking(ProcessNumbers::read);
    // It does not panic; a runtime that goes down needs no numbers.
    read.await.unwrap_or_default()
}

fn nothing() -> Reply {
    Failure::NoRoute.into_reply()
}

/// Nobody sends a body here.
const STALL: std::time::Duration = std::time::Duration::from_secs(2);
