//! `wharfinger.scrub`

use serde_json::json;

use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("wharfinger.scrub.enabled", json!(true), |look| {
            look.comes(|| scrubs(look) > 0)
        })
        .with("wharfinger.scrub.interval", json!("1s")),
        // The first one may come by chance within this time, but not the second.
        case("wharfinger.scrub.interval", json!("1s"), |look| {
            look.comes(|| scrubs(look) > 1)
        })
        .with("wharfinger.scrub.enabled", json!(true)),
        case("wharfinger.scrub.rate", json!(1), |look| {
            // A repository to be looked at: that takes more than an hour then.
            look.upload();
            let some = scrubs(look) + 2;
            look.stays_away(|| scrubs(look) >= some)
        })
        .with(
            "wharfinger.scrub",
            json!({"enabled": true, "interval": "1s"}),
        ),
    ]
}

/// Scrubs that have come to their end.
fn scrubs(look: &Look<'_>) -> usize {
    look.log().matches("msg=scrubbed").count()
}
