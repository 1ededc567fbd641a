//! What only this registry has, over HTTP, as its documentation has it.

use serde_json::{Value, json};
use wharf_e2e::command::Run;
use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::digest::sha256;
use wharf_e2e::publish::OCI_IMAGE;

use crate::rules::ruled;

const DOCUMENTATION: &str = include_str!("../../../../docs/garbage-collection.md");
const APP: &str = "team/app";

/// An image without layers; the name makes it different from others. Its digest.
fn push(server: &Configured, login: &str, tag: &str, name: &str) -> String {
    let config = "{}";
    let digest = sha256(config.as_bytes());
    let blob = format!("/v2/{APP}/blobs/uploads/?digest={digest}");
    let http = server.http();
    let push = http.post(&blob).header("authorization", login);
    push.body(config).expect(201);
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": digest,
            "size": config.len(),
        },
        "layers": [],
        "annotations": {"name": name},
    })
    .to_string();
    let put = http.put(&format!("/v2/{APP}/manifests/{tag}"));
    let put = put.header("authorization", login);
    put.header("content-type", OCI_IMAGE)
        .body(manifest.clone())
        .expect(201);
    sha256(manifest.as_bytes())
}

/// Something is in the trash; its name there.
fn thrown_away(server: &Configured) -> String {
    push(server, "", "old", "old");
    let http = server.http();
    http.delete(&format!("/v2/{APP}/manifests/old")).expect(202);
    let trash = http
        .get(&format!("/v2/{APP}/_wharfinger/trash"))
        .expect(200);
    let id = &trash.json()["entries"][0]["id"];
    id.as_str().unwrap().to_owned()
}

#[test]
fn every_line_of_the_documentation_works() {
    let server = Configuration::default()
        .set("storage.delete.enabled", json!(true))
        .set("wharfinger.trash.keep", json!("1h"))
        .start();
    let lines: Vec<_> = DOCUMENTATION
        .lines()
        .filter(|line| line.starts_with("curl "))
        .collect();
    assert_eq!(lines.len(), 10);
    for line in lines {
        let first = push(&server, "", "latest", "first");
        push(&server, "", "latest", "second");
        let id = thrown_away(&server);
        let line = line
            .replace("sha256:…", &first)
            .replace("/ID", &format!("/{id}"));
        let script = format!("R=http://{}/v2\n{line}", server.host());
        let curl = Run::tool("sh")
            .arg("-c")
            .arg(script.replace("curl ", "curl -fsS "));
        let told = curl.ok().text();
        if !told.is_empty() {
            let told: Result<Value, _> = serde_json::from_str(&told);
            assert!(told.unwrap().is_object(), "{line}");
        }
    }
    let http = server.http();
    let tag = http.get(&format!("/v2/{APP}/manifests/latest"));
    let tag = tag.header("accept", OCI_IMAGE).expect(200);
    assert_eq!(tag.json()["annotations"]["name"], "first");
}

/// What a collection is asked for, the server does, and the space is back.
#[test]
fn a_collection_is_run_at_once() {
    let server = Configuration::default()
        .set("wharfinger.collection.grace", json!("0s"))
        .set("http.debug.addr", json!("{debug}"))
        .set("http.debug.prometheus.enabled", json!(true))
        .start();
    let orphan = sha256(b"nobody needs it");
    let http = server.http();
    let blob = format!("/v2/{APP}/blobs/uploads/?digest={orphan}");
    http.post(&blob).body("nobody needs it").expect(201);
    push(&server, "", "latest", "kept");
    std::thread::sleep(std::time::Duration::from_millis(50));
    let asked = http.post("/v2/_wharfinger/collection").expect(202).json();
    assert_eq!(asked["was"], "waiting");
    let mut last = Value::Null;
    for _ in 0..400 {
        last = http.get("/v2/_wharfinger/collection").expect(200).json()["last"].clone();
        if !last.is_null() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    assert_eq!(
        (&last["end"], &last["bytes"]),
        (&"complete".into(), &15.into())
    );
    http.get(&format!("/v2/{APP}/blobs/{orphan}")).expect(404);
    http.get(&format!("/v2/{APP}/manifests/latest"))
        .header("accept", OCI_IMAGE)
        .expect(200);
    let page = server.debug().get("/metrics").expect(200).body;
    let page = String::from_utf8(page.to_vec()).unwrap();
    let line = "wharfinger_collection_freed_bytes_total 15";
    assert!(page.lines().any(|found| found == line), "{page}");
}

#[test]
fn who_may_do_it_is_said_by_rules() {
    let rules = json!([
        {"accounts": ["ann"], "repositories": ["team/**"], "actions": ["pull", "push", "delete"]},
        {"accounts": ["bob"], "repositories": ["team/**"], "actions": ["pull"]},
        {"accounts": ["admin"], "class": "admin"},
    ]);
    let (server, _scratch) = ruled(json!({}), rules);
    let login = |name: &str| {
        use base64::Engine as _;
        let text = format!("{name}:secret");
        let text = base64::engine::general_purpose::STANDARD.encode(text);
        format!("Basic {text}")
    };
    let digest = push(&server, &login("ann"), "latest", "first");
    let blob = format!("/v2/_wharfinger/blobs/{digest}");
    let tag = format!("/v2/{APP}/_wharfinger/tags/latest");
    let back = format!("{tag}?digest={digest}");
    let trash = format!("/v2/{APP}/_wharfinger/trash");
    let all = format!("/v2/{APP}/_wharfinger/repository");
    let http = server.http();
    for (method, path, expected) in [
        ("GET", "/v2/_wharfinger/collection", [401, 403, 403, 200]),
        ("POST", "/v2/_wharfinger/collection", [401, 403, 403, 202]),
        ("GET", "/v2/_wharfinger/trash", [401, 403, 403, 200]),
        ("GET", &blob, [401, 403, 403, 200]),
        ("GET", &trash, [401, 200, 200, 403]),
        ("GET", &tag, [401, 200, 200, 403]),
        ("PUT", &back, [401, 201, 403, 403]),
        // Who may not, first.
        ("DELETE", &all, [401, 202, 403, 403]),
    ] {
        let mut answers = [0; 4];
        for (number, name) in [(0, ""), (2, "bob"), (3, "admin"), (1, "ann")] {
            let method = method.parse().unwrap();
            let call = http.call(&method, path);
            let call = match name {
                "" => call,
                name => call.header("authorization", &login(name)),
            };
            answers[number] = call.send().status;
        }
        assert_eq!(answers, expected, "{method} {path}");
    }
}
