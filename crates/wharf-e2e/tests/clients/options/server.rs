//! `wharfinger.auth.server`.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    vec![
        server(
            "wharfinger.auth.server.addr",
            json!("localhost:0"),
            |look| look.logs("authorization server listening"),
        )
        .with(
            "wharfinger.auth.server.realm",
            json!("https://auth.test/token"),
        ),
        server(
            "wharfinger.auth.server.realm",
            json!("https://auth.test/token"),
            |look| challenge(look).contains("realm=\"https://auth.test/token\""),
        ),
        server(
            "wharfinger.auth.server.issuer",
            json!("the issuer"),
            |look| {
                let token = look.http().get("/auth/token").expect(200).json();
                let claims = token["token"].as_str().unwrap().split('.').nth(1);
                let claims = URL_SAFE_NO_PAD.decode(claims.unwrap()).unwrap();
                let claims: Value = serde_json::from_slice(&claims).unwrap();
                claims["iss"] == "the issuer"
            },
        ),
        server(
            "wharfinger.auth.server.service",
            json!("the service"),
            |look| challenge(look).contains("service=\"the service\""),
        ),
        server("wharfinger.auth.server.expiration", json!("10m"), |look| {
            let token = look.http().get("/auth/token").expect(200).json();
            token["expires_in"] == 600
        }),
        server("wharfinger.auth.server.refresh", json!("1s"), |look| {
            let (http, basic) = (
                look.http(),
                STANDARD.encode(format!("docker:{}", password(look))),
            );
            let call = http.get("/auth/token?offline_token=true");
            let answer = call.header("Authorization", &format!("Basic {basic}"));
            let token = answer.expect(200).json()["refresh_token"].clone();
            let form = format!(
                "grant_type=refresh_token&refresh_token={}",
                token.as_str().unwrap()
            );
            std::thread::sleep(std::time::Duration::from_millis(1500));
            let call = http.post("/auth/token").body(form);
            let kind = "application/x-www-form-urlencoded";
            call.header("Content-Type", kind).send().status == 401
        }),
    ]
}

/// With everything else that it takes.
fn server(option: &'static str, value: Value, effect: fn(&Look<'_>) -> bool) -> Case {
    let others = [
        ("auth.htpasswd.realm", json!("Registry")),
        ("auth.htpasswd.path", json!("{scratch}/htpasswd")),
        // Something of it, so that there is one.
        ("wharfinger.auth.server.issuer", json!("wharfinger")),
        ("wharfinger.auth.server.service", json!("wharfinger")),
        ("wharfinger.auth.directory", json!("{scratch}/auth")),
    ];
    others
        .into_iter()
        .filter(|(other, _)| *other != option)
        .fold(case(option, value, effect), |case, (other, value)| {
            case.with(other, value)
        })
}

fn challenge(look: &Look<'_>) -> String {
    let answer = look.http().get("/v2/").expect(401);
    answer.header("www-authenticate").to_owned()
}

/// Of the account that was made, as the log tells it.
fn password(look: &Look<'_>) -> String {
    let log = look.log();
    let (_, password) = log.split_once(" password=").unwrap();
    let password = password.split_whitespace().next().unwrap();
    password.trim_matches('"').to_owned()
}
