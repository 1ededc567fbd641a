//! Requests, from their head to the last byte of their answer.
//!
//! As with distribution, what is for no endpoint of the API is not counted, and neither is
//! `/`, where load balancers ask.
// docker/go-metrics: handler.go, namespace.go; client_golang: promhttp/instrument_server.go

mod handler;

use std::sync::Arc;
use std::time::Instant;

use ::metrics::{Counter, Gauge, Histogram, Recorder};
use http::{Method, Request, StatusCode};
use http_body::Body;
use wharf_spec::Route;

use self::handler::Handler;
use super::{Inner, METADATA, Metrics, key};

/// The metrics that do not depend on what is asked.
pub(super) struct HttpMetrics {
    handlers: Vec<(Handler, HandlerMetrics)>,
    connections: Gauge,
    received: Counter,
    sent: Counter,
}

struct HandlerMetrics {
    in_flight: Gauge,
    request_size: Histogram,
    response_size: Histogram,
}

/// A request that is being answered; when it is dropped, it is over.
pub(crate) struct Measured {
    metrics: Arc<Inner>,
    started: Instant,
    handler: Option<Handler>,
    method: &'static str,
    request_size: u64,
    status: Option<StatusCode>,
    sent: u64,
}

/// An open connection, until it is dropped.
pub(crate) struct Connected(Arc<Inner>);

// === impl Metrics ===

impl Metrics {
    /// Follows a request.
    pub(crate) fn begin(&self, request: &Request<impl Body>) -> Measured {
        Measured {
            metrics: Arc::clone(&self.inner),
            started: Instant::now(),
            handler: None,
            method: method(request.method()),
            request_size: approximate_size(request),
            status: None,
            sent: 0,
        }
    }

    /// Counts a connection.
    pub(crate) fn connected(&self) -> Connected {
        self.inner.http.connections.increment(1.0);
        Connected(Arc::clone(&self.inner))
    }

    /// Where bytes of request bodies are counted.
    pub(crate) fn received(&self) -> Counter {
        self.inner.http.received.clone()
    }
}

// === impl HttpMetrics ===

impl HttpMetrics {
    pub(super) fn new(recorder: &impl Recorder) -> Self {
        let handlers = Handler::ALL.iter().map(|handler| {
            let labels = || [("handler", handler.name().into())];
            let metrics = HandlerMetrics {
                in_flight: recorder.register_gauge(&key(IN_FLIGHT, labels()), &METADATA),
                request_size: recorder.register_histogram(&key(REQUEST_SIZE, labels()), &METADATA),
                response_size: recorder
                    .register_histogram(&key(RESPONSE_SIZE, labels()), &METADATA),
            };
            (*handler, metrics)
        });
        Self {
            handlers: handlers.collect(),
            connections: recorder.register_gauge(&key(CONNECTIONS, []), &METADATA),
            received: recorder.register_counter(&key(RECEIVED, []), &METADATA),
            sent: recorder.register_counter(&key(SENT, []), &METADATA),
        }
    }

    fn of(&self, handler: Handler) -> Option<&HandlerMetrics> {
        let found = self.handlers.iter().find(|(known, _)| *known == handler);
        found.map(|(_, metrics)| metrics)
    }
}

// === impl Measured ===

impl Measured {
    /// The endpoint that the request is for.
    pub(crate) fn found(&mut self, route: &Route) {
        self.is_for(Handler::of(route));
    }

    /// It is a blob, though not by the registry's API.
    pub(crate) fn found_blob(&mut self) {
        self.is_for(Some(Handler::Blob));
    }

    fn is_for(&mut self, handler: Option<Handler>) {
        self.handler = handler;
        if let Some(metrics) = self.handler_metrics() {
            metrics.in_flight.increment(1.0);
        }
    }

    /// The answer begins.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    /// Bytes of the answer's body are on their way.
    pub(crate) fn sent(&mut self, bytes: u64) {
        self.sent += bytes;
        self.metrics.http.sent.increment(bytes);
    }

    fn handler_metrics(&self) -> Option<&HandlerMetrics> {
        self.metrics.http.of(self.handler?)
    }
}

impl Drop for Measured {
    #[expect(clippy::cast_precision_loss, reason = "histograms are of floats")]
    fn drop(&mut self) {
        let (Some(handler), Some(metrics)) = (self.handler, self.handler_metrics()) else {
            return;
        };
        metrics.in_flight.decrement(1.0);
        metrics.request_size.record(self.request_size as f64);
        metrics.response_size.record(self.sent as f64);
        let recorder = &self.metrics.recorder;
        let status = self.status.map_or(CLIENT_GONE, |status| status.as_u16());
        let labels = [
            ("code", status.to_string().into()),
            ("handler", handler.name().into()),
            ("method", self.method.into()),
        ];
        let requests = recorder.register_counter(&key(REQUESTS, labels), &METADATA);
        requests.increment(1);
        let labels = [
            ("handler", handler.name().into()),
            ("method", self.method.into()),
        ];
        let duration = recorder.register_histogram(&key(DURATION, labels), &METADATA);
        duration.record(self.started.elapsed());
    }
}

// === impl Connected ===

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.http.connections.decrement(1.0);
    }
}

pub(super) fn describe(recorder: &impl Recorder) {
    for (name, help) in [
        (IN_FLIGHT, "Requests that are being answered."),
        (CONNECTIONS, "Connections that are open."),
    ] {
        recorder.describe_gauge(name.into(), None, help.into());
    }
    for (name, help) in [
        (REQUESTS, "Requests that were answered."),
        (RECEIVED, "Bytes of request bodies, as they come."),
        (SENT, "Bytes of answers' bodies, as they go."),
    ] {
        recorder.describe_counter(name.into(), None, help.into());
    }
    for (name, help) in [
        (
            DURATION,
            "Seconds from a request's head to the last byte of its answer.",
        ),
        (
            REQUEST_SIZE,
            "About how many bytes a request announced, head and body.",
        ),
        (RESPONSE_SIZE, "Bytes of the answer's body."),
    ] {
        recorder.describe_histogram(name.into(), None, help.into());
    }
}

/// The Go client's label for a method.
fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "get",
        "PUT" => "put",
        "HEAD" => "head",
        "POST" => "post",
        "DELETE" => "delete",
        "CONNECT" => "connect",
        "OPTIONS" => "options",
        "NOTIFY" => "notify",
        "TRACE" => "trace",
        "PATCH" => "patch",
        _ => "unknown",
    }
}

/// As the Go client reckons it, without serialising anything.
fn approximate_size(request: &Request<impl Body>) -> u64 {
    let target = request
        .uri()
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    let version = "HTTP/1.1".len();
    let head = target + request.method().as_str().len() + version + headers;
    head as u64 + request.body().size_hint().exact().unwrap_or(0)
}

/// 1 KiB to 2 GiB, each twice the one before.
pub(super) fn size_buckets() -> Vec<f64> {
    std::iter::successors(Some(1024.0), |size| Some(size * 2.0))
        .take(22)
        .collect()
}

pub(super) const DURATION: &str = "registry_http_request_duration_seconds";
pub(super) const REQUEST_SIZE: &str = "registry_http_request_size_bytes";
pub(super) const RESPONSE_SIZE: &str = "registry_http_response_size_bytes";
const REQUESTS: &str = "registry_http_requests_total";
const IN_FLIGHT: &str = "registry_http_in_flight_requests";
const CONNECTIONS: &str = "wharf_http_connections";
const RECEIVED: &str = "wharf_http_received_bytes_total";
const SENT: &str = "wharf_http_sent_bytes_total";

pub(super) const DURATION_BUCKETS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0,
];

/// What distribution, and nginx before it, say of a client that left before its answer.
const CLIENT_GONE: u16 = 499;
