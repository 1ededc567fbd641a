//! What is logged of a request when it has been answered.

mod capture;
mod lines;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use insta::assert_snapshot;
use serde_json::{Value, json};
use tracing::Level;
use wharf_http::HealthGate;
use wharf_spec::media_type::{OCI_CONFIG, OCI_LAYER, OCI_MANIFEST};

use self::capture::Captured;
use crate::fixtures::{CONFIG, LAYER, descriptor, image, push};
use crate::harness::{Setup, Wharf};
use crate::wire::{Request, Response};

/// As [`Wharf::ask`], where a status of 500 or more would be right.
async fn ask(wharf: &Wharf, request: Request) -> Response {
    let mut client = wharf.connect().await;
    client.send(request.bytes()).await;
    let mut response = client.any_head().await;
    let length = response.header("Content-Length").unwrap().parse().unwrap();
    response.body = client.take(length).await;
    response
}

#[tokio::test]
async fn what_was_asked_and_answered() {
    let captured = Captured::start(Level::INFO);
    let wharf = Wharf::start().await;
    let digest = wharf.push_blob("a/b", CONFIG).await;
    wharf.push_blob("a/b", LAYER).await;
    wharf
        .push_manifest("a/b", "latest", &image(OCI_MANIFEST))
        .await;
    let upload = wharf.start_upload("a/b").await;
    captured.events(4).await;
    captured.clear();
    for request in [
        Request::get("/v2/")
            .header("User-Agent", "docker/27.0 \"x\"")
            .header("Referer", "http://a.test/?x"),
        Request::get("/v2/a/b/tags/list?n=5"),
        Request::head("/v2/a/b/manifests/latest"),
        Request::get(&format!("/v2/a/b/blobs/{digest}")).header("X-Forwarded-For", "192.0.2.1, x"),
        Request::get(&format!("/v2/a/b/referrers/{digest}")),
        Request::get("/v2/_catalog"),
        Request::patch(&upload)
            .header("Content-Type", "application/octet-stream")
            .body("some"),
    ] {
        wharf.ask(request).await;
    }
    let events = captured.events(7).await;
    for event in &events {
        assert_eq!(event.level, Level::INFO);
    }
    let shown: Vec<_> = events.iter().map(capture::Event::show).collect();
    assert_snapshot!(shown.join("\n\n"), @r#"
    response completed
      http.request.host = "wharf.test"
      http.request.id = <id>
      http.request.method = "GET"
      http.request.referer = "http://a.test/?x"
      http.request.remoteaddr = 127.0.0.1:<port>
      http.request.uri = "/v2/"
      http.request.useragent = "docker/27.0 \"x\""
      http.response.contenttype = "application/json"
      http.response.duration = <duration>
      http.response.status = 200
      http.response.written = 2

    response completed
      http.request.host = "wharf.test"
      http.request.id = <id>
      http.request.method = "GET"
      http.request.remoteaddr = 127.0.0.1:<port>
      http.request.uri = "/v2/a/b/tags/list?n=5"
      http.request.useragent = ""
      http.response.contenttype = "application/json"
      http.response.duration = <duration>
      http.response.status = 200
      http.response.written = 33
      vars.name = "a/b"

    response completed
      http.request.host = "wharf.test"
      http.request.id = <id>
      http.request.method = "HEAD"
      http.request.remoteaddr = 127.0.0.1:<port>
      http.request.uri = "/v2/a/b/manifests/latest"
      http.request.useragent = ""
      http.response.contenttype = "application/vnd.oci.image.manifest.v1+json"
      http.response.duration = <duration>
      http.response.status = 200
      http.response.written = 0
      vars.name = "a/b"
      vars.reference = "latest"

    response completed
      http.request.host = "wharf.test"
      http.request.id = <id>
      http.request.method = "GET"
      http.request.remoteaddr = 192.0.2.1
      http.request.uri = "/v2/a/b/blobs/sha256:44136f.."
      http.request.useragent = ""
      http.response.contenttype = "application/octet-stream"
      http.response.duration = <duration>
      http.response.status = 200
      http.response.written = 2
      vars.digest = "sha256:44136f.."
      vars.name = "a/b"

    response completed
      http.request.host = "wharf.test"
      http.request.id = <id>
      http.request.method = "GET"
      http.request.remoteaddr = 127.0.0.1:<port>
      http.request.uri = "/v2/a/b/referrers/sha256:44136f.."
      http.request.useragent = ""
      http.response.contenttype = "application/vnd.oci.image.index.v1+json"
      http.response.duration = <duration>
      http.response.status = 200
      http.response.written = 88
      vars.digest = "sha256:44136f.."
      vars.name = "a/b"

    response completed
      http.request.host = "wharf.test"
      http.request.id = <id>
      http.request.method = "GET"
      http.request.remoteaddr = 127.0.0.1:<port>
      http.request.uri = "/v2/_catalog"
      http.request.useragent = ""
      http.response.contenttype = "application/json"
      http.response.duration = <duration>
      http.response.status = 200
      http.response.written = 25

    response completed
      http.request.contenttype = "application/octet-stream"
      http.request.host = "wharf.test"
      http.request.id = <id>
      http.request.method = "PATCH"
      http.request.remoteaddr = 127.0.0.1:<port>
      http.request.uri = "/v2/a/b/blobs/uploads/<id>"
      http.request.useragent = ""
      http.response.duration = <duration>
      http.response.status = 202
      http.response.written = 0
      vars.name = "a/b"
      vars.uuid = <uuid>
    "#);
}

#[tokio::test]
async fn what_was_wrong() {
    let captured = Captured::start(Level::INFO);
    let wharf = Wharf::start().await;
    wharf.ask(Request::get("/v2/a/tags/list")).await;
    wharf.ask(Request::head("/v2/a/manifests/latest")).await;
    wharf.ask(Request::get("/v2/A/tags/list")).await;
    let missing = wharf.ask(push("a", "b", &image(OCI_MANIFEST))).await;
    assert_eq!(missing.status, 400);
    let events = captured.events(5).await;
    for event in &events {
        assert_eq!(event.level, Level::ERROR);
        assert_eq!(event.message, "response completed with error");
    }
    let shown: Vec<_> = events.iter().map(capture::Event::show_error).collect();
    assert_snapshot!(shown.join("\n"), @r#"
    err.code="name unknown" err.detail={"name":"a"} err.message="there is no repository a" http.request.method="GET" http.response.status=404 vars.name="a"
    err.code="manifest unknown" err.detail={"reference":"latest"} err.message="the repository holds no manifest latest" http.request.method="HEAD" http.response.status=404 vars.name="a" vars.reference="latest"
    err.code="name invalid" err.message="a repository name has components of lower-case letters and digits, which `.`, `_`, `__` or dashes may separate, and which slashes join" http.request.method="GET" http.response.status=400
    err.code="manifest blob unknown" err.detail={"digest":"sha256:44136f.."} err.message="blob unknown to registry" http.request.method="PUT" http.response.status=400 vars.name="a" vars.reference="b"
    err.code="manifest blob unknown" err.detail={"digest":"sha256:e28d98.."} err.message="blob unknown to registry" http.request.method="PUT" http.response.status=400 vars.name="a" vars.reference="b"
    "#);
    // Both errors of the last answer are those of one request.
    assert_eq!(
        events[3].fields["http.request.id"],
        events[4].fields["http.request.id"]
    );
    assert_ne!(
        events[2].fields["http.request.id"],
        events[3].fields["http.request.id"]
    );
}

#[tokio::test]
async fn a_manifest_of_nothing_but_errors_does_not_fill_the_log() {
    let captured = Captured::start(Level::INFO);
    let wharf = Wharf::start().await;
    let layers: Vec<_> = (0..500)
        .map(|number: u32| descriptor(OCI_LAYER, number.to_string()))
        .collect();
    let mut manifest = image(OCI_MANIFEST);
    manifest["config"] = descriptor(OCI_CONFIG, "none");
    manifest["layers"] = layers.into();
    wharf.ask(push("a", "b", &manifest)).await;
    let events = captured.events(11).await;
    assert!(
        events[..10]
            .iter()
            .all(|event| event.fields["err.detail"].is_object())
    );
    assert_eq!(events[10].fields["err.more"], 491);
    assert_eq!(events[10].fields.get("err.detail"), None);
}

#[tokio::test]
async fn what_is_no_endpoint_is_no_event() {
    let captured = Captured::start(Level::INFO);
    let wharf = Wharf::start().await;
    let digest = wharf.push_blob("a", LAYER).await;
    captured.events(1).await;
    for (request, status) in [
        (Request::get("/"), 200),
        (Request::get("/nowhere"), 404),
        (Request::get("/v2"), 301),
        (Request::new("BREW", "/v2/a/tags/list"), 405),
        (
            Request::get(&format!("/v2/a/blobs/{digest}")).header("Range", "bytes=100-"),
            416,
        ),
    ] {
        assert_eq!(wharf.ask(request).await.status, status);
    }
    wharf.ask(Request::get("/v2/")).await;
    let events = captured.events(2).await;
    assert_eq!(events[1].fields["http.request.uri"], "/v2/");
}

#[tokio::test]
async fn what_is_below_a_prefix_is_told_as_well() {
    let captured = Captured::start(Level::INFO);
    let mut setup = Setup::memory();
    setup.settings.prefix = "/p/".parse().unwrap();
    let wharf = setup.start().await;
    wharf.ask(Request::get("/p/v2/")).await;
    wharf.ask(Request::get("/p/v2/a/tags/list")).await;
    let events = captured.events(2).await;
    assert_eq!(events[0].message, "response completed");
    assert_eq!(events[1].fields["vars.name"], "a");
    assert_eq!(events[1].fields["http.request.uri"], "/p/v2/a/tags/list");
}

/// The check that failed has its own line.
#[tokio::test]
async fn that_the_registry_is_not_well_is_not_told_for_each_request() {
    let captured = Captured::start(Level::INFO);
    let mut setup = Setup::memory();
    let is_well = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&is_well);
    setup.settings.health = HealthGate::new(move || asked.load(Ordering::Relaxed));
    let wharf = setup.start().await;
    assert_eq!(ask(&wharf, Request::get("/v2/")).await.status, 503);
    is_well.store(true, Ordering::Relaxed);
    assert_eq!(ask(&wharf, Request::get("/v2/")).await.status, 200);
    let events = captured.events(1).await;
    assert_eq!(events[0].fields["http.response.status"], 200);
}

#[tokio::test]
async fn nothing_is_told_below_the_level() {
    let captured = Captured::start(Level::WARN);
    let wharf = Wharf::start().await;
    wharf.ask(Request::get("/v2/")).await;
    wharf.ask(Request::get("/v2/a/tags/list")).await;
    let events = captured.events(1).await;
    assert_eq!(events[0].fields["http.response.status"], 404);
    // An error is told in full although the level is above that of what succeeds.
    assert_eq!(events[0].fields["vars.name"], "a");
}

#[tokio::test]
async fn what_was_sent_is_what_is_told() {
    let captured = Captured::start(Level::INFO);
    let root = tempfile::tempdir().unwrap();
    let wharf = Setup::files(root.path()).start().await;
    let content = vec![0; 32 << 20];
    let path = format!("/v2/a/blobs/{}", wharf.push_blob("a", &content).await);
    assert_eq!(
        wharf.ask(Request::get(&path)).await.body.len(),
        content.len()
    );
    assert_eq!(wharf.ask(Request::head(&path)).await.status, 200);
    let mut client = wharf.connect().await;
    client.send(Request::get(&path).bytes()).await;
    client.take(1000).await;
    drop(client);
    let events = captured.events(4).await;
    let written: Vec<_> = events[1..]
        .iter()
        .map(|event| event.fields["http.response.written"].as_u64().unwrap())
        .collect();
    assert_eq!(written[..2], [content.len() as u64, 0]);
    assert!(
        (1000..content.len() as u64).contains(&written[2]),
        "{written:?}"
    );
}

#[tokio::test]
async fn a_proxy_may_tell_the_address_of_the_client() {
    let captured = Captured::start(Level::INFO);
    let wharf = Wharf::start().await;
    let told = [
        (vec![("X-Forwarded-For", "192.0.2.1")], "192.0.2.1"),
        (
            vec![("X-Forwarded-For", " 192.0.2.2 , 198.51.100.1")],
            "192.0.2.2",
        ),
        (vec![("X-Forwarded-For", "2001:db8::1")], "2001:db8::1"),
        (vec![("X-Real-IP", "192.0.2.3")], "192.0.2.3"),
        (
            vec![("X-Forwarded-For", "unknown"), ("X-Real-IP", "192.0.2.4")],
            "192.0.2.4",
        ),
        (vec![("X-Forwarded-For", "\" evil [x] \"")], "127.0.0.1:"),
        (vec![], "127.0.0.1:"),
    ];
    for (headers, _) in &told {
        let request = headers
            .iter()
            .fold(Request::get("/v2/"), |request, (name, value)| {
                request.header(name, value)
            });
        wharf.ask(request).await;
    }
    let events = captured.events(told.len()).await;
    for (event, (_, address)) in events.iter().zip(&told) {
        let found = event.fields["http.request.remoteaddr"].as_str().unwrap();
        match address.strip_suffix(':') {
            Some(_) => assert!(found.starts_with(address), "{found}"),
            None => assert_eq!(found, *address),
        }
    }
}

#[tokio::test]
async fn texts_are_cut_whatever_is_sent() {
    let captured = Captured::start(Level::INFO);
    let wharf = Wharf::start().await;
    let long = "x".repeat(60_000);
    let request = Request::get(&format!("/v2/a/tags/list?{long}"))
        .header("User-Agent", &long)
        .header("Content-Type", &long)
        .header("Referer", &long);
    wharf.ask(request).await;
    let event = &captured.events(1).await[0];
    let size: usize = event
        .fields
        .values()
        .map(|value| value.to_string().len())
        .sum();
    assert!(size < 20_000, "an event of {size} bytes");
    assert_eq!(event.fields["err.detail"], json!({ "name": "a" }));
    assert_eq!(event.fields.get("err.more"), None::<&Value>);
}
