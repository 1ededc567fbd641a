//! `wharf serve`: store, domain and server put together.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use wharf_config::{Config, Loaded};
use wharf_http::{
    AccessLog, App, HealthGate, Limits, Metrics, Server, Settings, Shutdown, Stopped,
};
use wharf_registry::Registry;
use wharf_store::{FileStore, MemoryStore, Observed, Store};

use crate::config::tell;
use crate::operations::{self, Operations};
use crate::settings::Made;
use crate::signals::Signals;
use crate::sources::{flags, loaded, sources};
use crate::traces::Traces;
use crate::{cli, logging, settings, terminal};

/// Serves until a signal stops it.
pub(crate) fn serve(arguments: &cli::Serve, named_registry: bool) -> Result<ExitCode> {
    let mut sources = match sources(&arguments.file, named_registry) {
        Ok(sources) => sources,
        Err(error) => {
            terminal::warn(&format!("configuration error: {error:#}"));
            return Ok(ExitCode::FAILURE);
        }
    };
    sources.flags = flags(arguments);
    let is_configured = sources.file.is_some();
    let loaded = match loaded(&sources) {
        Ok(loaded) => loaded,
        Err(refused) => {
            tell(&refused);
            return Ok(ExitCode::FAILURE);
        }
    };
    let _log = logging::start(&settings::log(&loaded.config))?;
    let made = match settings::make(&loaded) {
        Ok(made) => made,
        Err(error) => {
            terminal::warn(&format!("configuration error: {error}"));
            return Ok(ExitCode::FAILURE);
        }
    };
    for warning in loaded.warnings.iter().chain(&made.warnings) {
        tracing::warn!("{warning}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(run(&loaded, made, is_configured));
    // A write to the disk that no request waits for any more may still be under way.
    runtime.shutdown_timeout(Duration::from_secs(10));
    served.map(|()| ExitCode::SUCCESS)
}

async fn run(loaded: &Loaded, made: Made, is_configured: bool) -> Result<()> {
    let signals = Signals::new()?;
    let config = &loaded.config;
    let metrics = config.http.debug.prometheus.enabled.then(Metrics::new);
    let (store, driver, place) = store(config, metrics.as_ref())?;
    let registry = Registry::new(Arc::clone(&store), made.options);
    let health = operations::health(config, &store, driver)?;
    let gate = health.clone();
    let access_log = (!config.log.accesslog.disabled).then(|| AccessLog::new(std::io::stdout()));
    let traces = Traces::start(|name| std::env::var(name).ok())?;
    let settings = Settings {
        access_log: access_log.clone(),
        metrics: metrics.clone(),
        health: HealthGate::new(move || gate.is_healthy()),
        observer: traces.as_ref().map(Traces::observer),
        ..made.settings
    };
    let limits = Limits {
        drain: config.http.draintimeout,
        ..Limits::default()
    };
    let address = &config.http.addr;
    let app = App::new(registry.clone(), settings);
    let server = Server::bind(address, app, limits).await.with_context(|| {
        format!("cannot listen on {address}: choose another address with --addr or http.addr")
    })?;

    let listening = server.local_addr()?;
    if !is_configured {
        announce(listening, &place);
    }
    tracing::info!("listening on {listening}");
    let operations = Operations::new();
    operations.check(&health);
    if let Some(metrics) = &metrics {
        operations.keep(metrics);
    }
    operations.purge(config, &registry);
    operations.listen(config, health, metrics, registry).await?;
    let shutdown = Shutdown::default();
    let stopped = tokio::select! {
        stopped = server.run(shutdown.clone()) => stopped,
        never = signals.stop(shutdown) => match never {},
    };
    operations.end().await;
    if let Some(traces) = traces {
        traces.finish().await;
    }
    if let Some(log) = access_log {
        log.close();
    }
    match stopped {
        Stopped::Clean => tracing::info!("stopped"),
        Stopped::CutOff(connections) => {
            bail!(
                "{connections} connections were cut off: give them longer with --drain-timeout \
                 or http.draintimeout"
            )
        }
    }
    Ok(())
}

/// The store that is configured, the name of its driver, and where it is.
fn store(
    config: &Config,
    metrics: Option<&Metrics>,
) -> Result<(Arc<dyn Store>, &'static str, String)> {
    let Some(filesystem) = &config.storage.filesystem else {
        // The other drivers have been refused with the configuration.
        let store = observed(MemoryStore::default(), metrics, "inmemory");
        return Ok((store, "inmemory", "memory".to_owned()));
    };
    let directory = Path::new(&filesystem.rootdirectory);
    let store = FileStore::new(directory)
        .with_context(|| format!("images cannot be kept in {}", directory.display()))?;
    let place = std::path::absolute(directory).unwrap_or_else(|_| directory.to_path_buf());
    let store = observed(store, metrics, "filesystem");
    Ok((store, "filesystem", place.display().to_string()))
}

/// A store whose calls are measured, where somebody wants to know.
fn observed(store: impl Store, metrics: Option<&Metrics>, driver: &str) -> Arc<dyn Store> {
    match metrics {
        Some(metrics) => Arc::new(Observed::new(store, metrics.store(driver))),
        None => Arc::new(store),
    }
}

/// Three lines for the person who tries it out.
fn announce(address: SocketAddr, place: &str) {
    // Docker takes plain HTTP from `localhost` without being told to.
    let host = if address.ip().is_loopback() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    };
    terminal::say(&format!(
        "listening on http://{address}\nstoring in {place}\n\
         push with: docker tag IMAGE {host}/NAME:TAG && docker push {host}/NAME:TAG"
    ));
}
