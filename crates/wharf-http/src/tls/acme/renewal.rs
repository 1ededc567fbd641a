//! Certificates are fetched and renewed in the background, long before they end.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::PoisonError;
use std::time::{Duration, Instant, SystemTime};

use super::Acme;
use super::certificate::Certificate;

/// When the next attempt may be made after one that failed.
struct Retry {
    at: Instant,
    pause: Duration,
}

// === impl Acme ===

impl Acme {
    /// Keeps every name's certificate fresh, for as long as it is polled.
    pub(in crate::tls) async fn keep_fresh(self) -> Infallible {
        let settings = &self.inner.settings;
        let mut retries = HashMap::<&str, Retry>::new();
        loop {
            let mut next = LONGEST_SLEEP;
            for host in &settings.hosts {
                if self.due(host, &retries).is_zero() {
                    match self.renew(host).await {
                        Ok(()) => _ = retries.remove(host.as_str()),
                        Err(reason) => {
                            let before = retries.get(host.as_str()).map(|retry| retry.pause);
                            let pause = before.map_or(settings.retry, |pause| pause * 2);
                            let pause = pause.min(LONGEST_PAUSE);
                            let seconds = pause.as_secs();
                            tracing::error!(
                                host,
                                reason,
                                "no certificate was obtained: the next attempt is in {seconds} s"
                            );
                            let at = Instant::now() + pause;
                            retries.insert(host, Retry { at, pause });
                        }
                    }
                }
                next = next.min(self.due(host, &retries));
            }
            tokio::time::sleep(next.max(SHORTEST_SLEEP)).await;
        }
    }

    /// In what time there is something to be done for a name.
    fn due(&self, host: &str, retries: &HashMap<&str, Retry>) -> Duration {
        let certificates = self.inner.certificates.read();
        let certificates = certificates.unwrap_or_else(PoisonError::into_inner);
        let rest = certificates
            .get(host)
            .map_or(Duration::ZERO, |found| found.rest(SystemTime::now()));
        let pause = retries.get(host).map_or(Duration::ZERO, |retry| {
            retry.at.saturating_duration_since(Instant::now())
        });
        rest.max(pause)
    }

    async fn renew(&self, host: &str) -> Result<(), String> {
        match tokio::time::timeout(LONGEST_ORDER, self.obtain(host)).await {
            Ok(Ok(())) => {
                tracing::info!(host, "a certificate was obtained");
                Ok(())
            }
            Ok(Err(reason)) => Err(reason),
            Err(_) => Err("the authority takes too long".to_owned()),
        }
    }

    pub(super) fn install(&self, host: &str, certificate: Certificate) {
        let certificates = self.inner.certificates.write();
        certificates
            .unwrap_or_else(PoisonError::into_inner)
            .insert(host.to_owned(), certificate);
    }
}

/// A machine that was asleep looks at its clock soon.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);
/// Authorities count failures, and an operator's mistake is found within a day.
const LONGEST_PAUSE: Duration = Duration::from_secs(12 * 3600);
/// From the first word with the authority to the certificate.
const LONGEST_ORDER: Duration = Duration::from_secs(400);
