//! `health`: while a check fails, every request is answered with 503.

use serde_json::{Value, json};

use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    let often = || json!("100ms");
    let uri = |path: &str| json!(format!("http://{{answers}}/{path}"));
    vec![
        case(
            "health.storagedriver.enabled",
            json!(true),
            fails_without_data,
        )
        .with("health.storagedriver.interval", often()),
        case("health.storagedriver.interval", often(), |look| {
            lose_data(look);
            fails_often(look)
        })
        .with("health.storagedriver.enabled", json!(true))
        .with("log.level", json!("debug")),
        case("health.storagedriver.threshold", never(), |look| {
            lose_data(look);
            is_patient(look)
        })
        .with(
            "health.storagedriver",
            json!({"enabled": true, "interval": "100ms"}),
        ),
        case("health.file[0].file", json!("{scratch}/config.yml"), fails)
            .with("health.file[0].interval", often())
            .instead("health.file[0].file", json!("{scratch}/none")),
        case("health.file[0].interval", often(), fails_often)
            .with("health.file[0].file", json!("{scratch}/config.yml"))
            .with("log.level", json!("debug")),
        case("health.http[0].uri", uri("404"), fails)
            .with("health.http[0].interval", often())
            .instead("health.http[0].uri", uri("200")),
        case(
            "health.http[0].headers",
            json!({"X-Pass": ["yes"]}),
            is_patient,
        )
        .with(
            "health.http[0]",
            json!({"uri": uri("pass"), "interval": "100ms"}),
        ),
        case("health.http[0].statuscode", json!(404), is_patient).with(
            "health.http[0]",
            json!({"uri": uri("404"), "interval": "100ms"}),
        ),
        // Half a minute unless it is said: longer than anybody waits here.
        case("health.http[0].timeout", often(), fails).with(
            "health.http[0]",
            json!({"uri": uri("hang"), "interval": "100ms"}),
        ),
        case("health.http[0].interval", often(), fails_often)
            .with("health.http[0].uri", uri("404"))
            .with("log.level", json!("debug")),
        case("health.http[0].threshold", never(), is_patient).with(
            "health.http[0]",
            json!({"uri": uri("404"), "interval": "100ms"}),
        ),
        case("health.tcp[0].addr", json!("{closed}"), fails)
            .with("health.tcp[0].interval", often())
            .instead("health.tcp[0].addr", json!("{answers}")),
        case("health.tcp[0].timeout", often(), fails).with(
            "health.tcp[0]",
            json!({"addr": "{full}", "interval": "100ms"}),
        ),
        case("health.tcp[0].interval", often(), fails_often)
            .with("health.tcp[0].addr", json!("{closed}"))
            .with("log.level", json!("debug")),
        case("health.tcp[0].threshold", never(), is_patient).with(
            "health.tcp[0]",
            json!({"addr": "{closed}", "interval": "100ms"}),
        ),
    ]
}

/// More failures than there will be.
fn never() -> Value {
    json!(1_000_000)
}

fn fails(look: &Look<'_>) -> bool {
    look.comes(|| look.status("/v2/") == 503)
}

/// More often than it would every ten seconds, as long as anybody waits here.
fn fails_often(look: &Look<'_>) -> bool {
    look.comes(|| look.log().matches("a health check failed").count() > 9)
}

/// Whether it goes on to answer where it would not.
fn is_patient(look: &Look<'_>) -> bool {
    look.stays_away(|| look.status("/v2/") == 503)
}

fn fails_without_data(look: &Look<'_>) -> bool {
    lose_data(look);
    fails(look)
}

/// Again and again, as the server may be writing something there.
fn lose_data(look: &Look<'_>) {
    let is_lost = look.comes(|| {
        _ = std::fs::remove_dir_all(look.data());
        !look.data().exists()
    });
    assert!(is_lost);
}
