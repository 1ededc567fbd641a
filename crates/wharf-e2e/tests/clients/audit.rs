//! The audit log: who did what, and what must not be in it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wharf_e2e::command::Run;
use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::digest::sha256;
use wharf_e2e::http::{Answer, Call};
use wharf_e2e::publish::OCI_INDEX;
use wharf_e2e::scratch::Scratch;

const LIMIT: Duration = Duration::from_secs(30);
const WRONG: &str = "hunter2-is-not-it";

/// A registry with an account `docker`, and its password.
fn audited() -> (Configured, String) {
    audited_by(&json!([]))
}

/// The same with rules.
fn audited_by(rules: &Value) -> (Configured, String) {
    let server = watched().set("wharfinger.auth.rules", rules.clone());
    let server = server.start();
    let password = password(&server);
    (server, password)
}

/// The same with tokens.
fn issuing() -> Configured {
    let rule = json!({"name": "the team", "accounts": ["docker"], "repositories": ["team/*"],
        "actions": ["pull", "push"]});
    watched()
        .set("wharfinger.auth.rules", json!([rule]))
        .set("wharfinger.auth.directory", json!("{scratch}/auth"))
        .set("wharfinger.auth.server", json!({"expiration": "2m"}))
        .start()
}

fn watched() -> Configuration {
    Configuration::default()
        .set(
            "auth.htpasswd",
            json!({"realm": "Registry", "path": "{scratch}/htpasswd"}),
        )
        .set("storage.delete.enabled", json!(true))
        .set("wharfinger.auth.audit", json!("{scratch}/audit.log"))
}

/// Of the account that was made, as the log tells it.
fn password(server: &Configured) -> String {
    let log = server.log();
    let (_, password) = log.split_once(" password=").unwrap();
    let password = password.split_whitespace().next().unwrap();
    password.trim_matches('"').to_owned()
}

fn basic<'a>(call: Call<'a>, user: &str, password: &str) -> Call<'a> {
    let pair = base64(format!("{user}:{password}").as_bytes());
    call.header("Authorization", &format!("Basic {pair}"))
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The lines, when there are as many; each is one object.
fn lines(path: &Path, count: usize) -> Vec<Value> {
    let start = Instant::now();
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if text.lines().count() >= count && text.ends_with('\n') {
            let read = |line| serde_json::from_str(line).unwrap();
            return text.lines().map(read).collect();
        }
        assert!(start.elapsed() < LIMIT, "{count} lines:\n{text}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Those of a kind, as `event account subject because`.
fn told(lines: &[Value], events: &[&str]) -> Vec<String> {
    let is_wanted = |line: &&Value| events.contains(&line["event"].as_str().unwrap());
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or("-").to_owned();
    let fields = ["event", "outcome", "account", "subject", "because"];
    let lines = lines.iter().filter(is_wanted);
    lines
        .map(|line| fields.map(|field| text(line, field)).join(" | "))
        .collect()
}

fn index(note: &str) -> String {
    let note = json!({"note": note});
    json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [], "annotations": note})
        .to_string()
}

fn push(server: &Configured, password: &str, reference: &str, body: &str) -> Answer {
    let http = server.http();
    let target = format!("/v2/team/app/manifests/{reference}");
    let call = http.put(&target).header("Content-Type", OCI_INDEX);
    basic(call.body(body.to_owned()), "docker", password).expect(201)
}

#[test]
fn writes_and_denials_are_told_and_no_secret_is() {
    let (server, password) = audited();
    let path = server.directory().join("audit.log");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let http = server.http();

    // Whoever asks how to log in has done nothing yet.
    http.get("/v2/").expect(401);
    basic(http.get("/v2/"), "", "").expect(401);
    let wrong = basic(http.get("/v2/?token=in-a-query"), "docker", WRONG);
    wrong.expect(401);
    let bearer = "Bearer a-token-of-somebody";
    let target = "/v2/team/app/tags/list?n=1&password=in-a-query";
    http.get(target).header("Authorization", bearer).expect(401);
    basic(http.get("/v2/"), "docker", &password).expect(200);

    let body = index("1");
    let digest = sha256(body.as_bytes());
    push(&server, &password, "1.0", &body);
    push(&server, &password, &format!("{digest}?tag=a&tag=b"), &body);
    let blob = sha256(b"a blob");
    let start = http.post("/v2/team/app/blobs/uploads/");
    let start = basic(start, "docker", &password).expect(202);
    let place = start.header("location").to_owned();
    let separator = if place.contains('?') { '&' } else { '?' };
    let finish = http.put(&format!("{place}{separator}digest={blob}"));
    basic(finish.body("a blob"), "docker", &password).expect(201);
    let mount = format!("/v2/other/blobs/uploads/?mount={blob}&from=team/app");
    basic(http.post(&mount), "docker", &password).expect(201);
    let delete = |target: &str| basic(http.delete(target), "docker", &password).expect(202);
    delete("/v2/team/app/manifests/1.0");
    delete(&format!("/v2/team/app/blobs/{blob}"));
    // What fails changes nothing.
    let missing = http.delete("/v2/team/app/manifests/1.0");
    basic(missing, "docker", &password).expect(404);

    lines(&path, 8);
    let (log, directory) = (server.log(), server.directory().to_owned());
    assert!(!log.contains(WRONG), "{log}");
    let text = std::fs::read_to_string(directory.join("audit.log")).unwrap();
    let all = lines(&path, 8);
    let upload = place.split_once("/v2/").unwrap().1;
    let upload = upload.split_once('?').map_or(upload, |(path, _)| path);
    let write = |what: String| format!("write | allowed | docker | {what} | there are no rules");
    assert_eq!(
        told(&all, &["denial", "write"]),
        [
            "denial | denied | docker | GET /v2/ | wrong name or password".to_owned(),
            "denial | denied | - | GET /v2/team/app/tags/list | no name and password".to_owned(),
            write(format!("PUT /v2/team/app/manifests/1.0 {digest}")),
            write(format!(
                "PUT /v2/team/app/manifests/{digest} {digest} tag=a tag=b"
            )),
            write(format!("PUT /v2/{upload} {blob}")),
            write(format!(
                "POST /v2/other/blobs/uploads/ {blob} from=team/app"
            )),
            write("DELETE /v2/team/app/manifests/1.0".to_owned()),
            write(format!("DELETE /v2/team/app/blobs/{blob}")),
        ]
    );
    for line in all {
        assert_eq!(line["address"], "127.0.0.1", "{line}");
        let time = line["time"].as_str().unwrap();
        assert!(time.ends_with('Z') && time.len() == 24, "{time}");
    }
    let secrets = [
        password.as_str(),
        WRONG,
        "a-token-of-somebody",
        "in-a-query",
        &base64(format!("docker:{password}").as_bytes()),
    ];
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
    assert!(server.stop().success());
}

#[test]
fn the_rule_that_allowed_a_write_is_told_and_the_one_that_denied_another() {
    let (server, password) = audited_by(&json!([
        {"name": "no removing", "accounts": ["*"], "repositories": ["**"], "actions": ["delete"],
            "effect": "deny"},
        {"name": "the team", "accounts": ["docker"], "repositories": ["team/*"],
            "actions": ["push"]},
        {"anonymous": true, "repositories": ["**"], "actions": ["pull"]},
    ]));
    let body = index("1");
    push(&server, &password, "1.0", &body);
    let http = server.http();
    let delete = http.delete("/v2/team/app/manifests/1.0");
    basic(delete, "docker", &password).expect(403);
    http.delete("/v2/team/app/manifests/1.0").expect(401);
    let digest = sha256(body.as_bytes());
    let lines = lines(&server.directory().join("audit.log"), 3);
    assert_eq!(
        told(&lines, &["denial", "write"]),
        [
            format!(
                "write | allowed | docker | PUT /v2/team/app/manifests/1.0 {digest} | rule 3, \
                 rule 2 (the team)"
            ),
            "denial | denied | docker | DELETE /v2/team/app/manifests/1.0 | rule 1 (no removing)"
                .to_owned(),
        ]
    );
    // Who does not log in is only asked to; the ordinary log names the rule.
    let log = server.log();
    let strangers = "no name and password, and to strangers: no rule fits";
    assert!(log.contains(strangers), "{log}");
}

#[test]
fn a_write_is_told_with_its_token_and_the_token_with_its_rule() {
    let server = issuing();
    let http = server.http();
    let scope = "repository:team/app:pull,push";
    let call = http.get(&format!("/auth/token?scope={scope}"));
    let password = password(&server);
    let token = basic(call, "docker", &password).expect(200).json();
    let bearer = format!("Bearer {}", token["token"].as_str().unwrap());
    let body = index("1");
    let put = http.put("/v2/team/app/manifests/1.0").body(body.clone());
    let put = put.header("Content-Type", OCI_INDEX);
    put.header("Authorization", &bearer).expect(201);
    let delete = http.delete("/v2/team/app/manifests/1.0");
    delete.header("Authorization", &bearer).expect(401);
    let digest = sha256(body.as_bytes());
    let lines = lines(&server.directory().join("audit.log"), 4);
    let told = told(&lines, &["token", "write", "denial"]);
    let [issued, write, denial] = &told[..] else {
        panic!("{told:#?}");
    };
    let name = write.rsplit(" | ").next().unwrap();
    assert!(name.starts_with("token ") && name.len() > 20, "{write}");
    let expected =
        format!("token | allowed | docker | {scope} | {name}: {scope} granted (rule 1 (the team))");
    assert_eq!(*issued, expected);
    let target = "/v2/team/app/manifests/1.0";
    let expected = format!("write | allowed | docker | PUT {target} {digest} | {name}");
    assert_eq!(*write, expected);
    let expected =
        format!("denial | denied | docker | DELETE {target} | a token for something else");
    assert_eq!(*denial, expected);
}

#[test]
fn a_hang_up_goes_on_in_a_new_file() {
    let (server, password) = audited();
    let path = server.directory().join("audit.log");
    let old = server.directory().join("audit.log.1");
    push(&server, &password, "before", &index("1"));
    lines(&path, 1);
    std::fs::rename(&path, &old).unwrap();
    push(&server, &password, "moved", &index("1"));
    lines(&old, 2);
    server.hang_up();
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < LIMIT, "{}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    push(&server, &password, "after", &index("1"));
    let subjects = |path: &Path, count| {
        let lines = told(&lines(path, count), &["write"]);
        let tag = |line: &String| line.split(" | ").nth(3).unwrap()[27..].to_owned();
        lines.iter().map(tag).collect::<Vec<_>>()
    };
    let digest = sha256(index("1").as_bytes());
    let named = |tag: &str| format!("{tag} {digest}");
    assert_eq!(subjects(&old, 2), [named("before"), named("moved")]);
    assert_eq!(subjects(&path, 1), [named("after")]);
    assert!(server.stop().success());
}

#[test]
fn attack_a_flood_of_denials_into_a_log_that_nobody_reads_stops_nobody() {
    // A pipe takes 64 KiB and then nothing, as long as nobody reads.
    let scratch = Scratch::new();
    let pipe = scratch.join("pipe");
    Run::tool("mkfifo").arg(&pipe).ok();
    let reader = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&pipe)
        .unwrap();
    let server = Configuration::default()
        .set("auth.silly", json!({"realm": "r", "service": "s"}))
        .set("log.accesslog.disabled", json!(true))
        .set("wharfinger.auth.audit", json!(pipe.display().to_string()))
        .start();
    // Two headers of credentials are refused without a look: 8 MiB of such lines wait, more
    // are dropped.
    let path = format!("/v2/{}/manifests/x", "a/".repeat(100).trim_end_matches('/'));
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n");
    let start = Instant::now();
    let mut stream = TcpStream::connect(server.host()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut buffer = [0; 65536];
    let dropped = "lines of the audit log were dropped";
    while !server.log().contains(dropped) {
        assert!(start.elapsed() < 3 * LIMIT, "{}", server.log());
        for _ in 0..1000 {
            stream.write_all(request.as_bytes()).unwrap();
            assert!(stream.read(&mut buffer).unwrap() > 0);
        }
    }
    server
        .http()
        .get("/v2/")
        .header("Authorization", "x")
        .expect(200);
    drop(reader);
}
