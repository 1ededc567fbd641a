//! Authentication where several parts meet: a proxy in front, each client with each kind of
//! login, rules behind tokens, and those who try what they may not.

mod clients;
mod granted;
mod guesses;
mod proxied;
mod robots;
mod rotated;

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use wharf_e2e::command::Run;
use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::http::{Answer, Http};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::wharf;

use crate::rules::HTPASSWD;

/// A registry of those in [`HTPASSWD`], all of whose passwords are `secret`. The directory goes
/// after it.
fn known() -> (Configuration, Scratch) {
    let files = Scratch::new();
    let path = files.join("htpasswd");
    fs::write(&path, HTPASSWD).unwrap();
    let configuration = Configuration::default()
        .set("auth.htpasswd", json!({"realm": "Registry", "path": path}))
        .set("storage.delete.enabled", json!(true))
        .set("wharfinger.durability", json!("none"))
        .set("wharfinger.auth.limits.logins.failures", json!(0));
    (configuration, files)
}

/// The same with an authorization server.
fn issuing() -> (Configuration, Scratch) {
    let (configuration, files) = known();
    let configuration = configuration
        .set("wharfinger.auth.directory", json!("{scratch}/auth"))
        .set("wharfinger.auth.server", json!({"expiration": "2m"}));
    (configuration, files)
}

/// `wharf …` that changes the directory of accounts.
fn command(server: &Configured, words: &str) -> Run {
    Run::program(wharf())
        .words(words)
        .arg("--config")
        .arg(server.directory().join("config.yml"))
}

/// A personal access token, and its id.
fn personal(server: &Configured, words: &str) -> (String, String) {
    let told = command(server, "token create --json").words(words).ok();
    let told = told.json();
    let text = |key: &str| told[key].as_str().unwrap().to_owned();
    (text("token"), text("id"))
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// What `/auth/token` says to this query.
fn ask(http: &Http, who: Option<(&str, &str)>, query: &str) -> Answer {
    let call = http.get(&format!("/auth/token?{query}"));
    match who {
        Some((user, password)) => call.header("Authorization", &basic(user, password)),
        None => call,
    }
    .send()
}

/// A token for these scopes, as they are written in a query.
fn token(http: &Http, who: Option<(&str, &str)>, scopes: &str) -> String {
    let answer = ask(http, who, scopes);
    assert_eq!(answer.status, 200, "{scopes}: {answer:#?}");
    text(&answer, "token")
}

/// What a refresh token gets.
fn refresh(http: &Http, refresh: &str, scope: &str) -> Answer {
    let form = format!(
        "grant_type=refresh_token&client_id=test&service=wharfinger&refresh_token={refresh}&\
         scope={scope}"
    );
    let call = http.post("/auth/token").body(form);
    call.header("Content-Type", "application/x-www-form-urlencoded")
        .send()
}

fn text(answer: &Answer, field: &str) -> String {
    let json = answer.json();
    let text = json[field].as_str();
    text.unwrap_or_else(|| panic!("no {field}: {json}"))
        .to_owned()
}

/// What a token is for, as scopes.
fn access(token: &str) -> String {
    let claims = token.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let entries = claims["access"].as_array().unwrap().iter().map(|entry| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let class = entry.get("class");
        let class = class.map(|class| format!("({})", text(class)));
        let actions: Vec<_> = entry["actions"]
            .as_array()
            .unwrap()
            .iter()
            .map(text)
            .collect();
        format!(
            "{}{}:{}:{}",
            text(&entry["type"]),
            class.unwrap_or_default(),
            text(&entry["name"]),
            actions.join(",")
        )
    });
    entries.collect::<Vec<_>>().join(" ")
}

/// The status of a request with a token.
fn status(http: &Http, method: &str, path: &str, token: &str) -> u16 {
    let method = http::Method::from_bytes(method.as_bytes()).unwrap();
    let call = http.call(&method, path);
    call.header("Authorization", &format!("Bearer {token}"))
        .send()
        .status
}
