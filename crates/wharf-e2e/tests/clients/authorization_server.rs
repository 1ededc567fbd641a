//! `wharfinger.auth.server`: docker login, tokens and refresh tokens, keys that change, and
//! other registries that take our tokens.

mod clients;
mod elsewhere;

use std::fs;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use wharf_e2e::command::Run;
use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::http::Answer;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::wharf;

/// A registry with an authorization server, and ann, whose password is `secret`.
struct Issuing {
    server: Configured,
    _accounts: Scratch,
}

// === impl Issuing ===

impl Issuing {
    fn start() -> Self {
        Self::with(&json!({"expiration": "2m"}))
    }

    fn with(options: &Value) -> Self {
        let accounts = Scratch::new();
        let htpasswd = accounts.join("htpasswd");
        fs::write(&htpasswd, format!("ann:{HASH}\n")).unwrap();
        let htpasswd = json!({"realm": "Registry", "path": htpasswd});
        let server = Configuration::default()
            .set("auth.htpasswd", htpasswd)
            .set("wharfinger.auth.directory", json!("{scratch}/auth"))
            .set("wharfinger.auth.server", options.clone())
            .set("storage.delete.enabled", json!(true))
            .start();
        Self {
            server,
            _accounts: accounts,
        }
    }

    fn host(&self) -> &str {
        self.server.host()
    }

    /// Asks as ann.
    fn ask(&self, query: &str) -> Answer {
        let basic = STANDARD.encode("ann:secret");
        let http = self.server.http();
        let call = http.get(&format!("/auth/token?{query}"));
        call.header("Authorization", &format!("Basic {basic}"))
            .expect(200)
    }

    /// A token for ann.
    fn token(&self, scope: &str) -> String {
        text(&self.ask(&format!("scope={scope}")), "token")
    }

    fn post(&self, form: &str) -> Answer {
        let http = self.server.http();
        let call = http.post("/auth/token").body(form.to_owned());
        call.header("Content-Type", "application/x-www-form-urlencoded")
            .send()
    }

    fn refresh(&self, token: &str) -> Answer {
        self.post(&format!(
            "grant_type=refresh_token&client_id=test&service=wharfinger&refresh_token={token}&\
             scope=repository:a:pull"
        ))
    }

    /// `wharf auth …` with its configuration.
    fn command(&self, words: &str) -> Run {
        let config = self.server.directory().join("config.yml");
        Run::program(wharf())
            .words("auth")
            .words(words)
            .env("REGISTRY_CONFIGURATION_PATH", config)
    }

    /// What it says to a token.
    fn status(&self, path: &str, token: &str) -> u16 {
        let http = self.server.http();
        let call = http.get(path);
        call.header("Authorization", &format!("Bearer {token}"))
            .send()
            .status
    }
}

fn text(answer: &Answer, field: &str) -> String {
    answer.json()[field].as_str().unwrap().to_owned()
}

/// A part of a token: its head, or its claims.
fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// For what a running server learns of within a second or so.
pub(crate) fn comes(mut is_there: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_there() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "it does not come"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_client_is_sent_for_a_token_that_lets_it_in() {
    let issuing = Issuing::start();
    let answer = issuing.server.http().get("/v2/a/tags/list").expect(401);
    let here = format!(
        "Bearer realm=\"http://{}/auth/token\",service=\"wharfinger\",scope=\"repository:a:pull\"",
        issuing.host()
    );
    assert_eq!(answer.header("www-authenticate"), here);
    let answer = issuing.ask("service=wharfinger&account=ann&scope=repository:a:pull");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.json()["expires_in"], 120);
    let token = text(&answer, "token");
    assert_eq!(part(&token, 1)["sub"], "ann");
    assert_eq!(issuing.status("/v2/a/tags/list", &token), 404);
    assert_eq!(issuing.status("/v2/b/tags/list", &token), 401);
    assert_eq!(issuing.status("/v2/_catalog", &token), 401);
    let log = issuing.server.log();
    assert!(!log.contains(&token) && !log.contains("secret"), "{log}");
}

#[test]
fn a_refresh_token_is_good_until_it_is_revoked() {
    let issuing = Issuing::start();
    let first = text(
        &issuing.ask("offline_token=true&client_id=test"),
        "refresh_token",
    );
    let form = "grant_type=password&client_id=test&service=wharfinger&access_type=offline&\
                username=ann&password=secret";
    let second = text(&issuing.post(form), "refresh_token");
    for token in [&first, &second] {
        let answer = issuing.refresh(token);
        assert_eq!(answer.status, 200, "{answer:#?}");
        let token = text(&answer, "access_token");
        assert_eq!(issuing.status("/v2/a/tags/list", &token), 404);
    }
    let (id, secret) = first.split_once('.').unwrap();
    let listed = issuing.command("sessions list").ok();
    assert!(listed.mentions(id) && listed.mentions("ann"), "{listed:#?}");
    assert!(!listed.mentions(secret), "{listed:#?}");
    let config = issuing.server.directory().join("config.yml");
    let revoke = |what: &str| {
        let run = issuing.command("sessions revoke --config").arg(&config);
        run.arg(what)
    };
    revoke(id).ok();
    comes(|| issuing.refresh(&first).status == 401);
    let answer = issuing.refresh(&first);
    assert_eq!(answer.json()["error"], "invalid_grant");
    assert_eq!(answer.json()["errors"][0]["code"], "UNAUTHORIZED");
    assert_eq!(issuing.refresh(&second).status, 200);
    revoke("--account=ann").ok();
    comes(|| issuing.refresh(&second).status == 401);
    revoke("--all").fails();
    let log = issuing.server.log();
    assert!(
        !log.contains(secret) && !log.contains("password=secret"),
        "{log}"
    );
}

#[test]
fn a_rotated_key_verifies_and_the_new_one_signs() {
    let issuing = Issuing::start();
    let old = issuing.token("repository:a:pull");
    issuing.command("rotate --now").ok();
    let kid = |token: &str| part(token, 0)["kid"].clone();
    comes(|| kid(&issuing.token("repository:a:pull")) != kid(&old));
    let new = issuing.token("repository:a:pull");
    for token in [&old, &new] {
        assert_eq!(issuing.status("/v2/a/tags/list", token), 404);
    }
    let keys = issuing.server.http().get("/auth/keys").expect(200).json();
    assert_eq!(keys, issuing.command("keys --jwks").ok().json());
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
    issuing.command("rotate --revoke").ok();
    comes(|| issuing.status("/v2/a/tags/list", &new) == 401);
    assert_eq!(issuing.status("/v2/a/tags/list", &old), 401);
}

#[test]
fn it_may_be_on_a_listener_of_its_own() {
    let address = wharf_e2e::server::free_address();
    let realm = format!("http://{address}/auth/token");
    let issuing = Issuing::with(&json!({"addr": address, "realm": realm}));
    issuing.server.http().get("/auth/keys").expect(404);
    let there = wharf_e2e::http::Http::new(&address);
    there.get("/v2/").expect(404);
    there.get("/auth/keys").expect(200);
    let answer = issuing.server.http().get("/v2/").expect(401);
    assert!(answer.header("www-authenticate").contains(&realm));
    // crane takes no realm at a private address but that of the registry itself.
    let (scratch, host) = (Scratch::new(), issuing.host());
    let authfile = scratch.join("auth.json");
    let skopeo = |words: &str| {
        let skopeo = Run::tool("skopeo").words(words);
        skopeo.arg("--authfile").arg(&authfile)
    };
    let login = skopeo("login --tls-verify=false --username ann --password-stdin");
    login.arg(host).input("secret").ok();
    let tags = skopeo("list-tags --tls-verify=false").arg(format!("docker://{host}/none"));
    // There is no such repository, which only those who are let in are told.
    assert!(tags.fails().mentions("404 (Not Found)"));
}

/// bcrypt, of `secret`.
const HASH: &str = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";
