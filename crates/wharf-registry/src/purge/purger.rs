//! Purging again and again.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::Purging;
use crate::Registry;

/// Purges a registry in the background.
pub struct Purger {
    registry: Registry,
    purging: Purging,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

// === impl Purger ===

impl Purger {
    /// One that goes by the system's clock.
    #[must_use]
    pub fn new(registry: Registry, purging: Purging) -> Self {
        Self {
            registry,
            purging,
            clock: Box::new(Timestamp::now),
        }
    }

    /// One that goes by another clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self {
            clock: Box::new(clock),
            ..self
        }
    }

    /// Purges until `stop` is cancelled. The first time comes after up to an hour, or up to an
    /// interval where that is shorter, so that replicas that were started together do not
    /// purge together.
    pub async fn run(self, stop: CancellationToken) {
        let purging = async {
            // No interval cannot mean all the time.
            let interval = match self.purging.interval {
                Duration::ZERO => Purging::default().interval,
                interval => interval.max(SHORTEST),
            };
            let mut wait = first_wait(interval);
            loop {
                tracing::info!(minutes = wait.as_secs() / 60, "waiting for the next purge");
                tokio::time::sleep(wait).await;
                self.registry.purge(&self.purging, (self.clock)()).await;
                wait = interval;
            }
        };
        tokio::select! {
            () = purging => {}
            () = stop.cancelled() => {}
        }
    }
}

/// That hashers are seeded at random is randomness enough.
fn first_wait(interval: Duration) -> Duration {
    let random = Duration::from_secs(RandomState::new().hash_one(()) % 3600);
    random.min(interval)
}

const SHORTEST: Duration = Duration::from_secs(1);
