//! `wharf serve`: store, domain and server put together.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use wharf_auth::{Audit, SharedRules};
use wharf_config::{Loaded, Sources, load};
use wharf_http::{
    AccessLog, App, HealthGate, Inherited, Limits, LocalAddress, Metrics, Server, Settings,
    Shutdown, Stopped, TokenSite,
};
use wharf_registry::{Companions, Registry};

use crate::authorization::Surroundings;
use crate::cli::CalledAs;
use crate::config::tell;
use crate::logging::LogHandle;
use crate::operations::{self, Operations};
use crate::reload::Reload;
use crate::settings::Made;
use crate::signals::Signals;
use crate::sources::{flags, sources};
use crate::traces::Traces;
use crate::{authorization, cli, limits, listening, logging, settings, storage, terminal};

/// Everything that is known before anything is opened.
struct Start {
    sources: Sources,
    loaded: Loaded,
    made: Made,
    inherited: Option<Inherited>,
    log: Arc<LogHandle>,
}

/// Serves until a signal stops it.
pub(crate) fn serve(arguments: &cli::Serve, name: CalledAs) -> Result<ExitCode> {
    // While there are no other threads and no other open files.
    let inherited = Inherited::take()?;
    let gathered = sources(arguments.file.path.as_deref(), name).and_then(|mut sources| {
        sources.flags = flags(arguments)?;
        Ok(sources)
    });
    let sources = match gathered {
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
    let made = match settings::make(&loaded) {
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
    let served = runtime.block_on(run(Start {
        sources,
        loaded,
        made,
        inherited,
        log: Arc::clone(&log),
    }));
    // A write to the disk that no request waits for any more may still be under way.
    runtime.shutdown_timeout(Duration::from_secs(10));
    drop(log);
    served.map(|()| ExitCode::SUCCESS)
}

async fn run(start: Start) -> Result<()> {
    let signals = Signals::new()?;
    let made = start.made;
    let config = &start.loaded.config;
    let metrics = config.http.debug.prometheus.enabled.then(Metrics::new);
    let storage::Opened {
        store,
        driver,
        place,
        locator,
        descriptors,
    } = storage::opened(&start.loaded, metrics.as_ref())?;
    tracing::debug!("images are kept in {place}");
    let around = storage::middleware::around(&start.loaded, locator).await;
    let around = around.map_err(anyhow::Error::msg)?;
    // What clients have from elsewhere need not be kept here.
    let cache = match &around.locator {
        Some(_) => None,
        None => storage::cache(config, driver, metrics.as_ref())?,
    };
    let companions = Companions {
        locator: around.locator,
        descriptors,
        cache: cache.clone(),
    };
    let registry = Registry::with(Arc::clone(&store), companions, made.options);
    let health = operations::health(config, &store, driver)?;
    let gate = health.clone();
    let access_log = (!config.log.accesslog.disabled).then(|| AccessLog::new(std::io::stdout()));
    let audit = limits::audit(&start.loaded).map_err(anyhow::Error::msg)?;
    let traces = Traces::start(|name| std::env::var(name).ok())?;
    let told = audit.clone().map(Audit::to).unwrap_or_default();
    let surroundings = Surroundings {
        settings: &made.settings,
        rules: SharedRules::from(made.rules),
        audit: told.clone(),
    };
    let door = authorization::open(&start.loaded, &surroundings).map_err(anyhow::Error::msg)?;
    let rules = surroundings.rules;
    let own = config.wharfinger.auth.server.as_ref();
    let elsewhere = own.and_then(|server| server.addr.as_ref());
    let settings = Settings {
        access_log: access_log.clone(),
        metrics: metrics.clone(),
        guard: door.guard,
        proxies: limits::proxies(&start.loaded).map_err(anyhow::Error::msg)?,
        pulls: Arc::new(limits::pulls(&start.loaded).map_err(anyhow::Error::msg)?),
        audit: told,
        tokens: door.tokens.clone().filter(|_| elsewhere.is_none()),
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
    let operations = Operations::new();
    if let (Some(pages), Some(address)) = (door.tokens, elsewhere) {
        let site = TokenSite::new(pages, settings.clone());
        operations.issue(address, site, protocol.clone()).await?;
    }
    if let Some(remote) = door.remote {
        operations.fetch(remote);
    }
    for ranges in around.ranges {
        operations.follow(ranges);
    }
    let app = App::new(registry.clone(), settings);
    let server = Server::new(listener, app, limits).speaking(protocol);

    operations.check(&health);
    if let Some(metrics) = &metrics {
        operations.keep(metrics);
    }
    operations.purge(config, &registry);
    // Before the first request: whoever collects beside this server grants its clients a grace.
    operations.serve(&registry).await;
    operations.collect(config, &registry, metrics.as_ref());
    operations.scrub(config, &registry, metrics.as_ref());
    if let Some(accounts) = door.accounts {
        operations.record_uses(accounts);
    }
    operations.listen(config, health, metrics, registry).await?;
    if start.sources.file.is_none() {
        announce(server.local_address(), &place);
    }
    let secure = if tls.is_some() { ", tls" } else { "" };
    tracing::info!("listening on {}{secure}", server.local_address());
    let reload = Reload {
        sources: start.sources,
        log: start.log,
        tls,
        rules,
        audit: audit.clone(),
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
    if let Some(log) = audit {
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

/// Three lines for the person who tries it out.
fn announce(address: &LocalAddress, place: &str) {
    // Docker takes plain HTTP from `localhost` without being told to.
    let host = match address {
        LocalAddress::Tcp(address) if address.ip().is_loopback() => {
            format!("localhost:{}", address.port())
        }
        LocalAddress::Tcp(_) | LocalAddress::Unix(_) | LocalAddress::Unnamed => address.to_string(),
    };
    terminal::say(&format!(
        "listening on http://{address}\nstoring in {place}\n\
         push with: docker tag IMAGE {host}/NAME:TAG && docker push {host}/NAME:TAG"
    ));
}
