//! Who may do what, over the wire: each request of a table by each identity.

mod table;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};
use wharf_e2e::configured::Configured;
use wharf_e2e::digest::sha256;
use wharf_e2e::http::{Answer, Http};
use wharf_e2e::publish::{OCI_IMAGE, descriptor, with_digest};
use wharf_e2e::scratch::Scratch;

use crate::rules::ruled;
use table::TABLE;

/// What every repository of [`REPOSITORIES`] has before each request.
const LAYER: &str = "a layer";
const CONFIG: &str = "{}";
/// Only in `team-b/app`.
const SECRET: &str = "a layer of team b";
const REPOSITORIES: [&str; 5] = [
    "public/app",
    "team-a/app",
    "team-a/frozen",
    "team-b/app",
    "users/ann/app",
];

/// Somebody, and the `Authorization` header that they send; in the order of the table's columns.
const IDENTITIES: [(&str, Shown); 8] = [
    ("nobody", Shown::Nothing),
    ("empty", Shown::Password("", "")),
    ("garbage", Shown::Header("Basic !!!")),
    ("wrong", Shown::Password("ann", "guessed")),
    ("ann", Shown::Password("ann", "secret")),
    ("bob", Shown::Password("bob", "secret")),
    ("carl", Shown::Password("carl", "secret")),
    ("admin", Shown::Password("admin", "secret")),
];

#[derive(Clone, Copy)]
enum Shown {
    Nothing,
    Password(&'static str, &'static str),
    Header(&'static str),
}

/// Not the kind that lists what is allowed, so that the order of the rules matters too.
pub(crate) fn rules() -> Value {
    json!([
        {"name": "admins", "accounts": ["admin"], "repositories": ["**"], "actions": ["*"]},
        {"name": "the registry", "accounts": ["admin"], "class": "admin"},
        {"name": "frozen", "accounts": ["*"], "repositories": ["team-a/frozen"],
         "actions": ["push", "delete"], "effect": "deny"},
        {"name": "team a", "groups": ["a"], "repositories": ["team-a/**"], "actions": ["*"]},
        {"name": "team b", "groups": ["b"], "repositories": ["team-b/**"],
         "actions": ["pull", "push"]},
        {"name": "their own", "accounts": ["*"], "repositories": ["users/${account}/**"],
         "actions": ["*"]},
        {"name": "public", "anonymous": true, "repositories": ["public/**"], "actions": ["pull"]},
        {"name": "from afar", "anonymous": true, "repositories": ["**"], "actions": ["*"],
         "networks": ["192.0.2.0/24", "2001:db8::/32"]},
    ])
}

fn start() -> (Configured, Scratch) {
    let (server, files) = ruled(json!({"a": ["ann"], "b": ["bob"]}), rules());
    let http = server.http();
    for repository in REPOSITORIES {
        fill(&http, repository);
    }
    put_blob(&http, "team-b/app", SECRET);
    (server, files)
}

// === impl Shown ===

impl Shown {
    fn header(self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Password(user, password) => {
                let encoded = STANDARD.encode(format!("{user}:{password}"));
                Some(format!("Basic {encoded}"))
            }
            Self::Header(header) => Some(header.to_owned()),
        }
    }
}

const ADMIN: Shown = Shown::Password("admin", "secret");

fn ask(http: &Http, who: Shown, method: &str, path: &str, body: &str) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let call = http.call(&method, path).body(body.to_owned());
    let call = match who.header() {
        Some(header) => call.header("Authorization", &header),
        None => call,
    };
    call.header("Content-Type", OCI_IMAGE).send()
}

/// As the admin; it has to work.
fn make(http: &Http, method: &str, path: &str, body: &str, status: u16) -> Answer {
    let answer = ask(http, ADMIN, method, path, body);
    assert_eq!(answer.status, status, "{method} {path}: {answer:#?}");
    answer
}

fn put_blob(http: &Http, repository: &str, bytes: &str) {
    let digest = sha256(bytes.as_bytes());
    let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
    make(http, "POST", &path, bytes, 201);
}

/// Puts there what may have been removed.
fn fill(http: &Http, repository: &str) {
    put_blob(http, repository, LAYER);
    put_blob(http, repository, CONFIG);
    let path = format!("/v2/{repository}/manifests/1");
    make(http, "PUT", &path, &manifest(), 201);
}

fn manifest() -> String {
    let describe = |media_type: &str, bytes: &str| {
        descriptor(media_type, &sha256(bytes.as_bytes()), bytes.len())
    };
    json!({
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE,
        "config": describe("application/vnd.oci.image.config.v1+json", CONFIG),
        "layers": [describe("application/vnd.oci.image.layer.v1.tar", LAYER)],
    })
    .to_string()
}

/// A path of the table with its digests; `{upload}` is a new one, of the repository before it.
fn filled(http: &Http, path: &str) -> String {
    let path = path
        .replace("{layer}", &sha256(LAYER.as_bytes()))
        .replace("{secret}", &sha256(SECRET.as_bytes()))
        .replace("{manifest}", &sha256(manifest().as_bytes()));
    let Some(uploads) = path.strip_suffix("{upload}") else {
        return path;
    };
    let upload = make(http, "POST", uploads, "", 202);
    let location = upload.header("location").to_owned();
    let start = location.find("/v2/").unwrap();
    location[start..].to_owned()
}

/// What a request of the table sends.
fn body(method: &str, path: &str) -> (String, String) {
    match method {
        "PUT" if path.contains("/manifests/") => (path.to_owned(), manifest()),
        "PUT" if path.contains("/uploads/") => (
            with_digest(path, &sha256(LAYER.as_bytes())),
            LAYER.to_owned(),
        ),
        "PATCH" => (path.to_owned(), LAYER.to_owned()),
        _ => (path.to_owned(), String::new()),
    }
}

#[test]
fn every_identity_is_told_what_the_table_says() {
    let (server, _files) = start();
    let http = server.http();
    let (mut pairs, mut wrong) = (0, Vec::new());
    for (method, path, expected) in TABLE {
        for ((name, who), expected) in IDENTITIES.into_iter().zip(expected) {
            let (target, body) = body(method, &filled(&http, path));
            let answer = ask(&http, who, method, &target, &body);
            if answer.status != expected {
                wrong.push(format!(
                    "{name}: {method} {path}: {} not {expected}",
                    answer.status
                ));
            }
            check(method, &answer);
            if method == "DELETE" && answer.status == 202 {
                for repository in REPOSITORIES.iter().filter(|it| path.contains(**it)) {
                    fill(&http, repository);
                }
            }
            pairs += 1;
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), server.log());
    assert!(pairs >= 120, "{pairs}");
}

/// Who may log in is challenged; who has done so is told that it does not help.
fn check(method: &str, answer: &Answer) {
    let code = match answer.status {
        401 => "UNAUTHORIZED",
        403 => "DENIED",
        _ => {
            assert!(
                !answer.headers.contains_key("www-authenticate"),
                "{answer:#?}"
            );
            return;
        }
    };
    let challenge = answer.headers.get("www-authenticate");
    let challenge = challenge.map(|challenge| challenge.to_str().unwrap());
    let expected = (answer.status == 401).then_some("Basic realm=\"Registry\"");
    assert_eq!(challenge, expected, "{answer:#?}");
    if method != "HEAD" {
        assert_eq!(answer.json()["errors"][0]["code"], code, "{answer:#?}");
    }
}

#[test]
fn nothing_is_mounted_from_where_one_may_not_pull() {
    let (server, _files) = start();
    let http = server.http();
    let secret = sha256(SECRET.as_bytes());
    let ann = Shown::Password("ann", "secret");
    let is_there = || {
        let path = format!("/v2/team-a/app/blobs/{secret}");
        ask(&http, ADMIN, "HEAD", &path, "").status == 200
    };
    for (from, status) in [
        ("&from=team-b/app", 403),
        ("&from=team-b%2Fapp", 403),
        ("&from=team-b/app&from=team-a/app", 403),
        // Without a repository to mount from it is an upload like any other.
        ("&from=team-a/app&from=team-b/app", 202),
        ("&from=team-b/app/", 202),
        ("&from=./team-b/app", 202),
        ("&from=team-a/../team-b/app", 202),
        ("&from=TEAM-B/app", 202),
        ("&FROM=team-b/app", 202),
        ("&from=", 202),
        ("", 202),
    ] {
        let path = format!("/v2/team-a/app/blobs/uploads/?mount={secret}{from}");
        let answer = ask(&http, ann, "POST", &path, "");
        assert_eq!(answer.status, status, "{from}: {answer:#?}");
        assert!(!is_there(), "{from}");
    }
    // The admin may pull from both.
    let path = format!("/v2/team-a/app/blobs/uploads/?mount={secret}&from=team-b/app");
    assert_eq!(ask(&http, ADMIN, "POST", &path, "").status, 201);
    assert!(is_there());
}

#[test]
fn the_log_names_the_rule_that_denied() {
    let (server, _files) = start();
    let http = server.http();
    let carl = Shown::Password("carl", "secret");
    for (method, path, because) in [
        ("GET", "/v2/team-a/app/tags/list", "no rule fits"),
        ("DELETE", "/v2/team-a/frozen/manifests/1", "rule 3 (frozen)"),
        ("GET", "/v2/_catalog", "no rule fits"),
    ] {
        let before = server.log().len();
        assert_eq!(ask(&http, carl, method, path, "").status, 403);
        // Lines may be written a moment after the answer.
        crate::authorization_server::comes(|| {
            let log = server.log();
            let mut lines = log[before..].lines();
            lines.any(|line| line.contains("msg=denied") && line.contains(because))
        });
    }
}
