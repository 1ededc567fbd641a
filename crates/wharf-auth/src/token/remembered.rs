//! Tokens that were verified a moment ago: a signature takes some tens of microseconds, to find
//! out that it is the same one, one or two.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use quick_cache::sync::Cache;
use tokio::time::Instant;

use super::claims::Claims;
use super::source::Generation;
use super::verify::LEEWAY;
use crate::fingerprint::{Fingerprint, Fingerprints};

/// What is remembered of a token is a fingerprint and what it claims: whoever reads memory finds
/// nothing to show.
pub(super) struct Remembered {
    fingerprints: Fingerprints,
    tokens: Cache<Fingerprint, Arc<Verified>>,
}

struct Verified {
    claims: Arc<Claims>,
    /// Of what was trusted then.
    generation: Generation,
    /// Until then; certificates have dates of their own.
    until: Instant,
}

// === impl Remembered ===

impl Remembered {
    pub(super) fn new() -> Self {
        Self {
            fingerprints: Fingerprints::new(),
            tokens: Cache::new(TOKENS),
        }
    }

    /// `None` for what is not to be remembered.
    pub(super) fn name(&self, token: &str) -> Option<Fingerprint> {
        if token.len() > LONGEST {
            return None;
        }
        self.fingerprints.of(&[token])
    }

    /// What it claims, if it would still be verified with what is trusted now.
    pub(super) fn get(
        &self,
        name: Option<Fingerprint>,
        generation: Generation,
        now: SystemTime,
    ) -> Option<Arc<Claims>> {
        let known = self.tokens.get(&name?)?;
        let now = now.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let leeway = LEEWAY as f64;
        let (exp, nbf) = known.claims.times()?;
        let now_f = now as f64;
        let is_good = known.generation == generation
            && Instant::now() < known.until
            && now_f <= exp + leeway
            && nbf.is_none_or(|nbf| nbf <= now_f + leeway);
        is_good.then(|| Arc::clone(&known.claims))
    }

    pub(super) fn keep(
        &self,
        name: Option<Fingerprint>,
        generation: Generation,
        claims: &Arc<Claims>,
    ) {
        let until = Instant::now().checked_add(KEPT);
        if let (Some(name), Some(until), Some(_)) = (name, until, claims.times()) {
            let verified = Verified {
                claims: Arc::clone(claims),
                generation,
                until,
            };
            self.tokens.insert(name, Arc::new(verified));
        }
    }
}

/// Tokens that are remembered.
const TOKENS: usize = 4096;
/// Bytes of one: what it claims is held, and is about as long.
const LONGEST: usize = 4096;
/// As a token's usual life. Then its signature, and the certificates that it may come with, are
/// looked at again.
const KEPT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: u64 = 2_000_000_000;

    fn claims(exp: i64, nbf: i64) -> Arc<Claims> {
        let at = |from_now: i64| NOW.cast_signed() + from_now;
        let claims = json!({"iss": "i", "exp": at(exp), "nbf": at(nbf)});
        Arc::new(serde_json::from_value(claims).unwrap())
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[tokio::test]
    async fn a_token_that_has_expired_is_not_taken_because_it_is_remembered() {
        let remembered = Remembered::new();
        let (name, generation) = (remembered.name("token"), Generation(1, None));
        remembered.keep(name, generation, &claims(10, 0));
        for (moment, is_good) in [(NOW, true), (NOW + 70, true), (NOW + 71, false)] {
            let known = remembered.get(name, generation, at(moment));
            assert_eq!(known.is_some(), is_good, "{moment}");
        }
        assert!(remembered.get(name, generation, at(NOW - 61)).is_none());
    }

    #[tokio::test]
    async fn a_token_is_not_remembered_under_other_keys_or_another_name() {
        let remembered = Remembered::new();
        let (name, generation) = (remembered.name("token"), Generation(1, Some(2)));
        remembered.keep(name, generation, &claims(100, 0));
        assert!(remembered.get(name, generation, at(NOW)).is_some());
        for other in [
            Generation(1, None),
            Generation(1, Some(3)),
            Generation(2, Some(2)),
        ] {
            assert!(remembered.get(name, other, at(NOW)).is_none());
        }
        let other = remembered.name("tokeN");
        assert!(remembered.get(other, generation, at(NOW)).is_none());
        // Another process has another key.
        assert!(Remembered::new().name("token") != name);
        assert!(remembered.name(&"a".repeat(LONGEST + 1)).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_signature_is_looked_at_again_after_a_minute() {
        let remembered = Remembered::new();
        let (name, generation) = (remembered.name("token"), Generation(1, None));
        remembered.keep(name, generation, &claims(1000, 0));
        tokio::time::advance(KEPT - Duration::from_millis(1)).await;
        assert!(remembered.get(name, generation, at(NOW)).is_some());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(remembered.get(name, generation, at(NOW)).is_none());
    }
}
