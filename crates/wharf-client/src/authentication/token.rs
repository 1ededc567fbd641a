//! What a token server gives.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use crate::Secret;

/// A token, and how long it is good from now on.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) token: Secret,
    pub(super) lifetime: Duration,
}

/// distribution: spec/auth/token.md, "Token Response Fields"; OAuth2 names it otherwise.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    token: Option<Secret>,
    access_token: Option<Secret>,
    refresh_token: Option<Secret>,
    expires_in: Option<f64>,
    issued_at: Option<String>,
}

// === impl Granted ===

impl Granted {
    /// The token in an answer, and a refresh token if there is one in it, too.
    pub(super) fn read(body: &[u8], now: Timestamp) -> Option<(Self, Option<Secret>)> {
        let wire: Wire = serde_json::from_slice(body).ok()?;
        let is_given = |secret: &Secret| !secret.is_empty();
        let token = wire.token.filter(is_given).or(wire.access_token);
        let token = token.filter(is_given)?;
        let seconds = wire.expires_in.unwrap_or(0.0);
        // Older servers leave it out, or send less than clients could use: 60 is meant.
        let seconds = if seconds.is_finite() {
            seconds.clamp(SHORTEST, LONGEST)
        } else {
            SHORTEST
        };
        let issued = wire
            .issued_at
            .and_then(|text| text.parse::<Timestamp>().ok());
        let age = issued.map_or(0.0, |issued| now.duration_since(issued).as_secs_f64());
        // One that has ended when it comes shows that the clocks differ.
        let age = if (0.0..seconds).contains(&age) {
            age
        } else {
            0.0
        };
        let lifetime = Duration::from_secs_f64(seconds - age);
        Some((
            Self { token, lifetime },
            wire.refresh_token.filter(is_given),
        ))
    }
}

/// Seconds that a token is good at least (distribution: spec/auth/token.md, `expires_in`).
const SHORTEST: f64 = 60.0;
/// Seconds of ten years.
const LONGEST: f64 = 3.2e8;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: Option<(&str, u64, Option<&str>)>) {
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        let read = Granted::read(body.as_bytes(), now);
        let read = read.as_ref().map(|(granted, refresh)| {
            let refresh = refresh.as_ref().map(Secret::expose);
            (granted.token.expose(), granted.lifetime.as_secs(), refresh)
        });
        assert_eq!(read, expected, "{body}");
    }

    #[test]
    fn answers_of_both_kinds_are_read() {
        check(r#"{"token":"t"}"#, Some(("t", 60, None)));
        check(r#"{"token":"","access_token":"a"}"#, Some(("a", 60, None)));
        check(
            r#"{"token":"t","access_token":"a","expires_in":300}"#,
            Some(("t", 300, None)),
        );
        check(
            r#"{"access_token":"a","refresh_token":"r","expires_in":10}"#,
            Some(("a", 60, Some("r"))),
        );
        check(
            r#"{"token":"t","expires_in":300,"issued_at":"2026-01-02T03:03:05Z"}"#,
            Some(("t", 240, None)),
        );
        check(
            r#"{"token":"t","expires_in":300,"issued_at":"2020-01-02T03:03:05Z"}"#,
            Some(("t", 300, None)),
        );
        check(
            r#"{"token":"t","expires_in":300,"issued_at":"2030-01-02T03:03:05Z"}"#,
            Some(("t", 300, None)),
        );
        check(
            r#"{"token":"t","expires_in":1e300,"issued_at":"soon"}"#,
            Some(("t", 320_000_000, None)),
        );
        check(r#"{"token":"t","expires_in":-5}"#, Some(("t", 60, None)));
        check(r#"{"token":""}"#, None);
        check("{}", None);
        check("<html>", None);
    }
}
