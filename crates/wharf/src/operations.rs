//! What runs beside the serving: checks, metrics, purging, the debug listener.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wharf_auth::{Accounts, RemoteKeys};
use wharf_config::Config;
use wharf_http::{
    Check, DebugContent, DebugPages, Health, HealthError, HttpProbe, Limits, Metrics, Probe,
    Prometheus, Protocol, Server, Shutdown, TokenSite,
};
use wharf_registry::{
    Collector, PurgeMode, Purger, Purging, Registry, ScrubMode, Scrubber, Scrubbing,
};
use wharf_store::Store;

use crate::storage::middleware::Ranges;

/// What runs beside the serving, until it is stopped.
pub(crate) struct Operations {
    tasks: TaskTracker,
    stop: CancellationToken,
}

// === impl Operations ===

impl Operations {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Asks the checks again and again.
    pub(crate) fn check(&self, health: &Health) {
        let checking = health.clone().run(self.stop.clone());
        self.tasks.spawn(checking);
    }

    /// Keeps metrics small while nobody asks for them.
    pub(crate) fn keep(&self, metrics: &Metrics) {
        self.tasks.spawn(metrics.clone().run(self.stop.clone()));
    }

    /// Says that a server takes requests, until it does so no more. A store that does not answer
    /// is not waited for: nobody can collect there either.
    pub(crate) async fn serve(&self, registry: &Registry) {
        let (registry, stop) = (registry.clone(), self.stop.clone());
        let (told, is_told) = oneshot::channel();
        self.tasks.spawn(async move {
            let mut told = Some(told);
            let _serving = loop {
                let serving = tokio::select! {
                    serving = registry.serving() => serving,
                    () = stop.cancelled() => return,
                };
                let is_first = told.take().is_some_and(|told| told.send(()).is_ok());
                match serving {
                    Ok(serving) => break serving,
                    Err(error) if is_first => tracing::warn!(
                        %error,
                        "commands beside this server cannot know that it is there"
                    ),
                    Err(error) => tracing::debug!(%error, "it is still not known to others"),
                }
                tokio::select! {
                    () = tokio::time::sleep(AGAIN) => {}
                    () = stop.cancelled() => return,
                }
            };
            stop.cancelled().await;
        });
        if tokio::time::timeout(STORE_PATIENCE, is_told).await.is_err() {
            tracing::warn!("the storage does not answer yet");
        }
    }

    /// Removes uploads that nobody goes on with, where the operator wants that.
    pub(crate) fn purge(&self, config: &Config, registry: &Registry) {
        let purging = &config.storage.maintenance.uploadpurging;
        if !purging.enabled || config.storage.maintenance.readonly.enabled {
            return;
        }
        let purging = Purging {
            age: purging.age,
            interval: purging.interval,
            mode: if purging.dryrun {
                PurgeMode::DryRun
            } else {
                PurgeMode::Remove
            },
        };
        let purger = Purger::new(registry.clone(), purging);
        self.tasks.spawn(purger.run(self.stop.clone()));
    }

    /// Gives back what nobody needs any more, where the operator wants that.
    pub(crate) fn collect(&self, config: &Config, registry: &Registry, metrics: Option<&Metrics>) {
        let collection = &config.wharfinger.collection;
        if !collection.enabled || config.storage.maintenance.readonly.enabled {
            return;
        }
        let options = crate::collection::options(config);
        let mut collector = Collector::new(registry.clone(), options, collection.interval);
        if let Some(metrics) = metrics {
            collector = collector.told_to(metrics.collection());
        }
        self.tasks.spawn(collector.run(self.stop.clone()));
    }

    /// Looks through what is stored, where the operator wants that.
    pub(crate) fn scrub(&self, config: &Config, registry: &Registry, metrics: Option<&Metrics>) {
        let scrub = &config.wharfinger.scrub;
        if !scrub.enabled || config.storage.maintenance.readonly.enabled {
            return;
        }
        let scrubbing = Scrubbing {
            mode: ScrubMode::Quarantine,
            rate: scrub.rate,
            grace: config.wharfinger.collection.grace,
        };
        let mut scrubber = Scrubber::new(registry.clone(), scrubbing, scrub.interval);
        if let Some(metrics) = metrics {
            scrubber = scrubber.told_to(metrics.collection());
        }
        self.tasks.spawn(scrubber.run(self.stop.clone()));
    }

    /// Writes down now and then, and at the end, when tokens were used last.
    pub(crate) fn record_uses(&self, accounts: Arc<Accounts>) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            while stop
                .run_until_cancelled(tokio::time::sleep(USES))
                .await
                .is_some()
            {
                accounts.write_uses().await;
            }
            accounts.write_uses().await;
        });
    }

    /// Opens the listener for operators, where there is to be one.
    ///
    /// # Errors
    /// When it cannot listen there.
    pub(crate) async fn listen(
        &self,
        config: &Config,
        health: Health,
        metrics: Option<Metrics>,
        registry: Registry,
    ) -> Result<()> {
        let Some(address) = &config.http.debug.addr else {
            return Ok(());
        };
        let pages = DebugPages::new(DebugContent {
            health,
            prometheus: metrics.map(|metrics| Prometheus {
                metrics,
                path: config.http.debug.prometheus.path.clone(),
            }),
            registry,
            command_line: std::env::args_os()
                .map(|argument| argument.to_string_lossy().into_owned())
                .collect(),
        });
        let limits = Limits {
            // Nothing here is worth waiting for.
            drain: Duration::ZERO,
            ..Limits::default()
        };
        let server = Server::bind(address, pages, limits)
            .await
            .with_context(|| format!("cannot listen on {address}: see http.debug.addr"))?;
        tracing::info!("debug server listening {}", server.local_addr()?);
        let shutdown = Shutdown {
            drain: self.stop.clone(),
            ..Shutdown::default()
        };
        self.tasks.spawn(server.run(shutdown));
        Ok(())
    }

    /// Keeps up with keys that are published elsewhere.
    pub(crate) fn fetch(&self, remote: Arc<RemoteKeys>) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                never = remote.keep() => match never {},
            }
        });
    }

    /// Keeps up with which addresses are within AWS.
    pub(crate) fn follow(&self, ranges: Arc<Ranges>) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                never = ranges.keep() => match never {},
            }
        });
    }

    /// Opens the authorization server's own listener.
    ///
    /// # Errors
    /// When it cannot listen there.
    pub(crate) async fn issue(
        &self,
        address: &str,
        site: Arc<TokenSite>,
        protocol: Protocol,
    ) -> Result<()> {
        let limits = Limits {
            // Whoever waits for a token asks again.
            drain: Duration::ZERO,
            ..Limits::default()
        };
        let server = Server::bind(address, site, limits).await.with_context(|| {
            format!("cannot listen on {address}: see wharfinger.auth.server.addr")
        })?;
        let server = server.speaking(protocol);
        tracing::info!("authorization server listening {}", server.local_addr()?);
        let shutdown = Shutdown {
            drain: self.stop.clone(),
            ..Shutdown::default()
        };
        self.tasks.spawn(server.run(shutdown));
        Ok(())
    }

    /// Ends all of it, and waits for that.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// The checks that are configured, not running yet.
///
/// # Errors
/// When one of them cannot be made.
pub(crate) fn health(
    config: &Config,
    store: &Arc<dyn Store>,
    driver: &str,
) -> Result<Health, HealthError> {
    let mut checks = checks(config);
    let storage = &config.health.storagedriver;
    if storage.enabled {
        checks.push(Check {
            probe: Probe::Storage {
                driver: driver.to_owned(),
                store: Arc::clone(store),
            },
            interval: storage.interval,
            threshold: u32::try_from(storage.threshold).unwrap_or(0),
        });
    }
    Health::new(checks)
}

/// Those that need nothing of ours.
pub(crate) fn checks(config: &Config) -> Vec<Check> {
    let health = &config.health;
    let mut checks = Vec::new();
    let mut check = |probe, interval, threshold: i64| {
        checks.push(Check {
            probe,
            interval,
            threshold: u32::try_from(threshold).unwrap_or(0),
        });
    };
    let some = |timeout: Duration| (!timeout.is_zero()).then_some(timeout);
    for file in &health.file {
        check(Probe::File(PathBuf::from(&file.file)), file.interval, 0);
    }
    for http in &health.http {
        let headers = http.headers.iter().flat_map(|(name, values)| {
            values
                .iter()
                .map(move |value| (name.clone(), value.reveal().to_owned()))
        });
        let probe = Probe::Http(HttpProbe {
            uri: http.uri.clone(),
            headers: headers.collect(),
            status: http.statuscode,
            timeout: some(http.timeout),
        });
        check(probe, http.interval, http.threshold);
    }
    for tcp in &health.tcp {
        let probe = Probe::Tcp {
            address: tcp.addr.clone(),
            timeout: some(tcp.timeout),
        };
        check(probe, tcp.interval, tcp.threshold);
    }
    checks
}

/// When it is tried again to tell commands of a server.
const AGAIN: Duration = Duration::from_secs(10);
/// How long the first request waits for the storage.
const STORE_PATIENCE: Duration = Duration::from_secs(3);
/// How often the last uses of tokens are written down.
const USES: Duration = Duration::from_secs(60);
