//! `/v2/<name>/blobs/uploads/`

use insta::assert_snapshot;

use crate::fixtures::{LAYER, noise, sha256};
use crate::harness::Wharf;
use crate::wire::Request;

#[tokio::test]
async fn a_blob_is_pushed_in_chunks() {
    let wharf = Wharf::start().await;
    let started = wharf.ask(Request::post("/v2/a/b/blobs/uploads/")).await;
    assert_snapshot!(started.show(), @"
    HTTP/1.1 202 Accepted
    location: http://wharf.test/v2/a/b/blobs/uploads/<id>
    range: 0-0
    docker-upload-uuid: <id>
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
    let upload = started.location();
    assert_snapshot!(wharf.ask(Request::get(&upload)).await.show(), @"
    HTTP/1.1 204 No Content
    location: http://wharf.test/v2/a/b/blobs/uploads/<id>
    range: 0-0
    docker-upload-uuid: <id>
    docker-distribution-api-version: registry/2.0
    ");

    let first = wharf
        .ask(
            Request::patch(&upload)
                .header("Content-Range", "0-2")
                .body("a l"),
        )
        .await;
    assert_snapshot!(first.show(), @"
    HTTP/1.1 202 Accepted
    location: http://wharf.test/v2/a/b/blobs/uploads/<id>
    range: 0-2
    docker-upload-uuid: <id>
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
    assert_snapshot!(wharf.ask(Request::get(&upload)).await.show(), @"
    HTTP/1.1 204 No Content
    location: http://wharf.test/v2/a/b/blobs/uploads/<id>
    range: 0-2
    docker-upload-uuid: <id>
    docker-distribution-api-version: registry/2.0
    ");
    assert_snapshot!(wharf.ask(Request::head(&upload)).await.show(), @"
    HTTP/1.1 204 No Content
    location: http://wharf.test/v2/a/b/blobs/uploads/<id>
    range: 0-2
    docker-upload-uuid: <id>
    docker-distribution-api-version: registry/2.0
    ");

    let last = format!("{upload}?digest={}", sha256(LAYER));
    let last = wharf
        .ask(
            Request::put(&last)
                .header("Content-Range", "3-6")
                .body("ayer"),
        )
        .await;
    assert_snapshot!(last.show(), @"
    HTTP/1.1 201 Created
    location: http://wharf.test/v2/a/b/blobs/sha256:e28d98..
    docker-content-digest: sha256:e28d98..
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
    assert_eq!(
        wharf.ask(Request::get(&last.location())).await.text(),
        LAYER
    );
    assert_eq!(wharf.ask(Request::get(&upload)).await.status, 404);
}

#[tokio::test]
async fn a_blob_is_pushed_by_one_post() {
    let wharf = Wharf::start().await;
    let path = format!("/v2/a/blobs/uploads/?digest={}", sha256(LAYER));
    let pushed = wharf.ask(Request::post(&path).body(LAYER)).await;
    assert_snapshot!(pushed.show(), @"
    HTTP/1.1 201 Created
    location: http://wharf.test/v2/a/blobs/sha256:e28d98..
    docker-content-digest: sha256:e28d98..
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
    assert_eq!(
        wharf.ask(Request::get(&pushed.location())).await.text(),
        LAYER
    );
}

/// Clients that never heard of single POSTs.
#[tokio::test]
async fn a_post_that_names_a_digest_and_brings_nothing_starts_an_upload() {
    let wharf = Wharf::start().await;
    let path = format!("/v2/a/blobs/uploads/?digest={}", sha256(LAYER));
    assert_snapshot!(wharf.ask(Request::post(&path)).await.show(), @"
    HTTP/1.1 202 Accepted
    location: http://wharf.test/v2/a/blobs/uploads/<id>
    range: 0-0
    docker-upload-uuid: <id>
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
    let nothing = format!("/v2/a/blobs/uploads/?digest={}", sha256(""));
    assert_eq!(wharf.ask(Request::post(&nothing)).await.status, 201);
}

#[tokio::test]
async fn a_blob_is_mounted_if_it_is_there() {
    let wharf = Wharf::start().await;
    let digest = wharf.push_blob("a", LAYER).await;
    let mount = |query: String| wharf.ask(Request::post(&format!("/v2/b/blobs/uploads/?{query}")));
    assert_snapshot!(mount(format!("mount={digest}&from=nowhere")).await.show(), @"
    HTTP/1.1 202 Accepted
    location: http://wharf.test/v2/b/blobs/uploads/<id>
    range: 0-0
    docker-upload-uuid: <id>
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
    assert_eq!(
        mount(format!("mount={}", sha256("absent"))).await.status,
        202
    );
    assert_eq!(mount("mount=garbage&from=a".to_owned()).await.status, 202);
    assert_eq!(
        mount(format!("mount={digest}&from=GARBAGE")).await.status,
        202
    );
    assert_eq!(
        wharf
            .ask(Request::head(&format!("/v2/b/blobs/{digest}")))
            .await
            .status,
        404
    );

    let mounted = mount(format!("mount={digest}&from=a")).await;
    assert_snapshot!(mounted.show(), @"
    HTTP/1.1 201 Created
    location: http://wharf.test/v2/b/blobs/sha256:e28d98..
    docker-content-digest: sha256:e28d98..
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
    assert_eq!(
        wharf.ask(Request::get(&mounted.location())).await.text(),
        LAYER
    );
    let mounted = wharf
        .ask(Request::post(&format!(
            "/v2/c/blobs/uploads/?mount={digest}"
        )))
        .await;
    assert_eq!(mounted.status, 201);
}

#[tokio::test]
async fn an_upload_is_cancelled() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    assert_snapshot!(wharf.ask(Request::delete(&upload)).await.show(), @"
    HTTP/1.1 204 No Content
    docker-upload-uuid: <id>
    docker-distribution-api-version: registry/2.0
    ");
    assert_eq!(wharf.ask(Request::delete(&upload)).await.status, 404);
}

#[tokio::test]
async fn a_blob_without_a_byte_is_pushed_in_every_way() {
    let wharf = Wharf::start().await;
    let digest = sha256("");
    let put = async |name: &str| format!("{}?digest={digest}", wharf.start_upload(name).await);
    for (name, request) in [
        ("a", Request::put(&put("a").await)),
        ("b", Request::put(&put("b").await).body("")),
        ("c", Request::put(&put("c").await).chunked("")),
        (
            "d",
            Request::post(&format!("/v2/d/blobs/uploads/?digest={digest}")),
        ),
        (
            "e",
            Request::new("POST", &format!("/v2/e/blobs/uploads/?digest={digest}")).chunked(""),
        ),
    ] {
        assert_eq!(wharf.ask(request).await.status, 201, "{name}");
        let blob = wharf
            .ask(Request::get(&format!("/v2/{name}/blobs/{digest}")))
            .await;
        assert_eq!(
            (blob.status, blob.header("Content-Length")),
            (200, Some("0"))
        );
    }
}

/// distribution answers 301, and clients follow it with a GET.
#[tokio::test]
async fn an_upload_is_started_without_the_slash_too() {
    let wharf = Wharf::start().await;
    assert_eq!(
        wharf.ask(Request::post("/v2/a/blobs/uploads")).await.status,
        202
    );
}

/// The `Location` of distribution has a query, so that many a script goes on with `&`.
#[tokio::test]
async fn a_script_for_distribution_ends_its_upload() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let done = wharf
        .ask(Request::put(&format!("{upload}&digest={}", sha256(LAYER))).body(LAYER))
        .await;
    assert_eq!(done.status, 201, "{}", done.show());
}

#[tokio::test]
async fn a_blob_is_pushed_as_a_stream_and_by_another_algorithm() {
    let wharf = Wharf::start().await;
    let content = noise(3 << 20);
    let digest = wharf_hash::digest(wharf_spec::Algorithm::Sha512, &content);
    let started = wharf
        .ask(Request::post(
            "/v2/a/blobs/uploads/?digest-algorithm=sha512",
        ))
        .await;
    let upload = started.location();
    let (front, back) = content.split_at(1_234_567);
    let streamed = wharf.ask(Request::patch(&upload).chunked(front)).await;
    assert_eq!(
        (streamed.status, streamed.header("Range")),
        (202, Some("0-1234566"))
    );
    let done = wharf
        .ask(Request::put(&format!("{upload}?digest={digest}")).chunked(back))
        .await;
    assert_eq!(done.status, 201, "{}", done.show());
    assert_eq!(
        wharf
            .ask(Request::get(&format!("/v2/a/blobs/{digest}")))
            .await
            .body,
        content
    );
}

/// distribution 2.8 looks at none of it, so its clients send all of these.
#[tokio::test]
async fn content_range_may_have_the_form_of_http_or_be_empty() {
    let wharf = Wharf::start().await;
    for range in [
        "",
        "0-2",
        "0-2/7",
        "bytes 0-2",
        "bytes 0-2/7",
        "bytes 0-2/*",
    ] {
        let upload = wharf.start_upload("a").await;
        let chunk = Request::patch(&upload).header("Content-Range", range);
        assert_eq!(wharf.ask(chunk.body("a l")).await.status, 202, "{range:?}");
        wharf.upload_reaches(&upload, 3).await;
    }
}
