//! Requests that do not wait for answers, or come in pieces.

use wharf_spec::media_type::OCI_MANIFEST;

use crate::fixtures::{LAYER, image, noise, push, sha256};
use crate::harness::Wharf;
use crate::wire::{Client, Request};

async fn send(client: &mut Client, requests: &[Request]) {
    let bytes: Vec<u8> = requests.iter().flat_map(Request::bytes).collect();
    client.send(bytes).await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let wharf = Wharf::start().await;
    let content = noise(1_000_000);
    let blob = format!("/v2/a/blobs/{}", wharf.push_blob("a", &content).await);
    let mut client = wharf.connect().await;
    let missing = format!("/v2/a/blobs/{}", sha256("absent"));
    send(
        &mut client,
        &[
            Request::get(&blob),
            Request::get("/v2/"),
            Request::get(&missing),
        ],
    )
    .await;
    assert!(client.response().await.body == content);
    assert_eq!(client.response().await.text(), "{}");
    assert_eq!(client.response().await.status, 404);

    send(
        &mut client,
        &[
            Request::head(&blob),
            Request::get(&blob),
            Request::head(&missing),
            Request::get("/v2/"),
        ],
    )
    .await;
    assert_eq!(
        client.head().await.header("Content-Length"),
        Some("1000000")
    );
    assert!(client.response().await.body == content);
    assert_eq!(client.head().await.status, 404);
    assert_eq!(client.response().await.text(), "{}");
}

#[tokio::test]
async fn what_is_pushed_can_be_pulled_by_the_next_request_of_the_pipeline() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let upload = wharf.start_upload("a").await;
    let end = format!("{upload}?digest={}", sha256("012345"));
    let manifest = image(OCI_MANIFEST);
    let mut client = wharf.connect().await;
    send(
        &mut client,
        &[
            Request::patch(&upload).body("012"),
            Request::patch(&upload).chunked("34"),
            Request::get(&upload),
            Request::put(&end).body("5"),
            Request::get(&format!("/v2/a/blobs/{}", sha256("012345"))),
            push("a", "b", &manifest),
            Request::get("/v2/a/manifests/b"),
        ],
    )
    .await;
    for status in [202, 202, 204, 201] {
        assert_eq!(client.response().await.status, status);
    }
    assert_eq!(client.response().await.text(), "012345");
    assert_eq!(client.response().await.status, 201);
    assert_eq!(client.response().await.text(), manifest.to_string());
}

#[tokio::test]
async fn a_long_pipeline_is_answered_to_its_end() {
    let wharf = Wharf::start().await;
    let blob = Request::get(&format!(
        "/v2/a/blobs/{}",
        wharf.push_blob("a", LAYER).await
    ));
    let mut client = wharf.connect().await;
    send(&mut client, &vec![blob; 500]).await;
    client.half_close().await;
    for _ in 0..500 {
        assert_eq!(client.response().await.text(), LAYER);
    }
    client.is_closed().await;
}

#[tokio::test]
async fn a_client_that_has_said_all_is_answered() {
    let wharf = Wharf::start().await;
    let content = noise(3 << 20);
    let post =
        Request::post(&format!("/v2/a/blobs/uploads/?digest={}", sha256(&content))).body(&content);
    let get = Request::get(&format!("/v2/a/blobs/{}", sha256(&content)));
    for (request, status) in [(post, 201), (get, 200)] {
        let mut client = wharf.connect().await;
        client.send(request.bytes()).await;
        client.half_close().await;
        let response = client.response().await;
        assert_eq!(response.status, status);
        assert!(status != 200 || response.body == content);
        client.is_closed().await;
    }
}

#[tokio::test]
async fn a_request_may_come_byte_by_byte() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let mut client = wharf.connect().await;
    client.stream.set_nodelay(true).unwrap();
    for byte in Request::patch(&upload).chunked("0123").bytes() {
        client.send([byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(client.response().await.header("Range"), Some("0-3"));
}

/// RFC 9112, section 2.2: some clients send an empty line after a body.
#[tokio::test]
async fn empty_lines_before_a_request_are_skipped() {
    let wharf = Wharf::start().await;
    let mut client = wharf.connect().await;
    for _ in 0..2 {
        client.send("\r\n").await;
        assert_eq!(client.ask(Request::get("/v2/")).await.status, 200);
    }
}
