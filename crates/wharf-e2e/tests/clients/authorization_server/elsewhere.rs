//! Other registries that trust our authorization server.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::daemon::Daemon;
use wharf_e2e::http::Http;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::free_address;
use wharf_e2e::tool::tool;

use super::{Issuing, comes, part};

/// distribution, with keys in a file.
struct Other {
    http: Http,
    _daemon: Daemon,
    _scratch: Scratch,
}

fn distribution(program: &str, issuing: &Issuing, option: &str, keys: &[u8]) -> Other {
    let (scratch, address) = (Scratch::new(), free_address());
    let (config, file) = (scratch.join("config.yml"), scratch.join("keys"));
    fs::write(&file, keys).unwrap();
    let text = json!({
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": scratch.join("data")}},
        "http": {"addr": address},
        "auth": {"token": {
            "realm": format!("http://{}/auth/token", issuing.host()),
            "service": "wharfinger", "issuer": "wharfinger", option: file,
        }},
    });
    fs::write(&config, text.to_string()).unwrap();
    let arguments = ["serve".to_owned(), config.display().to_string()];
    let environment = [("OTEL_TRACES_EXPORTER", "none")];
    let log = scratch.join("log");
    let mut daemon = Daemon::start(&tool(program), arguments, &environment, &log);
    let http = Http::new(&address);
    daemon
        .wait_until(Duration::from_secs(20), || {
            http.get("/v2/").try_send().is_ok()
        })
        .unwrap();
    Other {
        http,
        _daemon: daemon,
        _scratch: scratch,
    }
}

fn status(http: &Http, path: &str, token: &str) -> u16 {
    let call = http.get(path);
    call.header("Authorization", &format!("Bearer {token}"))
        .send()
        .status
}

/// Another of ours that fetches the keys.
fn fetching(issuing: &Issuing) -> Configured {
    let token = json!({
        "realm": format!("http://{}/auth/token", issuing.host()),
        "service": "wharfinger", "issuer": "wharfinger",
        "jwks": format!("http://{}/auth/keys", issuing.host()),
    });
    Configuration::default().set("auth.token", token).start()
}

#[test]
fn distribution_takes_our_tokens_by_certificate_and_by_key_set() {
    let issuing = Issuing::start();
    let certificate = issuing.command("keys --certificate").ok().stdout;
    let jwks = issuing.command("keys --jwks").ok().stdout;
    let token = issuing.token("repository:a/b:pull,push");
    for (option, keys) in [("rootcertbundle", certificate), ("jwks", jwks)] {
        let other = distribution("registry", &issuing, option, &keys);
        let challenge = other.http.get("/v2/a/b/tags/list").expect(401);
        assert!(
            challenge
                .header("www-authenticate")
                .contains(issuing.host())
        );
        for (path, expected) in [
            ("/v2/", 200),
            ("/v2/a/b/tags/list", 404),
            ("/v2/a/c/tags/list", 401),
            ("/v2/_catalog", 401),
        ] {
            assert_eq!(
                status(&other.http, path, &token),
                expected,
                "{option}: {path}"
            );
            assert_eq!(issuing.status(path, &token), expected, "{path}");
        }
        let upload = other.http.post("/v2/a/b/blobs/uploads/");
        upload
            .header("Authorization", &format!("Bearer {token}"))
            .expect(202);
    }
}

/// It wants keys named as libtrust names them, which version 3 and the specification have given
/// up. Nobody is let in by mistake.
#[test]
fn distribution_2_8_takes_none_of_our_tokens() {
    let issuing = Issuing::start();
    let certificate = issuing.command("keys --certificate").ok().stdout;
    let other = distribution("docker-registry", &issuing, "rootcertbundle", &certificate);
    let token = issuing.token("repository:a/b:pull,push");
    for path in ["/v2/", "/v2/a/b/tags/list"] {
        assert_eq!(status(&other.http, path, &token), 401, "{path}");
    }
}

#[test]
fn a_registry_that_fetches_keys_knows_new_ones_without_a_restart() {
    let issuing = Issuing::start();
    let other = fetching(&issuing);
    let old = issuing.token("repository:a:pull");
    comes(|| status(&other.http(), "/v2/a/tags/list", &old) == 404);
    issuing.command("rotate --now").ok();
    let kid = |token: &str| -> Value { part(token, 0)["kid"].clone() };
    comes(|| kid(&issuing.token("repository:a:pull")) != kid(&old));
    let new = issuing.token("repository:a:pull");
    comes(|| status(&other.http(), "/v2/a/tags/list", &new) == 404);
    assert_eq!(status(&other.http(), "/v2/a/tags/list", &old), 404);
    drop(issuing);
    assert_eq!(status(&other.http(), "/v2/a/tags/list", &new), 404);
}

#[test]
fn a_registry_starts_while_the_keys_cannot_be_fetched() {
    let token = json!({
        "realm": "http://auth.test/token", "service": "wharfinger", "issuer": "wharfinger",
        "jwks": format!("http://{}/keys", free_address()),
    });
    let other = Configuration::default().set("auth.token", token).start();
    other.http().get("/v2/").expect(401);
    comes(|| other.log().contains("auth.token.jwks could not be fetched"));
}
