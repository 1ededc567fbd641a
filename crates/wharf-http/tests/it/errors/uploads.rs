//! Chunks that do not fit, and ends that are none.

use super::refused;
use crate::fixtures::{LAYER, sha256};
use crate::harness::Wharf;
use crate::wire::Request;

#[tokio::test]
async fn an_end_without_its_digest_is_refused() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let other = format!("{upload}?digest={}", sha256("other"));
    for path in [
        upload.clone(),
        format!("{upload}?digest="),
        format!("{upload}?digest=garbage"),
        format!("{upload}?digest=sha256:abc"),
        format!("{upload}?digest=md5:{}", "0".repeat(32)),
        format!("{upload}?Digest={}", sha256(LAYER)),
    ] {
        refused(
            &wharf,
            Request::put(&path).body(LAYER),
            400,
            &["DIGEST_INVALID"],
        )
        .await;
        wharf.upload_reaches(&upload, 0).await;
    }
    refused(
        &wharf,
        Request::put(&other).body(LAYER),
        400,
        &["DIGEST_INVALID"],
    )
    .await;
    assert_eq!(
        wharf
            .ask(Request::get(&format!("/v2/a/blobs/{}", sha256("other"))))
            .await
            .status,
        404
    );
    assert_eq!(
        wharf
            .ask(Request::get(&format!("/v2/a/blobs/{}", sha256(LAYER))))
            .await
            .status,
        404
    );

    let post = format!("/v2/a/blobs/uploads/?digest={}", sha256("other"));
    refused(
        &wharf,
        Request::post(&post).body(LAYER),
        400,
        &["DIGEST_INVALID"],
    )
    .await;
    assert_eq!(
        wharf
            .ask(Request::get(&format!("/v2/a/blobs/{}", sha256("other"))))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_chunk_that_does_not_start_where_the_upload_stands_is_told_where_that_is() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    wharf.ask(Request::patch(&upload).body("012")).await;
    let end = format!("{upload}?digest={}", sha256("0123456"));
    for range in [
        "0-3",
        "2-5",
        "4-7",
        "9223372036854775804-9223372036854775807",
        "bytes 4-7/8",
    ] {
        for request in [Request::patch(&upload), Request::put(&end)] {
            let response = refused(
                &wharf,
                request.header("Content-Range", range).body("3456"),
                416,
                &["RANGE_INVALID"],
            )
            .await;
            assert_eq!(
                (response.location(), response.header("Range")),
                (upload.clone(), Some("0-2"))
            );
            assert_eq!(
                response.header("Docker-Upload-UUID"),
                upload.rsplit('/').next()
            );
        }
    }
    let last = Request::put(&end)
        .header("Content-Range", "3-6")
        .body("3456");
    assert_eq!(wharf.ask(last).await.status, 201);
}

#[tokio::test]
async fn a_place_that_is_none_is_refused() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let end = format!("{upload}?digest={}", sha256(LAYER));
    for range in [
        "garbage",
        "0",
        "-6",
        "0-",
        "6-0",
        "0-6-9",
        "+0-6",
        "0 - 6",
        "bytes=0-6",
        "0-99999999999999999999",
    ] {
        for request in [Request::patch(&upload), Request::put(&end)] {
            refused(
                &wharf,
                request.header("Content-Range", range).body(LAYER),
                416,
                &["RANGE_INVALID"],
            )
            .await;
        }
    }
    wharf.upload_reaches(&upload, 0).await;
}

#[tokio::test]
async fn a_place_of_another_length_is_refused() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let end = format!("{upload}?digest={}", sha256(LAYER));
    for range in ["0-5", "0-7", "0-9223372036854775807"] {
        for request in [Request::patch(&upload), Request::put(&end)] {
            refused(
                &wharf,
                request.header("Content-Range", range).body(LAYER),
                400,
                &["SIZE_INVALID"],
            )
            .await;
            wharf.upload_reaches(&upload, 0).await;
        }
    }
}

/// A stream whose place says another length is known for it only at its end.
#[tokio::test]
async fn a_stream_of_another_length_than_its_place_is_refused() {
    let wharf = Wharf::start().await;
    for range in ["0-5", "0-7"] {
        let upload = wharf.start_upload("a").await;
        let request = Request::patch(&upload)
            .header("Content-Range", range)
            .chunked(LAYER);
        refused(&wharf, request, 400, &["SIZE_INVALID"]).await;
    }
    let upload = wharf.start_upload("a").await;
    let request = Request::patch(&upload)
        .header("Content-Range", "0-6")
        .chunked(LAYER);
    assert_eq!(wharf.ask(request).await.status, 202);
}

#[tokio::test]
async fn an_upload_belongs_to_its_repository() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await.replace("/v2/a/", "/v2/b/");
    refused(
        &wharf,
        Request::patch(&upload).body(LAYER),
        404,
        &["BLOB_UPLOAD_UNKNOWN"],
    )
    .await;
    refused(&wharf, Request::get(&upload), 404, &["BLOB_UPLOAD_UNKNOWN"]).await;
}
