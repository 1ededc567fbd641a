//! `wharfinger.edge`, and `wharfinger.cache` on a disk.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::buckets::{bucket, push};
use super::case::{Case, case};
use super::look::Look;
use crate::rules::HTPASSWD;

pub(super) fn cases() -> Vec<Case> {
    vec![
        edge("url", json!("https://edge.test/below"), |look| {
            let to = sent(look).unwrap_or_default();
            to.starts_with("https://edge.test/below/docker/registry/v2/blobs/sha256/")
        }),
        edge("secrets", json!([SECRET]), |look| is_signed(look, SECRET))
            .needed("wharfinger.edge.secrets: a secret is needed"),
        // A line is as good as a secret.
        edge("secretfile", json!("{htpasswd}"), |look| {
            is_signed(look, HTPASSWD.lines().next().unwrap())
        })
        .needed("wharfinger.edge.secrets: a secret is needed"),
        edge("expiry", json!("100m"), |look| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let to = sent(look).unwrap();
            let (_, value) = to.split_once("?verify=").unwrap();
            let end: u64 = value.split_once('-').unwrap().0.parse().unwrap();
            (5_900..=6_100).contains(&end.saturating_sub(now.as_secs()))
        }),
        cache("directory", json!("{scratch}/cache"), |look| {
            pull(look);
            look.comes(|| is_kept(look))
        }),
        cache("size", json!(1000), |look| {
            pull(look);
            look.stays_away(|| is_kept(look))
        })
        .with("wharfinger.cache.directory", json!("{scratch}/cache")),
    ]
}

/// With all that it needs.
fn edge(option: &str, value: Value, effect: fn(&Look<'_>) -> bool) -> Case {
    let others = match option {
        "url" => vec![("wharfinger.edge.secrets", json!([SECRET]))],
        "secrets" | "secretfile" => vec![("wharfinger.edge.url", json!("https://edge.test"))],
        _ => vec![
            ("wharfinger.edge.secrets", json!([SECRET])),
            ("wharfinger.edge.url", json!("https://edge.test")),
        ],
    };
    let case = case(of("edge", option), value, effect);
    let with = |case: Case, (option, value)| case.with(option, value);
    others.into_iter().fold(case, with)
}

/// Before a bucket whose bytes come from here.
fn cache(option: &str, value: Value, effect: fn(&Look<'_>) -> bool) -> Case {
    let storage = json!({"s3": bucket(&[]), "redirect": {"disable": true}});
    case(of("cache", option), value, effect).with("storage", storage)
}

/// Names of options are words of the program.
fn of(section: &str, option: &str) -> &'static str {
    format!("wharfinger.{section}.{option}").leak()
}

/// Where a client is sent for a blob; nowhere if it gets it from here.
fn sent(look: &Look<'_>) -> Option<String> {
    let blob = push(look, 100).unwrap();
    let answer = look.http().get(&blob).send();
    (answer.status == 307).then(|| answer.header("location").to_owned())
}

/// As docs/edge.md says it.
fn is_signed(look: &Look<'_>, secret: &str) -> bool {
    let to = sent(look).unwrap();
    let (before, value) = to.split_once("?verify=").unwrap();
    let path = before.strip_prefix("https://edge.test").unwrap();
    let (end, signature) = value.split_once('-').unwrap();
    let key = hmac::Key::new(HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{path}{end}").as_bytes());
    signature == URL_SAFE_NO_PAD.encode(tag.as_ref())
}

fn pull(look: &Look<'_>) {
    let blob = push(look, 200_000).unwrap();
    let pulled = look.http().get(&blob).expect(200);
    assert_eq!(pulled.body.len(), 200_000);
}

fn is_kept(look: &Look<'_>) -> bool {
    let kept = std::fs::read_dir(look.directory().join("cache/blobs"));
    kept.is_ok_and(|mut kept| kept.next().is_some())
}

const SECRET: &str = "a secret for the edge";
