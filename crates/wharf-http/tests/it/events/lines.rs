//! Lines that are logged while a request is handled.

use std::io::ErrorKind;

use tracing::Level;
use wharf_spec::media_type::OCI_MANIFEST;
use wharf_store::{Fault, FaultPlan, Faulty, MemoryStore};

use super::ask;
use super::capture::Captured;
use crate::fixtures::image;
use crate::harness::{Setup, Wharf};
use crate::wire::Request;
#[tokio::test]
async fn whoever_reads_the_log_learns_what_the_store_said() {
    let captured = Captured::start(Level::INFO);
    let plan = FaultPlan::default();
    let wharf = Setup::on(Faulty::new(MemoryStore::default(), plan.clone()))
        .start()
        .await;
    wharf.push_parts("a").await;
    wharf.push_manifest("a", "b", &image(OCI_MANIFEST)).await;
    captured.events(3).await;
    let request = || Request::get("/v2/a/manifests/b");
    let before = plan.count();
    wharf.ask(request()).await;
    let calls = plan.calls()[before..].to_vec();
    captured.events(4).await;
    captured.clear();
    assert!(calls.len() >= 3, "tag, revision, bytes: {calls:?}");
    for (nth, call) in calls.iter().enumerate() {
        plan.arm(nth + 1, Fault::Fail(ErrorKind::PermissionDenied));
        let response = ask(&wharf, request()).await;
        assert_eq!(response.status, 500, "{call:?}");
        assert!(
            !response.text().contains("docker/registry"),
            "{}",
            response.text()
        );
    }
    let events = captured.events(calls.len()).await;
    for (event, call) in events.iter().zip(&calls) {
        assert_eq!(event.level, Level::ERROR);
        assert_eq!(event.fields["err.code"], "unknown");
        let detail = event.fields["err.detail"].as_str().unwrap();
        assert!(detail.contains(&call.path.to_string()), "{detail}");
        assert!(detail.contains(call.operation.verb()), "{detail}");
        assert!(detail.ends_with(": injected fault"), "{detail}");
    }

    plan.arm(1, Fault::Fail(ErrorKind::StorageFull));
    let response = ask(&wharf, Request::post("/v2/a/blobs/uploads/")).await;
    assert_eq!(response.status, 503);
    let events = captured.events(calls.len() + 1).await;
    let last = &events.last().unwrap().fields;
    assert_eq!(last["err.code"], "unavailable");
    let detail = last["err.detail"].as_str().unwrap();
    assert!(
        detail.starts_with("no space is left to ") && detail.contains("/_uploads/"),
        "{detail}"
    );
}

#[tokio::test]
async fn lines_within_a_request_bear_its_number() {
    let captured = Captured::start(Level::DEBUG);
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let mut client = wharf.connect().await;
    client
        .send(Request::patch(&upload).header("Content-Length", 9).bytes())
        .await;
    client.send("half").await;
    client.half_close().await;
    assert_eq!(client.response().await.status, 400);
    captured.until("response completed with error").await;
    let events = captured.all();
    let find = |message: &str| {
        events
            .iter()
            .find(|event| event.message == message)
            .unwrap()
    };
    let within = find("a request body broke off");
    let last = find("response completed with error");
    assert_eq!(within.span, last.fields["http.request.id"]);
}

/// A change goes on although its client may hang up, so it runs beside the request.
#[tokio::test]
async fn lines_of_a_change_bear_the_number_of_its_request() {
    let captured = Captured::start(Level::DEBUG);
    let root = tempfile::tempdir().unwrap();
    let wharf = Setup::files(root.path()).start().await;
    wharf.push_parts("a").await;
    let digest = wharf.push_manifest("a", "b", &image(OCI_MANIFEST)).await;
    let link = root
        .path()
        .join("docker/registry/v2/repositories/a/_manifests/tags/b/current/link");
    #[expect(
        clippy::disallowed_methods,
        reason = "a tree that somebody has damaged"
    )]
    std::fs::write(link, "nonsense").unwrap();
    captured.events(3).await;
    captured.clear();
    let delete = Request::delete(&format!("/v2/a/manifests/{digest}"));
    assert_eq!(wharf.ask(delete).await.status, 202);
    captured.until("response completed").await;
    let events = captured.all();
    let warning = events
        .iter()
        .find(|event| event.level == Level::WARN)
        .unwrap();
    let last = events.last().unwrap();
    assert_eq!(
        warning.span, last.fields["http.request.id"],
        "{}",
        warning.message
    );
}
