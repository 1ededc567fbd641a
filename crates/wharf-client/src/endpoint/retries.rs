//! When a request is sent again, and after how long.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::RETRY_AFTER;
use tokio::time::Instant;

use super::answer::Answer;
use super::request::Repeat;
use crate::error::{ClientError, NetworkProblem};
use crate::settings::Patience;

/// The attempts of one request.
pub(super) struct Retries {
    patience: Patience,
    repeat: Repeat,
    begun: Instant,
    attempts: u32,
}

/// What an outcome says about another attempt.
#[derive(Debug, Eq, PartialEq)]
enum Verdict {
    /// It would be the same.
    Final,
    /// It may be better after a while.
    Again,
    /// The server says after how long.
    After(Duration),
}

// === impl Retries ===

impl Retries {
    pub(super) fn new(patience: &Patience, repeat: Repeat) -> Self {
        Self {
            patience: *patience,
            repeat,
            begun: Instant::now(),
            attempts: 0,
        }
    }

    /// After how long to try again; `None` if this outcome is the one.
    pub(super) fn wait(&mut self, outcome: &Result<Answer, ClientError>) -> Option<Duration> {
        self.attempts += 1;
        let wait = match self.verdict(outcome) {
            Verdict::Final => return None,
            Verdict::Again => self.backoff(),
            // Everybody who waits comes back at the same moment otherwise.
            Verdict::After(wait) => wait + random(self.patience.first_wait),
        };
        let is_late = self.begun.elapsed().saturating_add(wait) > self.patience.deadline;
        if self.attempts >= self.patience.attempts || is_late {
            return None;
        }
        tracing::debug!(
            attempts = self.attempts,
            wait_ms = wait.as_millis() as u64,
            "asking again"
        );
        Some(wait)
    }

    fn verdict(&self, outcome: &Result<Answer, ClientError>) -> Verdict {
        let is_harmless = self.repeat == Repeat::Harmless;
        let again = |may: bool| if may { Verdict::Again } else { Verdict::Final };
        match outcome {
            Err(ClientError::Network { problem, .. }) => match problem {
                // It was not sent.
                NetworkProblem::Connect(_) => Verdict::Again,
                NetworkProblem::Broken(_) | NetworkProblem::Stalled(_) => again(is_harmless),
                NetworkProblem::Tls(_) => Verdict::Final,
            },
            Err(_) => Verdict::Final,
            Ok(answer) => {
                let may = match answer.status().as_u16() {
                    // It was not looked at.
                    429 => true,
                    408 | 500 | 502 | 503 | 504 => is_harmless,
                    _ => false,
                };
                let asked = answer.header(&RETRY_AFTER).filter(|_| may);
                let asked = asked.and_then(|text| retry_after(text, Timestamp::now()));
                asked.map_or_else(|| again(may), Verdict::After)
            }
        }
    }

    /// A random part of a wait that doubles: who failed together does not come back together.
    fn backoff(&self) -> Duration {
        let doubled = 2_u32.saturating_pow(self.attempts.saturating_sub(1));
        let most = self.patience.first_wait.saturating_mul(doubled);
        random(most.min(self.patience.longest_wait))
    }
}

// === private ===

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let date = DateTimeParser::new().parse_timestamp(text).ok()?;
    let seconds = date.as_second().saturating_sub(now.as_second());
    // One that has passed is now.
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// Anything from nothing to `most`. Nobody has to be unable to guess it: the keys of the
/// standard library's maps are random enough.
fn random(most: Duration) -> Duration {
    let number = RandomState::new().hash_one(0) >> 32;
    most.mul_f64(number as f64 / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_read_in_both_forms() {
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        for (text, expected) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Fri, 02 Jan 2026 03:05:05 GMT", Some(60)),
            ("Fri, 02 Jan 2026 03:04:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("99999999999999", None),
            ("", None),
        ] {
            let wait = retry_after(text, now);
            assert_eq!(wait, expected.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn waits_grow_and_are_bounded() {
        let mut retries = Retries::new(&Patience::default(), Repeat::Harmless);
        for attempts in [1, 2, 5, 50, u32::MAX] {
            retries.attempts = attempts;
            let most = Duration::from_millis(500).saturating_mul(1 << (attempts - 1).min(10));
            let most = most.min(Duration::from_secs(20));
            for _ in 0..50 {
                assert!(retries.backoff() <= most);
            }
        }
        assert_ne!(
            random(Duration::from_secs(1)),
            random(Duration::from_secs(1))
        );
    }
}
