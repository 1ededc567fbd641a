//! The debug listener, beside a registry that it tells about.

mod health;
mod metrics;
mod requests;
mod variables;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use wharf_http::{
    App, Check, DebugContent, DebugPages, Health, Limits, Metrics, Prometheus, Server, Settings,
    Shutdown,
};
use wharf_registry::{Options, Registry};
use wharf_store::{FileStore, MemoryStore, Observed, Store};

use crate::checks::running;
use crate::harness::Wharf;
use crate::wire::{Request, Response};

/// Both listeners of one process.
pub(crate) struct Pair {
    pub(crate) wharf: Wharf,
    pub(crate) debug: Wharf,
    pub(crate) health: Health,
    pub(crate) metrics: Metrics,
}

/// What differs between tests.
pub(crate) struct Plan {
    /// Files below it, instead of memory.
    pub(crate) root: Option<PathBuf>,
    pub(crate) checks: Vec<Check>,
    pub(crate) prometheus: Option<&'static str>,
    pub(crate) command_line: Vec<String>,
}

// === impl Plan ===

impl Default for Plan {
    fn default() -> Self {
        Self {
            root: None,
            checks: Vec::new(),
            prometheus: Some(Prometheus::PATH),
            command_line: Vec::new(),
        }
    }
}

impl Plan {
    pub(crate) async fn start(self) -> Pair {
        let (health, metrics) = (running(self.checks), Metrics::new());
        let store: Arc<dyn Store> = match self.root {
            Some(root) => {
                let store = FileStore::new(root).unwrap();
                Arc::new(Observed::new(store, metrics.store("filesystem")))
            }
            None => Arc::new(Observed::new(
                MemoryStore::default(),
                metrics.store("inmemory"),
            )),
        };
        let registry = Registry::new(store, Options::default());
        let settings = Settings {
            metrics: Some(metrics.clone()),
            ..Settings::default()
        };
        let content = DebugContent {
            health: health.clone(),
            prometheus: self.prometheus.map(|path| Prometheus {
                metrics: metrics.clone(),
                path: path.to_owned(),
            }),
            registry: registry.clone(),
            command_line: self.command_line,
        };
        let limits = Limits::default();
        let app = Server::bind("127.0.0.1:0", App::new(registry, settings), limits).await;
        let pages = Server::bind("127.0.0.1:0", DebugPages::new(content), limits).await;
        Pair {
            wharf: serve(app.unwrap()),
            debug: serve(pages.unwrap()),
            health,
            metrics,
        }
    }
}

// === impl Pair ===

impl Pair {
    pub(crate) async fn start() -> Self {
        Plan::default().start().await
    }

    /// A page of the debug listener, whatever its status.
    pub(crate) async fn page(&self, request: Request) -> Response {
        let mut client = self.debug.connect().await;
        client.send(request.bytes()).await;
        let mut response = client.any_head().await;
        let length = response
            .header("Content-Length")
            .map_or(0, |length| length.parse().unwrap());
        response.body = client.take(length).await;
        response
    }

    /// The lines of the page of Prometheus, comments left out.
    pub(crate) async fn samples(&self) -> Vec<String> {
        let page = self.page(Request::get("/metrics")).await;
        assert_eq!(page.status, 200, "{}", page.head);
        let samples = page.text().lines();
        samples
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect()
    }

    /// The value of a sample, its labels written as they are.
    pub(crate) async fn sample(&self, name: &str) -> Option<f64> {
        let samples = self.samples().await;
        let value = samples
            .iter()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        Some(value.parse().unwrap())
    }

    /// Waits until a sample has a value: a request is over shortly after its answer.
    pub(crate) async fn until(&self, name: &str, value: f64) {
        for _ in 0..500 {
            if self.sample(name).await == Some(value) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let samples = self.samples().await.join("\n");
        panic!("no {name} {value} in\n{samples}");
    }
}

fn serve(server: Server) -> Wharf {
    let address = server.local_addr().unwrap();
    let shutdown = Shutdown::default();
    let task = tokio::spawn(server.run(shutdown.clone()));
    Wharf {
        address,
        shutdown,
        task,
    }
}

#[tokio::test]
async fn there_is_nothing_else() {
    let pair = Pair::start().await;
    for path in [
        "/",
        "/debug",
        "/debug/",
        "/debug/pprof/",
        "/v2/",
        "/metrics/",
        "/debug/health/down",
    ] {
        let page = pair.page(Request::get(path)).await;
        assert_eq!(
            (page.status, page.text()),
            (404, "404 page not found\n"),
            "{path}"
        );
    }
    for path in ["/debug/vars", "/metrics"] {
        assert_eq!(pair.page(Request::post(path)).await.status, 404, "{path}");
        assert_eq!(
            pair.debug.ask(Request::head(path)).await.status,
            200,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_registry_shows_none_of_it() {
    let pair = Pair::start().await;
    for path in ["/debug/health", "/debug/vars", "/metrics"] {
        assert_eq!(
            pair.wharf.ask(Request::get(path)).await.status,
            404,
            "{path}"
        );
    }
}

#[tokio::test]
async fn prometheus_is_where_the_operator_wants_it_or_nowhere() {
    let elsewhere = Plan {
        prometheus: Some("/elsewhere"),
        ..Plan::default()
    };
    let pair = elsewhere.start().await;
    assert_eq!(pair.page(Request::get("/elsewhere")).await.status, 200);
    assert_eq!(pair.page(Request::get("/metrics")).await.status, 404);
    let nowhere = Plan {
        prometheus: None,
        ..Plan::default()
    };
    let pair = nowhere.start().await;
    assert_eq!(pair.page(Request::get("/metrics")).await.status, 404);
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error() {
    let pair = Pair::start().await;
    let content = DebugContent {
        health: Health::default(),
        prometheus: None,
        registry: Registry::new(Arc::new(MemoryStore::default()), Options::default()),
        command_line: Vec::new(),
    };
    let taken = pair.debug.address.to_string();
    let bound = Server::bind(&taken, DebugPages::new(content), Limits::default()).await;
    assert_eq!(bound.err().unwrap().kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn it_ends_when_it_is_told_to_and_survives_the_registry() {
    let pair = Pair::start().await;
    pair.wharf.shutdown.drain.cancel();
    pair.wharf.task.await.unwrap();
    let page = Request::get("/debug/health");
    assert_eq!(pair.debug.ask(page).await.status, 200);
    pair.debug.shutdown.drain.cancel();
    pair.debug.task.await.unwrap();
}
