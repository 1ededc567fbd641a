//! A request as a span, by OpenTelemetry's conventions for HTTP servers.

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{Span as _, SpanBuilder, SpanKind, Status, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;
use wharf_http::ObservedRequest;

/// Records a request that is over.
pub(super) fn record(tracer: &SdkTracer, request: &ObservedRequest) {
    let name = format!("{} {}", request.method, request.path);
    let builder = SpanBuilder::from_name(name)
        .with_kind(SpanKind::Server)
        .with_start_time(request.started)
        .with_attributes(attributes(request));
    let mut span = tracer.build_with_context(builder, &parent(request));
    if request.status.is_none_or(|status| status >= 500) {
        span.set_status(Status::error(""));
    }
    span.end_with_timestamp(request.started + request.took);
}

/// What the client says that its request is a part of.
fn parent(request: &ObservedRequest) -> Context {
    let Some(traceparent) = &request.traceparent else {
        return Context::new();
    };
    let mut headers = HashMap::from([("traceparent".to_owned(), traceparent.clone())]);
    if let Some(tracestate) = &request.tracestate {
        headers.insert("tracestate".to_owned(), tracestate.clone());
    }
    TraceContextPropagator::new().extract_with_context(&Context::new(), &headers)
}

fn attributes(request: &ObservedRequest) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("http.request.method", request.method.clone()),
        KeyValue::new("url.path", request.path.clone()),
        KeyValue::new("network.protocol.version", request.version),
        KeyValue::new(
            "http.response.body.size",
            i64::try_from(request.sent).unwrap_or(i64::MAX),
        ),
    ];
    if let Some(status) = request.status {
        attributes.push(KeyValue::new(
            "http.response.status_code",
            i64::from(status),
        ));
    }
    if let Some(peer) = request.peer {
        attributes.push(KeyValue::new("client.address", peer.to_string()));
    }
    if let Some(agent) = &request.user_agent {
        attributes.push(KeyValue::new("user_agent.original", agent.clone()));
    }
    attributes
}
