//! Is the registry fit to serve? Checks run in the background, each in a task of its own;
//! who asks gets the last answers at once.
// distribution: health/health.go, registry/handlers/app.go (RegisterHealthChecks)

mod http;
mod probe;
mod status;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use self::probe::Prober;
use self::status::{Change, Status};

pub use self::http::HttpProbe;
pub(crate) use self::http::{causes, trusting};
pub use self::probe::Probe;

/// Something that must be well (distribution: an entry of `health`).
#[derive(Clone, Debug)]
pub struct Check {
    /// What is asked.
    pub probe: Probe,
    /// From one question to the next, and from the start to the first; zero stands for
    /// [`Check::INTERVAL`].
    pub interval: Duration,
    /// So many failures in a row make it fail; 0 is as good as 1. A file's check does not
    /// count: it fails at once.
    pub threshold: u32,
}

/// What all checks say. Cloning it gives the same checks. Without any, all is well.
#[derive(Clone, Default)]
pub struct Health {
    inner: Arc<Inner>,
}

/// The checks cannot be made as they were asked for.
#[derive(Debug, thiserror::Error)]
pub enum HealthError {
    /// Two of them have the same name.
    #[error("there are two health checks of {0:?}")]
    Duplicate(String),
    /// The address or a header of an HTTP check is none.
    #[error("the health check of {uri:?} cannot be made: {reason}")]
    Http {
        /// The check's name.
        uri: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The client for HTTP checks cannot be made.
    #[error("no HTTP client for health checks")]
    Client(#[source] reqwest::Error),
}

#[derive(Default)]
struct Inner {
    checks: Vec<Arc<Running>>,
    /// How many checks fail.
    failing: AtomicUsize,
}

struct Running {
    name: String,
    prober: Prober,
    interval: Duration,
    // Guards the status alone, for a few instructions.
    status: Mutex<Status>,
}

// === impl Check ===

impl Check {
    /// How often is asked unless it is said.
    pub const INTERVAL: Duration = Duration::from_secs(10);

    /// A check with distribution's defaults: every 10 seconds, the first failure counts.
    #[must_use]
    pub const fn new(probe: Probe) -> Self {
        Self {
            probe,
            interval: Self::INTERVAL,
            threshold: 0,
        }
    }

    fn start(self) -> Result<Running, HealthError> {
        let threshold = match &self.probe {
            Probe::File(_) => 0,
            Probe::Storage { .. } | Probe::Http(_) | Probe::Tcp { .. } => self.threshold,
        };
        Ok(Running {
            name: self.probe.name(),
            prober: Prober::new(self.probe)?,
            interval: if self.interval.is_zero() {
                Self::INTERVAL
            } else {
                self.interval
            },
            status: Mutex::new(Status::new(threshold)),
        })
    }
}

// === impl Health ===

impl Health {
    /// These checks, not running yet.
    ///
    /// # Errors
    /// Two checks of the same name, or one that cannot be made.
    pub fn new(checks: Vec<Check>) -> Result<Self, HealthError> {
        let mut running: Vec<Arc<Running>> = Vec::new();
        for check in checks {
            let check = check.start()?;
            if running.iter().any(|other| other.name == check.name) {
                return Err(HealthError::Duplicate(check.name));
            }
            running.push(Arc::new(check));
        }
        let inner = Inner {
            checks: running,
            failing: AtomicUsize::new(0),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Asks again and again until `stop` is cancelled. A check that has not been asked yet
    /// is well, as with distribution.
    pub async fn run(self, stop: CancellationToken) {
        let mut tasks = JoinSet::new();
        for check in &self.inner.checks {
            let (inner, check) = (Arc::clone(&self.inner), Arc::clone(check));
            tasks.spawn(async move { inner.watch(&check).await });
        }
        stop.cancelled().await;
        tasks.shutdown().await;
    }

    /// True while no check fails. It costs nothing.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.inner.failing.load(Ordering::Relaxed) == 0
    }

    /// The checks that fail, by name, and why.
    #[must_use]
    pub fn failures(&self) -> BTreeMap<String, String> {
        let failure = |check: &Arc<Running>| {
            let why = check.status().failure()?.to_owned();
            Some((check.name.clone(), why))
        };
        self.inner.checks.iter().filter_map(failure).collect()
    }

    /// The names of all checks.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.inner.checks.iter().map(|check| check.name.as_str())
    }
}

// === impl Inner ===

impl Inner {
    async fn watch(&self, check: &Running) {
        let mut ticks = tokio::time::interval_at(Instant::now() + check.interval, check.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.ask(check).await;
        }
    }

    /// Asks once. While no answer comes, that counts as a failure every now and then: a
    /// disk that hangs is not well, and asking it again would take one more thread.
    async fn ask(&self, check: &Running) {
        let patience = check.interval.max(check.prober.timeout() + MARGIN);
        let mut asking = std::pin::pin!(check.prober.ask());
        loop {
            match tokio::time::timeout(patience, &mut asking).await {
                Ok(answer) => return self.note(check, answer),
                Err(_) => self.note(check, Err(format!("no answer within {patience:?}"))),
            }
        }
    }

    fn note(&self, check: &Running, answer: Result<(), String>) {
        let name = check.name.as_str();
        if let Err(error) = &answer {
            tracing::debug!(check = name, error, "a health check failed");
        }
        match check.status().note(answer) {
            Some(Change::Failed(error)) => {
                self.failing.fetch_add(1, Ordering::Relaxed);
                tracing::error!(check = name, error, "unhealthy: every request is refused");
            }
            Some(Change::Recovered) => {
                self.failing.fetch_sub(1, Ordering::Relaxed);
                tracing::info!(check = name, "healthy again");
            }
            None => {}
        }
    }
}

// === impl Running ===

impl Running {
    fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Between a probe's own timeout and ours, so that it is the probe that says what happened.
const MARGIN: Duration = Duration::from_secs(1);
