//! OpenTelemetry traces: a span per request, sent by OTLP over HTTP. This is the one module
//! that knows OpenTelemetry.
//!
//! Nothing is sent unless an endpoint is named. distribution sends to localhost:4318 unless
//! it is told not to.
// distribution: tracing/tracing.go, registry/registry.go (otelHandler)

mod client;
mod settings;
mod span;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::runtime::Handle;
use wharf_http::{ObservedRequest, RequestObserver};

use self::client::Client;
use self::settings::Settings;

/// Traces that are being sent. Cloning it gives the same ones.
#[derive(Clone)]
pub(crate) struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

// === impl Traces ===

impl Traces {
    /// Starts to send, if `variable` (the environment) names an endpoint. Batches, samplers,
    /// headers and further attributes of the resource are for the SDK to read, from the
    /// process' own environment.
    ///
    /// # Errors
    /// When the endpoint is none, or the SDK does not take what the environment says.
    pub(crate) fn start(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let Some(Settings { endpoint, service }) = Settings::read(variable) else {
            return Ok(None);
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client::new(Handle::current())?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(&endpoint)
            .build()
            .context("OTEL_EXPORTER_OTLP_ENDPOINT names no place that takes traces")?;
        let resource = Resource::builder()
            .with_service_name(service)
            .with_attribute(opentelemetry::KeyValue::new(
                "service.version",
                env!("CARGO_PKG_VERSION"),
            ))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_batch_exporter(exporter)
            .build();
        let tracer = provider.tracer("wharf");
        tracing::info!("sending traces");
        Ok(Some(Self { provider, tracer }))
    }

    /// Who is to be told of requests.
    pub(crate) fn observer(&self) -> Arc<dyn RequestObserver> {
        Arc::new(self.clone())
    }

    /// Sends what is still waiting, for a few seconds at most.
    pub(crate) async fn finish(self) {
        let finish = move || self.provider.shutdown_with_timeout(PATIENCE);
        match tokio::task::spawn_blocking(finish).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last traces were not sent"),
            Err(error) => tracing::warn!(%error, "the last traces were not sent"),
        }
    }
}

impl RequestObserver for Traces {
    fn done(&self, request: &ObservedRequest) {
        span::record(&self.tracer, request);
    }
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traces").finish_non_exhaustive()
    }
}

const PATIENCE: Duration = Duration::from_secs(5);
