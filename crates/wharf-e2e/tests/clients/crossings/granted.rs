//! What tokens are for, with rules, and what they then open: never more than was granted.

mod table;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use wharf_e2e::configured::Configured;
use wharf_e2e::digest::sha256;
use wharf_e2e::http::Http;
use wharf_e2e::scratch::Scratch;

use super::{access, ask, basic, command, issuing, personal, status, text, token};
use table::TABLE;

/// The rules of `identities`, with robots.
struct Ruled {
    server: Configured,
    /// Tokens of robots, by what the table calls them.
    robots: Vec<(&'static str, &'static str, String)>,
    _files: Scratch,
}

// === impl Ruled ===

impl Ruled {
    fn start() -> Self {
        let (configuration, files) = issuing();
        let server = configuration
            .set(
                "wharfinger.auth.groups",
                json!({"a": ["ann"], "b": ["bob"]}),
            )
            .set("wharfinger.auth.rules", crate::identities::rules())
            .start();
        command(&server, "user add ci --no-password --group a").ok();
        let robots = [
            ("robot", "ci", "--scope repository:team-a/*:pull,push"),
            (
                "mirror",
                "admin",
                "--scope repository:**:pull --scope registry:catalog:*",
            ),
            // More than ann may.
            ("ann's", "ann", "--scope repository:team-b/**:*"),
            ("bob's", "bob", ""),
        ];
        let robots = robots.map(|(name, user, words)| {
            let words = format!("--user {user} {words}");
            (name, user, personal(&server, &words).0)
        });
        let ruled = Self {
            server,
            robots: robots.into(),
            _files: files,
        };
        // The server notices new tokens within a second.
        crate::authorization_server::comes(|| {
            let (user, password) = ruled.shown("bob's").unwrap();
            ask(&ruled.http(), Some((user, password)), "").status == 200
        });
        ruled
    }

    fn http(&self) -> Http {
        self.server.http()
    }

    /// Name and password.
    fn shown<'a>(&'a self, who: &'a str) -> Option<(&'a str, &'a str)> {
        let robot = self.robots.iter().find(|(name, ..)| *name == who);
        match (who, robot) {
            ("nobody", _) => None,
            ("empty", _) => Some(("", "")),
            (_, Some((_, user, token))) => Some((user, token)),
            (user, None) => Some((user, "secret")),
        }
    }

    fn token(&self, who: &str, query: &str) -> String {
        token(&self.http(), self.shown(who), query)
    }

    /// Puts a blob there, as the admin.
    fn put(&self, repository: &str, bytes: &str) -> String {
        let token = self.token("admin", &format!("scope=repository:{repository}:pull,push"));
        let digest = sha256(bytes.as_bytes());
        let http = self.http();
        let target = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        let call = http.post(&target).body(bytes.to_owned());
        call.header("Authorization", &format!("Bearer {token}"))
            .expect(201);
        digest
    }
}

/// Whether these scopes are enough to do that with it.
fn is_for(granted: &str, resource: &str, actions: &[&str]) -> bool {
    granted.split(' ').any(|scope| {
        let scope = scope.replace("(plugin)", "").replace("(image)", "");
        let Some((of, given)) = scope.rsplit_once(':') else {
            return false;
        };
        let given: Vec<_> = given.split(',').collect();
        let has = |action: &&str| given.contains(action) || given.contains(&"*");
        of == resource && actions.iter().all(has)
    })
}

#[test]
fn a_token_is_for_what_the_table_says_and_opens_nothing_else() {
    let ruled = Ruled::start();
    let http = ruled.http();
    let mut wrong = Vec::new();
    for (who, query, expected) in TABLE {
        let answer = ask(&http, ruled.shown(who), query);
        if answer.status != 200 {
            wrong.push(format!("{who} {query}: {}", answer.status));
            continue;
        }
        let token = text(&answer, "token");
        let granted = access(&token);
        if granted != expected {
            wrong.push(format!("{who} {query}: {granted:?}"));
        }
        let mut probe = |method: &str, path: &str, is_open: bool| {
            let status = status(&http, method, path, &token);
            if is_open == (status == 401) {
                wrong.push(format!("{who} {query}: {method} {path}: {status}"));
            }
        };
        for name in [
            "public/app",
            "team-a/app",
            "team-a/frozen",
            "team-b/app",
            "users/ann/app",
            "users/bob/app",
        ] {
            let resource = format!("repository:{name}");
            let can = |actions: &[&str]| is_for(expected, &resource, actions);
            probe("GET", &format!("/v2/{name}/tags/list"), can(&["pull"]));
            let uploads = format!("/v2/{name}/blobs/uploads/");
            probe("POST", &uploads, can(&["pull", "push"]));
            probe(
                "DELETE",
                &format!("/v2/{name}/manifests/none"),
                can(&["delete"]),
            );
        }
        let can_list = is_for(expected, "registry:catalog", &["*"]);
        probe("GET", "/v2/_catalog", can_list);
        // Whoever has a token, even for nothing, is somebody who was asked.
        probe("GET", "/v2/", true);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let log = ruled.server.log();
    for (_, _, token) in &ruled.robots {
        assert!(!log.contains(token), "{log}");
    }
}

#[test]
fn attack_what_is_no_request_for_a_token_gets_none() {
    let ruled = Ruled::start();
    let http = ruled.http();
    let many = vec!["scope=repository:team-a/app:pull"; 65].join("&");
    let long = format!("scope=repository:team-a/{}:pull", "a".repeat(5000));
    let robot = ruled.shown("robot").unwrap().1;
    for (who, query, status) in [
        (Some(("ann", "secret")), "scope=repository", 400),
        (Some(("ann", "secret")), "scope=repository:team-a/app", 400),
        (
            Some(("ann", "secret")),
            "scope=Repository:team-a/app:pull",
            400,
        ),
        (Some(("ann", "secret")), "scope=repository::pull", 400),
        (
            Some(("ann", "secret")),
            "scope=repository():team-a/app:pull",
            400,
        ),
        (
            Some(("ann", "secret")),
            "scope=repository:team-a/app%0a:pull",
            400,
        ),
        (Some(("ann", "secret")), "scope=repository:%22,:pull", 400),
        (Some(("ann", "secret")), many.as_str(), 400),
        (Some(("ann", "secret")), long.as_str(), 400),
        (Some(("ann", "secret")), "service=another", 400),
        // Another's name besides one's own.
        (Some(("ann", "secret")), "account=admin", 400),
        (Some(("ann", "guessed")), "", 401),
        (Some(("ann", "")), "", 401),
        (Some(("", "secret")), "", 401),
        (Some(("nobody", "secret")), "", 401),
        (Some(("ANN", "secret")), "", 401),
        (Some(("ann ", "secret")), "", 401),
        (Some(("ann", "secret\0")), "", 401),
        // A robot's token with another account.
        (Some(("admin", robot)), "", 401),
        (Some(("", robot)), "", 401),
        (Some(("ci", "")), "", 401),
        (Some(("ci", "secret")), "", 401),
    ] {
        let answer = ask(&http, who, query);
        let shown = query.get(..60).unwrap_or(query);
        assert_eq!(answer.status, status, "{who:?} {shown}: {answer:#?}");
        assert!(answer.json().get("token").is_none(), "{who:?} {shown}");
    }
    // A token is no password, neither in the header nor in a form.
    let bearer = ruled.token("ann", "scope=repository:team-a/app:pull");
    let call = http.get("/auth/token?scope=repository:team-a/app:*");
    call.header("Authorization", &format!("Bearer {bearer}"))
        .expect(401);
    assert_eq!(ask(&http, Some(("ann", &bearer)), "").status, 401);
    assert_eq!(super::refresh(&http, &bearer, "").status, 401);
    // A password opens no door where tokens do.
    let call = http.get("/v2/team-a/app/tags/list");
    let call = call.header("Authorization", &basic("ann", "secret"));
    call.expect(401);
}

#[test]
fn attack_a_token_does_not_mount_what_it_may_not_pull() {
    let ruled = Ruled::start();
    let http = ruled.http();
    let secret = ruled.put("team-b/app", "a layer of team b");
    let open = ruled.put("public/app", "a public layer");
    let asked = "scope=repository:team-a/app:pull,push&scope=repository:team-b/app:pull&\
                 scope=repository:public/app:pull";
    let token = ruled.token("ann", asked);
    let mount = |digest: &str, from: &str| {
        let path = format!("/v2/team-a/app/blobs/uploads/?mount={digest}{from}");
        status(&http, "POST", &path, &token)
    };
    let is_there = |digest: &str| {
        let path = format!("/v2/team-a/app/blobs/{digest}");
        status(&http, "HEAD", &path, &token) == 200
    };
    for (from, expected) in [
        ("&from=team-b/app", 401),
        ("&from=team-b%2Fapp", 401),
        ("&from=team-b/app&from=public/app", 401),
        // From nowhere, or where it is not: an upload like any other.
        ("&from=public/app&from=team-b/app", 202),
        ("&from=team-a/../team-b/app", 202),
        ("&from=TEAM-B/app", 202),
        ("", 202),
    ] {
        assert_eq!(mount(&secret, from), expected, "{from}");
        assert!(!is_there(&secret), "{from}");
    }
    assert_eq!(mount(&open, "&from=public/app"), 201);
    assert!(is_there(&open));
    // A right to push elsewhere is none here.
    let elsewhere = ruled.token("ann", "scope=repository:users/ann/app:pull,push");
    let path = format!("/v2/team-a/app/blobs/uploads/?mount={open}&from=users/ann/app");
    assert_eq!(status(&http, "POST", &path, &elsewhere), 401);
}

#[test]
fn attack_other_ways_to_write_a_path_open_nothing() {
    let ruled = Ruled::start();
    let http = ruled.http();
    let digest = ruled.put("team-b/app", "a layer of team b");
    let token = ruled.token(
        "ann",
        "scope=repository:team-a/app:*&scope=repository:public/app:pull",
    );
    for repository in [
        "team-b/app",
        "team-b%2Fapp",
        "%74eam-b/app",
        "public/../team-b/app",
        "public/app/../../team-b/app",
        "public%2F..%2Fteam-b%2Fapp",
        "public/%2e%2e/team-b/app",
        "team-a/app/..%2f..%2fteam-b/app",
        "public//team-b/app",
        ".//team-b/app",
        "TEAM-B/app",
    ] {
        for path in [
            format!("/v2/{repository}/blobs/{digest}"),
            format!("/v2/{repository}/tags/list"),
        ] {
            let status = status(&http, "GET", &path, &token);
            assert!((300..500).contains(&status), "{path}: {status}");
        }
    }
}

/// The last rule gives everything to everybody in some networks.
#[test]
fn attack_an_address_that_a_client_makes_up_is_not_where_it_is() {
    let (configuration, _files) = issuing();
    let ruled = configuration.set("wharfinger.auth.rules", crate::identities::rules());
    let groups = json!({"a": ["ann"], "b": ["bob"]});
    let ruled = ruled.set("wharfinger.auth.groups", groups);
    let asked = |server: &Configured, name: &str, value: &str| {
        let http = server.http();
        let call = http.get("/auth/token?scope=repository:team-b/app:*");
        text(&call.header(name, value).expect(200), "token")
    };
    let server = ruled.clone().start();
    for (name, value) in [
        ("X-Forwarded-For", "192.0.2.1"),
        ("X-Forwarded-For", "2001:db8::1"),
        ("Forwarded", "for=192.0.2.1"),
        ("X-Real-IP", "192.0.2.1"),
    ] {
        assert_eq!(access(&asked(&server, name, value)), "", "{name}: {value}");
    }
    // Through a proxy that is named, the same is true.
    let server = ruled
        .set("wharfinger.auth.proxies", json!(["127.0.0.1"]))
        .start();
    let there = asked(&server, "X-Forwarded-For", "192.0.2.1");
    assert_eq!(access(&there), "repository:team-b/app:*");
    for value in [
        "192.0.2.1, 203.0.113.1",
        "192.0.2.1, nonsense",
        "203.0.113.1",
    ] {
        assert_eq!(
            access(&asked(&server, "X-Forwarded-For", value)),
            "",
            "{value}"
        );
    }
}

#[test]
fn attack_a_token_that_was_tampered_with_is_none() {
    let (ruled, other) = (Ruled::start(), Ruled::start());
    let http = ruled.http();
    let token = ruled.token("ann", "scope=repository:team-a/app:pull");
    let parts: Vec<_> = token.split('.').collect();
    let read = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let write = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut claims = read(parts[1]);
    claims["access"][0]["name"] = json!("team-b/app");
    let (more, head) = (write(&claims), read(parts[0]));
    let headed = |alg: &str| {
        let mut head = head.clone();
        head["alg"] = json!(alg);
        write(&head)
    };
    let named = |kid: &str| {
        let mut head = head.clone();
        head["kid"] = json!(kid);
        write(&head)
    };
    // Another registry's, which calls itself and its service the same.
    let foreign = other.token("ann", "scope=repository:team-b/app:pull");
    let theirs = other.token("admin", "scope=repository:team-b/app:pull");
    let borrowed = format!("{}.{}", named(head["kid"].as_str().unwrap()), {
        let (_, rest) = theirs.split_once('.').unwrap();
        rest
    });
    assert_eq!(
        status(&http, "GET", "/v2/team-a/app/tags/list", &token),
        404
    );
    for (what, forged) in [
        ("claims", format!("{}.{more}.{}", parts[0], parts[2])),
        ("no signature", format!("{}.{more}.", parts[0])),
        ("none", format!("{}.{more}.", headed("none"))),
        ("None", format!("{}.{more}.", headed("None"))),
        ("HS256", format!("{}.{more}.{}", headed("HS256"), parts[2])),
        (
            "a path",
            format!("{}.{more}.{}", named("../../keys.json"), parts[2]),
        ),
        ("no key", format!("{}.{more}.{}", named(""), parts[2])),
        ("foreign", foreign),
        ("borrowed", borrowed),
    ] {
        let path = "/v2/team-b/app/tags/list";
        let call = http.get(path);
        let call = call.header("Authorization", &format!("Bearer {forged}"));
        let answer = call.expect(401);
        let challenge = answer.header("www-authenticate");
        assert!(
            challenge.contains("error=\"invalid_token\""),
            "{what}: {challenge}"
        );
    }
}
