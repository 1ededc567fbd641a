//! `Expect: 100-continue`: clients that ask before they send much (RFC 9110, section
//! 10.1.1).

use wharf_registry::MANIFEST_LIMIT;

use crate::fixtures::{LAYER, sha256};
use crate::harness::Wharf;
use crate::wire::{Client, Request};

async fn announce(wharf: &Wharf, request: Request, length: usize) -> Client {
    let mut client = wharf.connect().await;
    let request = request
        .header("Content-Length", length)
        .header("Expect", "100-continue");
    client.send(request.bytes()).await;
    client
}

#[tokio::test]
async fn a_client_that_asks_is_told_to_go_on() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let mut client = announce(&wharf, Request::patch(&upload), 3).await;
    assert_eq!(client.head().await.head, "HTTP/1.1 100 Continue");
    client.send("012").await;
    assert_eq!(client.response().await.header("Range"), Some("0-2"));

    let end = Request::put(&format!("{upload}?digest={}", sha256("0123")))
        .header("Transfer-Encoding", "chunked");
    client
        .send(end.header("Expect", "100-Continue").bytes())
        .await;
    assert_eq!(client.head().await.head, "HTTP/1.1 100 Continue");
    client.send("1\r\n3\r\n0\r\n\r\n").await;
    assert_eq!(client.response().await.status, 201);
}

#[tokio::test]
async fn a_client_that_is_refused_is_not_told_to_go_on() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let digest = sha256(LAYER);
    for (request, length, status) in [
        (Request::patch("/v2/a/blobs/uploads/none"), 3, 404),
        (
            Request::put(&format!("/v2/a/blobs/uploads/none?digest={digest}")),
            3,
            404,
        ),
        (Request::put("/v2/a/manifests/b"), MANIFEST_LIMIT + 1, 413),
        (Request::put("/v2/a/manifests/.b"), 3, 400),
        (Request::put(&upload), 3, 400),
        (Request::put(&format!("{upload}?digest=garbage")), 3, 400),
        (
            Request::patch(&upload).header("Content-Range", "5-7"),
            3,
            416,
        ),
        (
            Request::put(&format!("{upload}?digest={digest}")).header("Content-Range", "5-7"),
            3,
            416,
        ),
        (
            Request::patch(&upload).header("Content-Range", "garbage"),
            3,
            416,
        ),
        (
            Request::patch(&upload).header("Content-Range", "0-7"),
            3,
            400,
        ),
        (Request::put("/v2/_catalog"), 3, 405),
        (Request::put("/nowhere"), 3, 404),
    ] {
        let mut client = announce(&wharf, request, length).await;
        // The body may come all the same or not at all, so that nothing can follow.
        assert_eq!(client.response().await.status, status);
        client.is_closed().await;
    }
    wharf.upload_reaches(&upload, 0).await;
}

/// RFC 9110, section 10.1.1: who answers without reading the body says that it closes.
#[tokio::test]
async fn a_client_that_is_refused_is_told_that_the_connection_closes() {
    let wharf = Wharf::start().await;
    let mut client = announce(&wharf, Request::patch("/v2/a/blobs/uploads/none"), 3).await;
    assert_eq!(client.response().await.header("Connection"), Some("close"));
}

#[tokio::test]
async fn a_client_that_does_not_wait_is_served() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let mut client = wharf.connect().await;
    let request = Request::patch(&upload)
        .header("Expect", "100-continue")
        .body("012");
    client.send(request.bytes()).await;
    let mut head = client.head().await;
    if head.status == 100 {
        head = client.response().await;
    }
    assert_eq!(head.header("Range"), Some("0-2"));
}

#[tokio::test]
async fn nobody_waits_for_nothing() {
    let wharf = Wharf::start().await;
    let mut client = announce(&wharf, Request::get("/v2/"), 0).await;
    assert_eq!(client.response().await.status, 200);
    client
        .send("GET /v2/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
        .await;
    assert_eq!(client.response().await.status, 200);
}

#[tokio::test]
async fn http_1_0_knows_no_interim_answers() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let mut client = wharf.connect().await;
    client
        .send(format!(
            "PATCH {upload} HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
        ))
        .await;
    client.send("012").await;
    assert_eq!(client.response().await.status, 202);
}
