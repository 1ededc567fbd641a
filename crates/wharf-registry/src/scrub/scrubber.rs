//! Scrubbing again and again.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use super::position::{Position, Status};
use super::{Finding, ScrubEvents, ScrubStart, Scrubbed, Scrubbing};
use crate::Registry;

/// Scrubs a registry in the background. What it finds is logged.
pub struct Scrubber {
    registry: Registry,
    scrubbing: Scrubbing,
    interval: Duration,
    logged: Logged,
}

/// Damage is for the operator's eyes.
struct Logged {
    /// Who is told besides.
    observer: Option<Arc<dyn ScrubEvents>>,
}

// === impl Scrubber ===

impl Scrubber {
    /// From the end of one scrub to the start of the next an `interval` passes, a second at
    /// least, whether the process was restarted meanwhile or not.
    #[must_use]
    pub const fn new(registry: Registry, scrubbing: Scrubbing, interval: Duration) -> Self {
        Self {
            registry,
            scrubbing,
            interval,
            logged: Logged { observer: None },
        }
    }

    /// Tells an observer too of what is found, and of the end of each scrub.
    #[must_use]
    pub fn told_to(self, observer: Arc<dyn ScrubEvents>) -> Self {
        let logged = Logged {
            observer: Some(observer),
        };
        Self { logged, ..self }
    }

    /// Scrubs until `stop` is cancelled. The first one of all comes after up to an hour, or up
    /// to an interval where that is shorter; one that was stopped goes on after a minute.
    pub async fn run(self, stop: CancellationToken) {
        let interval = self.interval.max(SHORTEST);
        let scrubbing = async {
            let mut wait = self.first_wait(interval).await;
            loop {
                tracing::info!(minutes = wait.as_secs() / 60, "waiting for the next scrub");
                tokio::time::sleep(wait).await;
                self.scrub().await;
                wait = interval;
            }
        };
        tokio::select! {
            () = scrubbing => {}
            () = stop.cancelled() => {}
        }
    }

    async fn scrub(&self) {
        let start = ScrubStart::WhereItStopped;
        let scrubbed = self.registry.scrub(&self.scrubbing, start, &self.logged);
        let scrubbed = scrubbed.await;
        self.logged.ended(&scrubbed);
        tracing::info!(
            blobs = scrubbed.blobs,
            size_bytes = scrubbed.bytes,
            links = scrubbed.links,
            manifests = scrubbed.manifests,
            findings = scrubbed.findings,
            remaining = scrubbed.remaining,
            "scrubbed"
        );
    }

    async fn first_wait(&self, interval: Duration) -> Duration {
        let store = &*self.registry.inner.store;
        if Position::load(store).await.is_some() {
            return SOON.min(interval);
        }
        let Some(status) = Status::load(store).await else {
            // That hashers are seeded at random is randomness enough.
            let random = Duration::from_secs(RandomState::new().hash_one(()) % 3600);
            return random.min(interval);
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.unwrap_or_default().as_secs();
        let passed = Duration::from_secs(now.saturating_sub(status.finished));
        interval.saturating_sub(passed).max(SOON.min(interval))
    }
}

// === impl Logged ===

impl ScrubEvents for Logged {
    fn ended(&self, scrubbed: &Scrubbed) {
        if let Some(observer) = &self.observer {
            observer.ended(scrubbed);
        }
    }

    fn found(&self, finding: &Finding) {
        if let Some(observer) = &self.observer {
            observer.found(finding);
        }
        let Finding {
            kind,
            path,
            repository,
            tag,
            digest,
            detail,
            outcome,
            advice,
        } = finding;
        let (kind, outcome) = (kind.name(), outcome.name());
        let digest = digest.map(|digest| digest.to_string());
        if finding.remains() {
            tracing::warn!(
                kind,
                path,
                repo = repository,
                tag,
                digest,
                detail,
                outcome,
                advice,
                "something stored is damaged"
            );
        } else {
            tracing::info!(
                kind,
                path,
                repo = repository,
                tag,
                digest,
                detail,
                outcome,
                "a scrub found something"
            );
        }
    }
}

const SHORTEST: Duration = Duration::from_secs(1);
/// A server that has just been started has other things to do.
const SOON: Duration = Duration::from_secs(60);
