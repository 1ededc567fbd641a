//! `/v2/<name>/blobs/<digest>`

use insta::assert_snapshot;

use crate::fixtures::LAYER;
use crate::harness::Wharf;
use crate::wire::Request;

#[tokio::test]
async fn a_blob_is_described_pulled_and_deleted() {
    let wharf = Wharf::start().await;
    let path = format!("/v2/a/b/blobs/{}", wharf.push_blob("a/b", LAYER).await);
    assert_snapshot!(wharf.ask(Request::head(&path)).await.show(), @r#"
    HTTP/1.1 200 OK
    accept-ranges: bytes
    cache-control: max-age=31536000, immutable
    docker-content-digest: sha256:e28d98..
    etag: "sha256:e28d98.."
    content-type: application/octet-stream
    docker-distribution-api-version: registry/2.0
    content-length: 7
    "#);
    assert_snapshot!(wharf.ask(Request::get(&path)).await.show(), @r#"
    HTTP/1.1 200 OK
    accept-ranges: bytes
    cache-control: max-age=31536000, immutable
    docker-content-digest: sha256:e28d98..
    etag: "sha256:e28d98.."
    content-type: application/octet-stream
    docker-distribution-api-version: registry/2.0
    content-length: 7

    a layer
    "#);
    assert_snapshot!(wharf.ask(Request::get(&path).header("Range", "bytes=2-4")).await.show(), @r#"
    HTTP/1.1 206 Partial Content
    accept-ranges: bytes
    cache-control: max-age=31536000, immutable
    docker-content-digest: sha256:e28d98..
    etag: "sha256:e28d98.."
    content-type: application/octet-stream
    content-range: bytes 2-4/7
    docker-distribution-api-version: registry/2.0
    content-length: 3

    lay
    "#);
    assert_snapshot!(wharf.ask(Request::get(&path).header("If-None-Match", "*")).await.show(), @r#"
    HTTP/1.1 304 Not Modified
    accept-ranges: bytes
    cache-control: max-age=31536000, immutable
    docker-content-digest: sha256:e28d98..
    etag: "sha256:e28d98.."
    docker-distribution-api-version: registry/2.0
    "#);
    assert_snapshot!(wharf.ask(Request::delete(&path)).await.show(), @"
    HTTP/1.1 202 Accepted
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
    assert_eq!(wharf.ask(Request::head(&path)).await.status, 404);
    assert_eq!(wharf.ask(Request::delete(&path)).await.status, 404);
}

#[tokio::test]
async fn a_blob_is_only_where_it_was_pushed() {
    let wharf = Wharf::start().await;
    let digest = wharf.push_blob("a", LAYER).await;
    assert_eq!(
        wharf
            .ask(Request::get(&format!("/v2/b/blobs/{digest}")))
            .await
            .status,
        404
    );
    wharf.push_blob("b", LAYER).await;
    wharf
        .ask(Request::delete(&format!("/v2/a/blobs/{digest}")))
        .await;
    assert_eq!(
        wharf
            .ask(Request::get(&format!("/v2/b/blobs/{digest}")))
            .await
            .text(),
        LAYER
    );
}

/// RFC 9112, section 9.3: one connection serves one request after the other.
#[tokio::test]
async fn a_connection_serves_many_requests() {
    let wharf = Wharf::start().await;
    let path = format!("/v2/a/blobs/{}", wharf.push_blob("a", LAYER).await);
    let mut client = wharf.connect().await;
    for _ in 0..3 {
        assert_eq!(client.ask(Request::head(&path)).await.status, 200);
        assert_eq!(client.ask(Request::get(&path)).await.text(), LAYER);
        assert_eq!(
            client
                .ask(Request::get("/v2/a/blobs/sha256:0"))
                .await
                .status,
            400
        );
        assert_eq!(
            client
                .ask(Request::get(&path).header("If-None-Match", "*"))
                .await
                .status,
            304
        );
        assert_eq!(
            client
                .ask(Request::post("/v2/a/blobs/uploads/"))
                .await
                .status,
            202
        );
    }
    let last = client
        .ask(Request::get(&path).header("Connection", "close"))
        .await;
    assert_eq!(last.header("Connection"), Some("close"));
    client.is_closed().await;
}
