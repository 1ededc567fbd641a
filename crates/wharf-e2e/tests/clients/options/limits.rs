//! `wharfinger.auth`: limits on pulls, proxies, the audit log.

use serde_json::json;
use wharf_e2e::publish::OCI_INDEX;

use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("wharfinger.auth.audit", json!("{scratch}/audit"), |look| {
            look.directory().join("audit").is_file()
        }),
        case("wharfinger.auth.proxies", json!(["127.0.0.0/8"]), |look| {
            let told = pull(look, "").header("docker-ratelimit-source").to_owned();
            told == ELSEWHERE
        })
        .with("wharfinger.auth.limits.pulls.anonymous", json!(9)),
        case("wharfinger.auth.limits.pulls.anonymous", json!(5), |look| {
            limit(look, "") == "5;w=21600"
        }),
        case(
            "wharfinger.auth.limits.pulls.interval",
            json!("90s"),
            |look| limit(look, "") == "5;w=90",
        )
        .with("wharfinger.auth.limits.pulls.anonymous", json!(5)),
        case("wharfinger.auth.limits.pulls.account", json!(7), |look| {
            let log = look.log();
            let (_, password) = log.split_once(" password=").unwrap();
            let password = password.split_whitespace().next().unwrap();
            limit(look, password.trim_matches('"')) == "7;w=21600"
        })
        .with(
            "auth.htpasswd",
            json!({"realm": "Registry", "path": "{scratch}/htpasswd"}),
        ),
    ]
}

/// The limit that is told; nothing where nobody counts.
fn limit(look: &Look<'_>, password: &str) -> String {
    let answer = pull(look, password);
    let limit = answer.headers.get("ratelimit-limit");
    limit.map_or(String::new(), |it| it.to_str().unwrap().to_owned())
}

/// A pull of what was pushed just before, by whom a proxy says.
fn pull(look: &Look<'_>, password: &str) -> wharf_e2e::http::Answer {
    let http = look.http();
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []});
    let target = "/v2/a/manifests/x";
    let push = http.put(target).header("Content-Type", OCI_INDEX);
    let asks = [push.body(index.to_string()), http.get(target)];
    let [pushed, pulled] = asks.map(|ask| {
        let ask = ask.header("X-Forwarded-For", ELSEWHERE);
        if password.is_empty() {
            ask.send()
        } else {
            ask.header("Authorization", &basic(password)).send()
        }
    });
    assert_eq!((pushed.status, pulled.status), (201, 200), "{pulled:#?}");
    pulled
}

fn basic(password: &str) -> String {
    let pair = format!("docker:{password}");
    format!("Basic {}", crate::audit::base64(pair.as_bytes()))
}

const ELSEWHERE: &str = "198.51.100.7";
