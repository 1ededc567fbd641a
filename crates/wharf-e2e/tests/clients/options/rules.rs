//! `wharfinger.auth.groups` and `wharfinger.auth.rules`, seen in what ann and a stranger may do.
//! Each rule is complete but for its option; without it, the rule is refused or does something
//! else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    vec![
        guarded("wharfinger.auth.groups", json!({"team": ["ann"]}), |look| {
            ann(look, TAGS) == MISSING
        })
        .with("wharfinger.auth.rules", rule(&json!({"groups": ["team"]}))),
        about("accounts", json!(["a*"]), |look| ann(look, TAGS) == MISSING)
            .needed("wharfinger.auth.rules[0]: a rule for nobody"),
        about("groups", json!(["team"]), |look| ann(look, TAGS) == MISSING)
            .with("wharfinger.auth.groups", json!({"team": ["ann"]}))
            .needed("wharfinger.auth.rules[0]: a rule for nobody"),
        about("anonymous", json!(true), |look| stranger(look) == MISSING)
            .needed("wharfinger.auth.rules[0]: a rule for nobody"),
        about("repositories", json!(["${account}/*"]), |look| {
            ann(look, TAGS) == DENIED && ann(look, "/v2/ann/app/tags/list") == MISSING
        })
        .needed("wharfinger.auth.rules[0]: a rule about nothing"),
        about("class", json!("admin"), |look| {
            ann(look, "/v2/_catalog") == ALLOWED
        })
        .needed("wharfinger.auth.rules[0]: a rule about nothing"),
        about("actions", json!(["pull"]), |look| {
            ann(look, TAGS) == MISSING && delete(look) == DENIED
        })
        .needed("wharfinger.auth.rules[0]: a rule about no action"),
        about("networks", json!(["192.0.2.0/24"]), |look| {
            ann(look, TAGS) == DENIED
        }),
        about("effect", json!("deny"), |look| ann(look, TAGS) == DENIED),
        about("name", json!("nobody removes"), |look| {
            _ = ann(look, TAGS);
            look.comes(|| look.logs("rule 1 (nobody removes)"))
        })
        .with("wharfinger.auth.rules[0].effect", json!("deny")),
    ]
}

/// A rule with all that it needs, but for this option.
fn about(option: &str, value: Value, effect: fn(&Look<'_>) -> bool) -> Case {
    let names: [&'static str; 8] = [
        "wharfinger.auth.rules[0].accounts",
        "wharfinger.auth.rules[0].groups",
        "wharfinger.auth.rules[0].anonymous",
        "wharfinger.auth.rules[0].repositories",
        "wharfinger.auth.rules[0].class",
        "wharfinger.auth.rules[0].actions",
        "wharfinger.auth.rules[0].networks",
        "wharfinger.auth.rules[0].effect",
    ];
    let name = names.iter().find(|name| name.ends_with(option));
    let name = name.copied().unwrap_or("wharfinger.auth.rules[0].name");
    let mut case = guarded(name, value, effect);
    if !matches!(option, "accounts" | "groups" | "anonymous") {
        case = case.with("wharfinger.auth.rules[0].accounts", json!(["ann"]));
    }
    if !matches!(option, "repositories" | "class") {
        case = case.with("wharfinger.auth.rules[0].repositories", json!(["**"]));
    }
    if !matches!(option, "actions" | "class") {
        case = case.with(
            "wharfinger.auth.rules[0].actions",
            json!(["pull", "delete"]),
        );
    }
    case
}

fn guarded(option: &'static str, value: Value, effect: fn(&Look<'_>) -> bool) -> Case {
    case(option, value, effect)
        .with("auth.htpasswd.realm", json!("r"))
        .with("auth.htpasswd.path", json!("{htpasswd}"))
}

/// One that is complete with `who`.
fn rule(who: &Value) -> Value {
    let mut rule = json!({"repositories": ["**"], "actions": ["pull"]});
    for (key, value) in who.as_object().unwrap() {
        rule[key] = value.clone();
    }
    json!([rule])
}

fn ann(look: &Look<'_>, path: &str) -> u16 {
    let http = look.http();
    let call = http.get(path).header("Authorization", &authorization());
    call.send().status
}

fn delete(look: &Look<'_>) -> u16 {
    let http = look.http();
    let call = http.delete("/v2/team/app/manifests/1");
    call.header("Authorization", &authorization()).send().status
}

fn stranger(look: &Look<'_>) -> u16 {
    look.http().get(TAGS).send().status
}

fn authorization() -> String {
    format!("Basic {}", STANDARD.encode("ann:secret"))
}

/// Of a repository that is not there.
const TAGS: &str = "/v2/team/app/tags/list";
const ALLOWED: u16 = 200;
const DENIED: u16 = 403;
/// Only those who are let in are told.
const MISSING: u16 = 404;
