//! `wharf edge`: blobs of the storage for clients that a registry has sent here.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use wharf_auth::SharedRules;
use wharf_config::{Loaded, Remark, Sources, load};
use wharf_http::{
    AccessLog, EdgeSite, HealthGate, Inherited, Limits, Metrics, Server, Settings, Shutdown,
    Stopped,
};
use wharf_registry::{EdgeBlobs, Registry};

use crate::cli::{self, CalledAs};
use crate::config::tell;
use crate::logging::LogHandle;
use crate::operations::{self, Operations};
use crate::reload::Reload;
use crate::settings::Made;
use crate::signals::Signals;
use crate::sources::sources;
use crate::storage::Edge;
use crate::traces::Traces;
use crate::{limits, listening, logging, settings, storage, terminal};

/// Everything that is known before anything is opened.
struct Start {
    sources: Sources,
    loaded: Loaded,
    made: Made,
    edge: Edge,
    inherited: Option<Inherited>,
    log: Arc<LogHandle>,
}

/// Serves until a signal stops it.
pub(crate) fn run(arguments: &cli::Edge, name: CalledAs) -> Result<ExitCode> {
    // While there are no other threads and no other open files.
    let inherited = Inherited::take()?;
    let sources = match sources(arguments.file.path.as_deref(), name) {
        Ok(sources) => sources,
        Err(error) => {
            terminal::warn(&format!("configuration error: {error:#}"));
            return Ok(ExitCode::FAILURE);
        }
    };
    let loaded = match load(&sources) {
        Ok(loaded) => loaded,
        Err(refused) => {
            tell(&refused);
            return Ok(ExitCode::FAILURE);
        }
    };
    let (made, edge) = match make(&loaded) {
        Ok(made) => made,
        Err(error) => {
            terminal::warn(&format!("configuration error: {error}"));
            return Ok(ExitCode::FAILURE);
        }
    };
    let log = Arc::new(logging::start(&settings::log(&loaded.config))?);
    for warning in loaded.warnings.iter().chain(&made.warnings) {
        tracing::warn!("{warning}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(serve(Start {
        sources,
        loaded,
        made,
        edge,
        inherited,
        log: Arc::clone(&log),
    }));
    // A write to the cache may still be under way.
    runtime.shutdown_timeout(Duration::from_secs(10));
    drop(log);
    served.map(|()| ExitCode::SUCCESS)
}

fn make(loaded: &Loaded) -> Result<(Made, Edge), Remark> {
    let made = settings::make(loaded)?;
    let text = "an edge has to know the secret that URLs are signed with: see \
                wharfinger.edge.secrets";
    let edge = Edge::of(loaded)?.ok_or_else(|| loaded.remark("wharfinger.edge", text))?;
    if loaded.config.storage.inmemory.is_some() {
        let text = "the memory of another process cannot be read";
        return Err(loaded.remark("storage.inmemory", text));
    }
    Ok((made, edge))
}

async fn serve(start: Start) -> Result<()> {
    let signals = Signals::new()?;
    let (made, config) = (start.made, &start.loaded.config);
    let metrics = config.http.debug.prometheus.enabled.then(Metrics::new);
    storage::must_be_there(&start.loaded)?;
    let opened = storage::opened(&start.loaded, metrics.as_ref())?;
    tracing::debug!("blobs are read from {}", opened.place);
    let cache = storage::cache(config, opened.driver, metrics.as_ref())?;
    let keys = start.edge.keys().map_err(anyhow::Error::msg)?;
    let health = operations::health(config, &opened.store, opened.driver)?;
    let gate = health.clone();
    let access_log = (!config.log.accesslog.disabled).then(|| AccessLog::new(std::io::stdout()));
    let traces = Traces::start(|name| std::env::var(name).ok())?;
    let settings = Settings {
        access_log: access_log.clone(),
        metrics: metrics.clone(),
        proxies: limits::proxies(&start.loaded).map_err(anyhow::Error::msg)?,
        health: HealthGate::new(move || gate.is_healthy()),
        observer: traces.as_ref().map(Traces::observer),
        ..made.settings
    };
    let limits = Limits {
        drain: config.http.draintimeout,
        ..Limits::default()
    };
    let (protocol, tls) = listening::learn(made.speech).await?;
    let listener = listening::open(&made.place, start.inherited).await?;
    let blobs = EdgeBlobs::new(Arc::clone(&opened.store), cache.clone());
    let site = EdgeSite::new(blobs, keys, start.edge.prefix(), settings);
    let server = Server::new(listener, site, limits).speaking(protocol);
    let operations = Operations::new();
    operations.check(&health);
    if let Some(metrics) = &metrics {
        operations.keep(metrics);
    }
    // The debug listener tells of uploads, of which there are none here.
    let registry = Registry::new(opened.store, made.options);
    operations.listen(config, health, metrics, registry).await?;
    let secure = if tls.is_some() { ", tls" } else { "" };
    tracing::info!("edge listening on {}{secure}", server.local_address());
    let reload = Reload {
        sources: start.sources,
        log: start.log,
        tls,
        rules: SharedRules::from(made.rules),
        audit: None,
    };
    let shutdown = Shutdown::default();
    let stopped = tokio::select! {
        stopped = server.run(shutdown.clone()) => stopped,
        never = signals.heed(shutdown, reload) => match never {},
    };
    operations.end().await;
    if let Some(cache) = cache {
        cache.close().await;
    }
    if let Some(traces) = traces {
        traces.finish().await;
    }
    if let Some(log) = access_log {
        log.close();
    }
    match stopped {
        Stopped::Clean => tracing::info!("stopped"),
        Stopped::CutOff(connections) => {
            bail!("{connections} connections were cut off: see http.draintimeout")
        }
    }
    Ok(())
}
