//! `health`: what is answered while a check fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use insta::assert_snapshot;
use wharf_http::{AccessLog, HealthGate, ResponseHeaders};

use crate::fixtures::LAYER;
use crate::harness::{Lines, Setup, Wharf};
use crate::wire::{Client, Request, Response};

/// A server, and whether it is well.
struct Patient {
    wharf: Wharf,
    well: Arc<AtomicBool>,
    access_log: AccessLog,
    log: Lines,
}

impl Patient {
    async fn new() -> Self {
        let well = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&well);
        let (access_log, log) = Lines::log();
        let mut setup = Setup::memory();
        setup.settings.health = HealthGate::new(move || asked.load(Ordering::Relaxed));
        setup.settings.headers = ResponseHeaders::new([("X-Own", "x")]).unwrap();
        setup.settings.access_log = Some(access_log.clone());
        Self {
            wharf: setup.start().await,
            well,
            access_log,
            log,
        }
    }

    fn is_well(&self, well: bool) {
        self.well.store(well, Ordering::Relaxed);
    }
}

/// An answer, though it says that the server is at fault.
async fn ask(client: &mut Client, request: Request) -> Response {
    client.send(request.bytes()).await;
    let mut response = client.any_head().await;
    if !request.is_head() {
        let length = response.header("Content-Length").unwrap().parse().unwrap();
        response.body = client.take(length).await;
    }
    response
}

#[tokio::test]
async fn everything_is_unavailable() {
    let patient = Patient::new().await;
    let digest = patient.wharf.push_blob("a", LAYER).await;
    patient.is_well(false);
    let mut client = patient.wharf.connect().await;
    assert_snapshot!(ask(&mut client, Request::get("/v2/")).await.show(), @r#"
    HTTP/1.1 503 Service Unavailable
    content-type: application/json
    content-length: 125

    {"errors":[{"code":"UNAVAILABLE","message":"service unavailable","detail":"health check failed: please see /debug/health"}]}
    "#);
    for request in [
        Request::get("/"),
        Request::get("/v2"),
        Request::get("/nowhere"),
        Request::get("/v2/A/tags/list"),
        Request::get(&format!("/v2/a/blobs/{digest}")),
        Request::post("/v2/a/blobs/uploads/"),
        Request::post(&format!("/v2/a/blobs/uploads/?digest={digest}")).body(LAYER),
        Request::new("OPTIONS", "/v2/a/manifests/x"),
        Request::head("/v2/"),
    ] {
        let response = ask(&mut client, request).await;
        assert_eq!(
            (response.status, response.header("X-Own")),
            (503, None),
            "{}",
            response.head
        );
    }
    patient.is_well(true);
    let blob = Request::get(&format!("/v2/a/blobs/{digest}"));
    assert_eq!(client.ask(blob).await.status, 200, "on the same connection");
    patient.access_log.close();
    let log = patient.log.text();
    assert!(log.contains("\"GET /nowhere HTTP/1.1\" 503"), "{log}");
}

/// What has begun may end: only new requests are turned away.
#[tokio::test]
async fn a_request_that_has_begun_is_finished() {
    let patient = Patient::new().await;
    let upload = patient.wharf.start_upload("a").await;
    let mut client = patient.wharf.connect().await;
    let chunk = Request::patch(&upload)
        .header("Expect", "100-continue")
        .header("Content-Length", 10);
    client.send(chunk.bytes()).await;
    assert_eq!(client.head().await.status, 100, "it wants the body");
    patient.is_well(false);
    client.send("0123456789").await;
    assert_eq!(client.response().await.status, 202);
    patient.is_well(true);
    assert_eq!(patient.wharf.upload_size(&upload).await, 10);
}
