//! What Prometheus is told: distribution's metrics under distribution's names, and a few
//! of our own, which begin with `wharf_`. No label has a value that a client chooses.
// distribution: metrics/prometheus.go; docker/go-metrics: handler.go, namespace.go

mod cache;
mod collection;
mod descriptors;
mod http;
mod process;
mod store;

use std::sync::Arc;
use std::time::Duration;

use ::metrics::{Key, Label, Level, Metadata, SharedString};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use tokio_util::sync::CancellationToken;

use self::http::HttpMetrics;

pub use self::cache::CacheMetrics;
pub use self::collection::CollectionMetrics;
pub use self::descriptors::CountedDescriptors;
pub(crate) use self::http::{Connected, Measured};
pub(crate) use self::process::{ProcessNumbers, sample};
pub use self::store::StoreMetrics;

/// All metrics of a process. Cloning it gives the same ones.
#[derive(Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

struct Inner {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    http: HttpMetrics,
}

// === impl Metrics ===

impl Metrics {
    /// Metrics that stand at nothing.
    #[must_use]
    pub fn new() -> Self {
        let recorder = recorder();
        let handle = recorder.handle();
        let http = HttpMetrics::new(&recorder);
        Self {
            inner: Arc::new(Inner {
                recorder,
                handle,
                http,
            }),
        }
    }

    /// Sorts what was observed into its buckets now and then, until `stop` is cancelled:
    /// otherwise observations would pile up while nobody asks for them.
    pub async fn run(self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.inner.handle.run_upkeep(),
                () = stop.cancelled() => return,
            }
        }
    }

    /// An observer for the store whose driver is called `driver` in the configuration.
    #[must_use]
    pub fn store(&self, driver: &str) -> StoreMetrics {
        StoreMetrics::new(&self.inner.recorder, driver)
    }

    /// Prometheus' text format, version 0.0.4.
    #[must_use]
    pub fn render(&self) -> String {
        self.inner.handle.render()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

fn recorder() -> PrometheusRecorder {
    let sizes = http::size_buckets();
    let mut builder = PrometheusBuilder::new();
    for (name, buckets) in [
        (http::DURATION, http::DURATION_BUCKETS),
        (http::REQUEST_SIZE, sizes.as_slice()),
        (http::RESPONSE_SIZE, sizes.as_slice()),
        (store::ACTION, store::ACTION_BUCKETS),
    ] {
        #[expect(clippy::expect_used, reason = "it fails for an empty list only")]
        {
            builder = builder
                .set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)
                .expect("there are buckets");
        }
    }
    let recorder = builder.build_recorder();
    http::describe(&recorder);
    store::describe(&recorder);
    descriptors::describe(&recorder);
    collection::describe(&recorder);
    cache::describe(&recorder);
    recorder
}

/// The identity of a metric.
fn key<const N: usize>(name: &'static str, labels: [(&'static str, SharedString); N]) -> Key {
    let labels = labels.map(|(name, value)| Label::new(name, value));
    Key::from_parts(name, labels.to_vec())
}

/// The recorder does not look at it.
const METADATA: Metadata<'static> = Metadata::new("wharf", Level::INFO, None);
/// Observations of a busy server in this time take a few megabytes.
const UPKEEP: Duration = Duration::from_secs(5);
