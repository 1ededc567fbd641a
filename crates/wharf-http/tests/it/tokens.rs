//! The pages of the authorization server: who is told what, and with which status.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use wharf_auth::{
    Accounts, Audit, AuthorizationServer, Htpasswd, IssuerParts, Keys, OwnKeys, Rules, Sessions,
    Token,
};
use wharf_http::{Guard, Limits, Server, Shutdown, TokenPages, TokenSite};

use crate::harness::{Lines, Setup, Wharf};
use crate::wire::{Request, Response};

/// Both halves, and a listener of its own for the pages.
struct Issuing {
    wharf: Wharf,
    own: Wharf,
    log: Lines,
    _directory: TempDir,
}

// === impl Issuing ===

impl Issuing {
    async fn start() -> Self {
        Self::with_pauses_of(Setup::memory().settings.body_stall).await
    }

    async fn with_pauses_of(body_stall: Duration) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let htpasswd = directory.path().join("htpasswd");
        write(&htpasswd, &format!("ann:{HASH}\n"));
        let keys = Arc::new(Keys::open(directory.path()).unwrap());
        let hour = Duration::from_secs(3600);
        let server = AuthorizationServer::new(IssuerParts {
            issuer: "the issuer".to_owned(),
            service: "the service".to_owned(),
            expiration: Duration::from_secs(300),
            keys: Arc::clone(&keys),
            sessions: Arc::new(Sessions::open(directory.path(), hour).unwrap()),
            accounts: Arc::new(Accounts::new(Some(Htpasswd::open(&htpasswd).unwrap()))),
            rules: Rules::default().into(),
            account_pulls: None,
            anonymous_pulls: None,
            audit: Audit::default(),
        });
        let (access_log, log) = Lines::log();
        let mut setup = Setup::memory();
        let pages = TokenPages::new(server, "the \"realm\"", &setup.settings.prefix);
        setup.settings.access_log = Some(access_log);
        setup.settings.body_stall = body_stall;
        setup.settings.tokens = Some(pages.clone());
        setup.settings.guard = Guard::new(Token::own(OwnKeys {
            keys,
            realm: String::new(),
            path: "/auth/token".to_owned(),
            service: "the service".to_owned(),
            issuer: "the issuer".to_owned(),
        }));
        let site = TokenSite::new(pages, setup.settings.clone());
        let server = Server::bind("127.0.0.1:0", site, Limits::default());
        let server = server.await.unwrap();
        let shutdown = Shutdown::default();
        let own = Wharf {
            address: server.local_addr().unwrap(),
            task: tokio::spawn(server.run(shutdown.clone())),
            shutdown,
        };
        Self {
            wharf: setup.start().await,
            own,
            log,
            _directory: directory,
        }
    }

    async fn get(&self, query: &str, authorization: &str) -> Response {
        let request = Request::get(&format!("/auth/token{query}"));
        let request = match authorization {
            "" => request,
            value => request.header("Authorization", value),
        };
        self.wharf.ask(request).await
    }

    async fn post(&self, form: &str) -> Response {
        self.wharf.ask(posted(form)).await
    }
}

fn posted(form: &str) -> Request {
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    Request::post("/auth/token")
        .header("Content-Type", kind)
        .body(form)
}

#[expect(clippy::disallowed_methods, reason = "a file of an operator's")]
fn write(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

fn body(answer: &Response) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// Status, OAuth's error, and the registry's.
fn told(answer: &Response) -> (u16, String, String) {
    let body = body(answer);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(body["error_description"], body["errors"][0]["message"]);
    let code = text(&body["errors"][0]["code"]);
    (answer.status, text(&body["error"]), code)
}

#[tokio::test]
async fn a_token_is_told_by_all_of_its_names() {
    let issuing = Issuing::start().await;
    let answer = issuing
        .get("?account=ann&scope=repository:a:pull", ANN)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.show());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let told = body(&answer);
    let names: Vec<_> = told.as_object().unwrap().keys().collect();
    let expected = [
        "access_token",
        "expires_in",
        "issued_at",
        "scope",
        "token",
        "token_type",
    ];
    assert_eq!(names, expected);
    assert_eq!(told["token"], told["access_token"]);
    assert_eq!(told["expires_in"], 300);
    let moment = told["issued_at"].as_str().unwrap();
    assert!(moment.ends_with('Z') && moment.len() == 20, "{moment}");
    let bearer = format!("Bearer {}", told["token"].as_str().unwrap());
    let tags = Request::get("/v2/a/tags/list").header("Authorization", bearer);
    assert_eq!(issuing.wharf.ask(tags).await.status, 404);
}

#[tokio::test]
async fn several_scopes_in_one_parameter_and_in_several_are_the_same() {
    let issuing = Issuing::start().await;
    let both = "repository:a:pull repository:b:push";
    for query in [
        "?scope=repository:a:pull&scope=repository:b:push",
        "?scope=repository%3Aa%3Apull+repository:b:push",
    ] {
        let answer = issuing.get(query, ANN).await;
        assert_eq!(body(&answer)["scope"], both, "{query}");
    }
    let form = "grant_type=password&username=ann&password=secret&\
                scope=repository:a:pull%20repository:b:push";
    assert_eq!(body(&issuing.post(form).await)["scope"], both);
}

#[tokio::test]
async fn who_asks_wrongly_is_told_in_the_words_of_both_protocols() {
    let issuing = Issuing::start().await;
    let wrong = (401, "invalid_grant", "UNAUTHORIZED");
    let bad = (400, "invalid_request", "UNSUPPORTED");
    let scope = (400, "invalid_scope", "UNSUPPORTED");
    for (query, authorization, expected) in [
        // ann:guess
        ("", "Basic YW5uOmd1ZXNz", wrong),
        // carl:secret
        ("", "Basic Y2FybDpzZWNyZXQ=", wrong),
        ("", "Bearer x", wrong),
        ("", "rubbish", wrong),
        ("?service=another", ANN, bad),
        // Somebody else's account.
        ("?account=bob", ANN, bad),
        ("?scope=rubbish", ANN, scope),
        ("?scope=repository:a", "", scope),
    ] {
        let answer = issuing.get(query, authorization).await;
        let (status, error, code) = told(&answer);
        assert_eq!(
            (status, &*error, &*code),
            expected,
            "{query} {authorization}"
        );
        let challenge = (status == 401).then_some(r#"Basic realm="the \"realm\"""#);
        assert_eq!(answer.header("www-authenticate"), challenge);
    }
    let type_ = (400, "unsupported_grant_type", "UNSUPPORTED");
    for (form, expected) in [
        ("grant_type=password&username=ann&password=guess", wrong),
        ("grant_type=refresh_token&refresh_token=x.y", wrong),
        ("grant_type=password&username=ann", bad),
        ("grant_type=password&username=&password=", bad),
        ("grant_type=refresh_token", bad),
        ("", bad),
        ("username=ann&password=secret", bad),
        ("grant_type=authorization_code&code=x", type_),
        (
            "grant_type=password&username=ann&password=secret&refresh_token=x",
            bad,
        ),
        (
            "grant_type=refresh_token&username=ann&password=secret&refresh_token=x",
            bad,
        ),
        (
            "grant_type=password&username=ann&password=x&password=secret",
            bad,
        ),
        (
            "grant_type=password&grant_type=refresh_token&refresh_token=x",
            bad,
        ),
        (
            "grant_type=password&username=ann&password=secret&service=another",
            bad,
        ),
        (
            "grant_type=password&username=ann&password=secret&scope=rubbish",
            scope,
        ),
    ] {
        let (status, error, code) = told(&issuing.post(form).await);
        assert_eq!((status, &*error, &*code), expected, "{form}");
    }
    let twice = posted("grant_type=refresh_token&refresh_token=x").header("Authorization", ANN);
    assert_eq!(issuing.wharf.ask(twice).await.status, 400);
    let json = Request::post("/auth/token").header("Content-Type", "application/json");
    let answer = issuing
        .wharf
        .ask(json.body("{\"grant_type\": \"password\"}"))
        .await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn account_alone_makes_nobody_somebody() {
    let issuing = Issuing::start().await;
    let answer = issuing
        .get(
            "?account=ann&offline_token=true&scope=repository:a:pull",
            "",
        )
        .await;
    let told = body(&answer);
    assert_eq!(
        (&told["scope"], &told["refresh_token"]),
        (&json!(""), &Value::Null)
    );
}

#[tokio::test]
async fn a_body_that_is_too_large_and_a_thousand_scopes_are_refused() {
    let issuing = Issuing::start().await;
    let form = format!("grant_type=password&x={}", "x".repeat(64 << 10));
    assert_eq!(told(&issuing.post(&form).await).0, 413);
    let mut form = "grant_type=password&username=ann&password=secret".to_owned();
    for _ in 0..1000 {
        write!(form, "&scope=repository:a:pull").unwrap();
    }
    assert_eq!(told(&issuing.post(&form).await).1, "invalid_scope");
    issuing.wharf.ask(Request::get("/auth/keys")).await;
}

#[tokio::test]
async fn a_refresh_token_is_for_who_asks_for_one() {
    let issuing = Issuing::start().await;
    let first = body(&issuing.get("?offline_token=true", ANN).await)["refresh_token"].clone();
    let form = "grant_type=password&username=ann&password=secret&access_type=offline";
    let second = body(&issuing.post(form).await)["refresh_token"].clone();
    for token in [first, second] {
        let token = token.as_str().unwrap();
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        let answer = body(&issuing.post(&form).await);
        assert!(answer["access_token"].is_string() && answer["refresh_token"].is_null());
    }
    let head = Request::head("/auth/token?offline_token=true").header("Authorization", ANN);
    let answer = issuing.wharf.ask(head).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
}

#[tokio::test]
async fn other_methods_are_not_allowed_and_other_paths_are_not_there() {
    let issuing = Issuing::start().await;
    for (method, path, status, allow) in [
        ("PUT", "/auth/token", 405, Some("GET, HEAD, POST")),
        ("DELETE", "/auth/token", 405, Some("GET, HEAD, POST")),
        ("POST", "/auth/keys", 405, Some("GET, HEAD")),
        ("OPTIONS", "/auth/token", 200, Some("GET, HEAD, POST")),
        ("GET", "/auth/keys", 200, None),
        ("HEAD", "/auth/keys", 200, None),
        ("GET", "/auth/", 404, None),
        ("GET", "/auth/token/", 404, None),
        ("GET", "/auth/keys.json", 404, None),
    ] {
        for wharf in [&issuing.wharf, &issuing.own] {
            let answer = wharf.ask(Request::new(method, path)).await;
            assert_eq!(answer.status, status, "{method} {path}");
            assert_eq!(answer.header("allow"), allow, "{method} {path}");
        }
    }
    assert_eq!(issuing.own.ask(Request::get("/v2/")).await.status, 404);
    let keys = issuing.own.ask(Request::get("/auth/keys")).await;
    assert_eq!(keys.header("cache-control"), Some("public, max-age=60"));
    let keys = body(&keys);
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    assert!(keys["keys"][0]["d"].is_null());
}

#[tokio::test]
async fn the_access_log_has_no_secrets() {
    let issuing = Issuing::start().await;
    let refresh = body(&issuing.get("?account=ann&offline_token=true", ANN).await);
    let refresh = refresh["refresh_token"].as_str().unwrap().to_owned();
    let form = format!("grant_type=refresh_token&refresh_token={refresh}");
    let token = body(&issuing.post(&form).await)["token"].clone();
    issuing
        .post("grant_type=password&username=ann&password=guessed")
        .await;
    issuing.own.ask(posted(&form)).await;
    let log = loop {
        let log = issuing.log.text();
        if log.lines().count() >= 4 {
            break log;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert!(log.contains("/auth/token?account=ann"), "{log}");
    for secret in [&*refresh, token.as_str().unwrap(), "guessed", "YW5u"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn a_challenge_sends_clients_to_the_host_that_they_asked() {
    let issuing = Issuing::start().await;
    for (proto, scheme) in [
        ("", "http"),
        ("https", "https"),
        ("http", "http"),
        ("x", "http"),
    ] {
        let request = Request::get("/v2/").header("X-Forwarded-Proto", proto);
        let answer = issuing.wharf.ask(request).await;
        let expected =
            format!("Bearer realm=\"{scheme}://wharf.test/auth/token\",service=\"the service\"");
        assert_eq!(
            answer.header("www-authenticate"),
            Some(&*expected),
            "{proto}"
        );
    }
}

/// ann:secret
const ANN: &str = "Basic YW5uOnNlY3JldA==";
/// bcrypt, of `secret`.
const HASH: &str = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";

#[tokio::test]
async fn attack_a_form_that_comes_byte_by_byte_is_not_waited_for() {
    let pause = Duration::from_millis(500);
    let issuing = Issuing::with_pauses_of(pause).await;
    let mut client = issuing.wharf.connect().await;
    client
        .send(
            "POST /auth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n",
        )
        .await;
    let mut answer = None;
    for _ in 0..100 {
        client.send("a").await;
        answer = tokio::time::timeout(pause / 10, client.head()).await.ok();
        if answer.is_some() {
            break;
        }
    }
    assert_eq!(answer.unwrap().status, 408);
}
