//! `storage.maintenance.readonly`

use wharf_http::ReadOnly;
use wharf_spec::Digest;
use wharf_spec::media_type::OCI_MANIFEST;

use crate::fixtures::{LAYER, image, push};
use crate::harness::{Setup, Wharf};
use crate::wire::{Request, Response};

/// A server with an image and an unfinished upload, that is only read from now on.
struct Kept {
    wharf: Wharf,
    read_only: ReadOnly,
    manifest: Digest,
    blob: Digest,
    upload: String,
}

async fn kept() -> Kept {
    let setup = Setup::memory();
    let read_only = setup.settings.read_only.clone();
    let wharf = setup.start().await;
    wharf.push_parts("a").await;
    let manifest = wharf.push_manifest("a", "x", &image(OCI_MANIFEST)).await;
    let blob = wharf.push_blob("a", LAYER).await;
    let upload = wharf.start_upload("a").await;
    read_only.set(true);
    Kept {
        wharf,
        read_only,
        manifest,
        blob,
        upload,
    }
}

fn is_refused(response: &Response, allowed: &str) {
    assert_eq!(
        (
            response.status,
            response.header("Allow"),
            response.header("Content-Type"),
            response.text(),
        ),
        (
            405,
            Some(allowed),
            Some("text/plain; charset=utf-8"),
            "Method not allowed\n"
        ),
        "{}",
        response.head
    );
}

#[tokio::test]
async fn nothing_is_written() {
    let kept = kept().await;
    let (blob, upload) = (kept.blob, &kept.upload);
    for request in [
        push("a", "y", &image(OCI_MANIFEST)),
        push("a", &kept.manifest.to_string(), &image(OCI_MANIFEST)),
        Request::delete("/v2/a/manifests/x"),
        Request::delete(&format!("/v2/a/manifests/{}", kept.manifest)),
        Request::delete(&format!("/v2/a/blobs/{blob}")),
        Request::post("/v2/a/blobs/uploads/"),
        Request::post(&format!("/v2/b/blobs/uploads/?mount={blob}&from=a")),
        Request::post(&format!("/v2/b/blobs/uploads/?digest={blob}")).body(LAYER),
        Request::patch(upload).body(LAYER),
        Request::put(&format!("{upload}?digest={blob}")).body(LAYER),
        Request::delete(upload),
        Request::new("BREW", "/v2/a/manifests/x").body(""),
    ] {
        is_refused(&kept.wharf.ask(request).await, "GET, HEAD");
    }
    // There is nothing to be had where uploads are started.
    is_refused(
        &kept.wharf.ask(Request::get("/v2/a/blobs/uploads/")).await,
        "",
    );
    kept.read_only.set(false);
    let tags = kept.wharf.ask(Request::get("/v2/a/tags/list")).await;
    assert_eq!(tags.text(), "{\"name\":\"a\",\"tags\":[\"x\"]}\n");
    assert_eq!(kept.wharf.upload_size(upload).await, 0);
    let in_b = Request::get(&format!("/v2/b/blobs/{blob}"));
    assert_eq!(kept.wharf.ask(in_b).await.status, 404);
}

#[tokio::test]
async fn everything_is_read() {
    let kept = kept().await;
    for path in [
        "/",
        "/v2/",
        "/v2/_catalog",
        "/v2/a/tags/list",
        "/v2/a/manifests/x",
        &format!("/v2/a/manifests/{}", kept.manifest),
        &format!("/v2/a/blobs/{}", kept.blob),
        &format!("/v2/a/referrers/{}", kept.manifest),
    ] {
        assert_eq!(
            kept.wharf.ask(Request::get(path)).await.status,
            200,
            "{path}"
        );
    }
    assert_eq!(kept.wharf.upload_size(&kept.upload).await, 0);
    for path in [
        "/v2/a/manifests/x",
        &format!("/v2/a/blobs/{}", kept.blob),
        &kept.upload,
    ] {
        assert!(kept.wharf.ask(Request::head(path)).await.status < 300);
        let options = kept.wharf.ask(Request::new("OPTIONS", path)).await;
        assert_eq!(
            (options.status, options.header("Allow")),
            (200, Some("GET, HEAD")),
            "{path}"
        );
    }
    assert_eq!(
        kept.wharf.ask(Request::post("/v2/")).await.status,
        200,
        "it answers to anything, as always"
    );
}

#[tokio::test]
async fn other_refusals_stay_what_they_are() {
    let kept = kept().await;
    let response = kept.wharf.ask(Request::put("/v2/_catalog").body("")).await;
    assert_eq!(
        (response.status, response.header("Allow")),
        (405, Some("GET"))
    );
    assert_eq!(response.codes(), ["UNSUPPORTED"]);
    for (path, status) in [
        ("/v2/a/manifests/absent", 404),
        ("/v2/A/manifests/x", 400),
        ("/nowhere", 404),
    ] {
        assert_eq!(
            kept.wharf.ask(Request::get(path)).await.status,
            status,
            "{path}"
        );
    }
}

/// A client that asks first (`Expect`) sends nothing; another one's bytes are read, so
/// that it comes to see the answer and can ask again on the same connection.
#[tokio::test]
async fn a_refused_upload_does_not_break_the_connection() {
    let kept = kept().await;
    let mut client = kept.wharf.connect().await;
    let large = vec![b'x'; 1 << 20];
    let refused = client.ask(Request::patch(&kept.upload).body(&large)).await;
    is_refused(&refused, "GET, HEAD");
    assert_eq!(client.ask(Request::get("/v2/")).await.status, 200);
    let expecting = Request::patch(&kept.upload)
        .header("Expect", "100-continue")
        .header("Content-Length", "10");
    is_refused(&client.ask(expecting).await, "GET, HEAD");
}

#[tokio::test]
async fn writing_goes_on_when_the_switch_is_thrown_back() {
    let kept = kept().await;
    kept.read_only.set(false);
    let put = format!("{}?digest={}", kept.upload, kept.blob);
    assert_eq!(
        kept.wharf.ask(Request::put(&put).body(LAYER)).await.status,
        201
    );
    assert!(!ReadOnly::default().is_on());
    assert!(ReadOnly::new(true).is_on());
}
