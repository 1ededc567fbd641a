//! `http.tls.letsencrypt` and `wharfinger.acme`. That certificates are obtained is shown
//! elsewhere; here it is enough to see whom the authority knows.

use serde_json::{Value, json};

use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "http.tls.letsencrypt.cachefile",
            json!("{scratch}/acme"),
            |look| look.comes(|| look.directory().join("acme").is_dir()),
        ),
        with_an_authority("http.tls.letsencrypt.email", json!("me@one.test"), |look| {
            look.comes(|| account(look).contains("me@one.test"))
        }),
        with_an_authority(
            "http.tls.letsencrypt.hosts",
            json!(["one.test"]),
            has_account,
        ),
        with_an_authority(
            "http.tls.letsencrypt.directoryurl",
            json!("{directory}"),
            has_account,
        )
        .instead(
            "http.tls.letsencrypt.directoryurl",
            json!("https://{closed}/"),
        ),
        with_an_authority("wharfinger.acme.trusted", json!("{authority}"), has_account),
    ]
}

/// With everything else that it takes.
fn with_an_authority(option: &'static str, value: Value, effect: fn(&Look<'_>) -> bool) -> Case {
    let others = [
        ("http.tls.letsencrypt.cachefile", json!("{scratch}/acme")),
        ("http.tls.letsencrypt.hosts", json!(["one.test"])),
        ("http.tls.letsencrypt.directoryurl", json!("{directory}")),
        ("wharfinger.acme.trusted", json!("{authority}")),
    ];
    others
        .into_iter()
        .filter(|(other, _)| *other != option)
        .fold(case(option, value, effect), |case, (other, value)| {
            case.with(other, value)
        })
}

fn has_account(look: &Look<'_>) -> bool {
    look.comes(|| !account(look).is_empty())
}

/// What is kept of the account with the authority.
fn account(look: &Look<'_>) -> String {
    let file = look.directory().join("acme/wharfinger+account.json");
    std::fs::read_to_string(file).unwrap_or_default()
}
