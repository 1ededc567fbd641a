//! `auth`. Who is let in, request by request, is shown elsewhere; here each option is seen in
//! the challenge, or in whether a token is taken.

use serde_json::{Value, json};

use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    let realm = json!("the realm");
    vec![
        case("auth.htpasswd.realm", realm.clone(), names_the_realm)
            .with("auth.htpasswd.path", json!("{scratch}/htpasswd"))
            .needed("auth.htpasswd.realm: this has to be said"),
        case("auth.htpasswd.path", json!("{scratch}/htpasswd"), |look| {
            look.directory().join("htpasswd").is_file() && names_the_realm(look)
        })
        .with("auth.htpasswd.realm", realm.clone())
        .needed("auth.htpasswd.path: this has to be said"),
        case("auth.silly.realm", realm.clone(), names_the_realm)
            .with("auth.silly.service", json!("the service"))
            .needed("auth.silly.realm: this has to be said"),
        case(
            "auth.silly.service",
            json!("the service"),
            names_the_service,
        )
        .with("auth.silly.realm", realm.clone())
        .needed("auth.silly.service: this has to be said"),
        token("auth.token.realm", realm, names_the_realm)
            .needed("auth.token.realm: this has to be said"),
        token("auth.token.service", json!("the service"), takes_the_token)
            .needed("auth.token.service: this has to be said"),
        token("auth.token.issuer", json!("the issuer"), takes_the_token)
            .needed("auth.token.issuer: this has to be said"),
        token("auth.token.jwks", json!("{jwks}"), takes_the_token).needed("trusts no key"),
        case(
            "auth.token.rootcertbundle",
            json!("{certificate}"),
            |look| names_the_service(look) && !takes_the_token(look),
        )
        .with("auth.token.realm", json!("the realm"))
        .with("auth.token.service", json!("the service"))
        .with("auth.token.issuer", json!("the issuer"))
        .needed("trusts no key"),
        token("auth.token.autoredirect", json!(true), |look| {
            let here = format!("realm=\"https://{}/auth/token\"", look.host());
            challenge(look).contains(&here)
        }),
        token("auth.token.autoredirectpath", json!("/elsewhere"), |look| {
            challenge(look).contains("/elsewhere\"")
        })
        .with("auth.token.autoredirect", json!(true)),
        token("auth.token.signingalgorithms", json!(["ES256"]), |look| {
            !takes_the_token(look)
        }),
    ]
}

/// With everything else that it takes.
fn token(option: &'static str, value: Value, effect: fn(&Look<'_>) -> bool) -> Case {
    let others = [
        ("auth.token.realm", json!("https://auth.test/token")),
        ("auth.token.service", json!("the service")),
        ("auth.token.issuer", json!("the issuer")),
        ("auth.token.jwks", json!("{jwks}")),
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

fn names_the_realm(look: &Look<'_>) -> bool {
    challenge(look).contains("realm=\"the realm\"")
}

fn names_the_service(look: &Look<'_>) -> bool {
    challenge(look).contains("service=\"the service\"")
}

fn takes_the_token(look: &Look<'_>) -> bool {
    let http = look.http();
    let call = http.get("/v2/");
    let call = call.header("Authorization", &format!("Bearer {TOKEN}"));
    call.send().status == 200
}

/// The key of RFC 8037, appendix A.2, of which everybody knows the other half (A.1).
pub(super) const JWKS: &str = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// Signed with it: `iss` is "the issuer", `aud` "the service", `exp` the year 2100.
const TOKEN: &str = "\
    eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImtQcktfcW14VldhWVZBOXd3QkY2SXVvM3ZWeno3VHhI\
    Q1R3WEJ5Z3JTNGsifQ.eyJpc3MiOiJ0aGUgaXNzdWVyIiwiYXVkIjoidGhlIHNlcnZpY2UiLCJzdWIiOiJhbm4iL\
    CJleHAiOjQxMDI0NDQ4MDAsImFjY2VzcyI6W119.Ov8SnCHf8-lNxz2rc2qcP3MvPYOJUMdOtD4gDyCNox3C9EMW\
    OXZHmylrXMdoXJtNnuEr4l16FcipQgeXi9iKDA";
