//! Whoever collects distribution's logs collects ours: the same requests give the same
//! lines, with the same fields in them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use wharf_e2e::digest::sha256;
use wharf_e2e::http::Call;
use wharf_e2e::server::{Kind, Server, Setup};

/// A line's message, and its fields without those that are different each time.
type Line = (String, BTreeMap<String, Value>);

/// What was logged.
struct Logged {
    events: Vec<Line>,
    access: Vec<String>,
}

/// Asks all that is to be compared.
fn ask(server: &Server) {
    let http = server.http();
    let digest = sha256(CONTENT);
    let blob = format!("/v2/logs/app/blobs/{digest}");
    let agent = |call: Call<'_>, status: u16| call.header("User-Agent", AGENT).expect(status);
    let base = http.get("/v2/").header("Referer", "http://a.test/?b&c");
    agent(base, 200);
    agent(
        http.get("/v2/?x").header("X-Forwarded-For", "192.0.2.1"),
        200,
    );
    let upload = agent(http.post("/v2/logs/app/blobs/uploads/"), 202);
    let chunk = http.patch(upload.header("location")).body(CONTENT);
    let chunk = agent(
        chunk.header("Content-Type", "application/octet-stream"),
        202,
    );
    let location = chunk.header("location").to_owned();
    let sign = if location.contains('?') { '&' } else { '?' };
    agent(http.put(&format!("{location}{sign}digest={digest}")), 201);
    agent(http.get(&blob), 200);
    agent(http.head(&blob), 200);
    agent(http.get(&blob).header("Range", "bytes=1-2"), 206);
    let known = format!("\"{digest}\"");
    agent(http.get(&blob).header("If-None-Match", &known), 304);
    agent(http.get("/v2/logs/none/tags/list"), 404);
    agent(http.get("/v2/logs/app/manifests/none"), 404);
    agent(http.head("/v2/logs/app/manifests/none"), 404);
    let absent = sha256(b"absent");
    agent(http.get(&format!("/v2/logs/app/blobs/{absent}")), 404);
    agent(http.get(&format!("/v2/logs/app/manifests/{absent}")), 404);
    // Two errors.
    let manifest = http.put("/v2/logs/app/manifests/tag").body(MANIFEST);
    agent(
        manifest.header("Content-Type", "application/vnd.oci.image.manifest.v1+json"),
        400,
    );
    // Of the next four only the access log tells.
    agent(http.get("/"), 200);
    agent(http.get("/nowhere"), 404);
    agent(http.post(&blob), 405);
    agent(http.get(&blob).header("Range", "bytes=100-"), 416);
    agent(http.delete(&blob), 202);
}

/// What was logged of these requests, in an order that depends on nothing: the lines come
/// shortly after the answers.
fn logged(kind: Kind) -> Logged {
    let server = Setup::of(kind).log_json().start();
    ask(&server);
    let start = Instant::now();
    loop {
        let log = server.log();
        let ours = log.lines().filter(|line| line.contains("logs-test"));
        let (events, access): (Vec<_>, Vec<_>) = ours.partition(|line| line.starts_with('{'));
        if (events.len(), access.len()) == (EVENTS, REQUESTS) {
            let mut events: Vec<_> = events.into_iter().map(event).collect();
            let mut access: Vec<_> = access.into_iter().map(access_line).collect();
            events.sort_by_key(|event| format!("{event:?}"));
            access.sort();
            return Logged { events, access };
        }
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{} {}\n{log}",
            events.len(),
            access.len()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn event(line: &str) -> Line {
    let mut fields: Map<String, Value> = serde_json::from_str(line).unwrap();
    let message = fields.remove("msg").unwrap().to_string();
    let constant = fields.into_iter().map(|(name, value)| {
        let value = match name.as_str() {
            // As in the answers, whose words are compared elsewhere.
            "err.detail" => Value::Null,
            "http.response.written" => Value::from(value.is_u64()),
            // Different each time, or in other words, but always a text.
            "err.message"
            | "time"
            | "http.request.id"
            | "http.response.duration"
            | "instance.id"
            | "version"
            | "http.request.host"
            | "vars.uuid" => Value::from(value.is_string()),
            "http.request.remoteaddr" => without_port(value.as_str().unwrap()).into(),
            "http.request.uri" => without_upload(value.as_str().unwrap()).into(),
            _ => value,
        };
        (name, value)
    });
    // There is no Go in ours.
    (
        message,
        constant.filter(|(name, _)| name != "go.version").collect(),
    )
}

/// The line without its time and the size of the answer to a request that was refused.
fn access_line(line: &str) -> String {
    let (front, rest) = line.split_once('[').unwrap();
    let (_, rest) = rest.split_once(']').unwrap();
    let (request, rest) = rest.split_once(" HTTP/1.1\" ").unwrap();
    let (status, rest) = rest.split_once(' ').unwrap();
    let (size, rest) = rest.split_once(' ').unwrap();
    let size = if status < "400" { size } else { "" };
    format!(
        "{front}[]{} {status} {size} {rest}",
        without_upload(request)
    )
}

fn without_port(address: &str) -> &str {
    address.split_once(':').map_or(address, |(host, _)| host)
}

fn without_upload(target: &str) -> &str {
    target
        .find("/uploads/")
        .map_or(target, |at| &target[..at + "/uploads/".len()])
}

#[test]
fn our_lines_are_those_of_distribution() {
    let theirs = logged(Kind::V3);
    let ours = logged(Kind::Wharf);
    assert_eq!(ours.access, theirs.access);
    for (ours, theirs) in ours.events.iter().zip(&theirs.events) {
        assert_eq!(ours, theirs);
    }
}

const AGENT: &str = "logs-test/1.0 \"quoted\" \\ <a&b>";
const CONTENT: &[u8] = b"some content";
const MANIFEST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000001","size":12},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000002","size":6}]}"#;
const REQUESTS: usize = 20;
/// One for each request but four, and one more.
const EVENTS: usize = 17;
