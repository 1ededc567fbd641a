//! `/v2/<name>/manifests/<reference>`

use insta::assert_snapshot;
use serde_json::json;
use wharf_registry::Releases;
use wharf_spec::media_type::{EMPTY_JSON, OCI_INDEX, OCI_MANIFEST};

use crate::fixtures::{descriptor, image, push, sha256};
use crate::harness::{Setup, Wharf};
use crate::wire::Request;

#[tokio::test]
async fn a_manifest_is_pushed_and_pulled_by_tag_and_by_digest() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a/b").await;
    let manifest = image(OCI_MANIFEST);
    let pushed = wharf.ask(push("a/b", "latest", &manifest)).await;
    assert_snapshot!(pushed.show(), @"
    HTTP/1.1 201 Created
    location: http://wharf.test/v2/a/b/manifests/sha256:8106fa..
    docker-content-digest: sha256:8106fa..
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");

    let by_tag = wharf.ask(Request::get("/v2/a/b/manifests/latest")).await;
    assert_snapshot!(by_tag.show(), @r#"
    HTTP/1.1 200 OK
    content-type: application/vnd.oci.image.manifest.v1+json
    docker-content-digest: sha256:8106fa..
    etag: "sha256:8106fa.."
    docker-distribution-api-version: registry/2.0
    content-length: 392

    {"config":{"digest":"sha256:44136f..","mediaType":"application/vnd.oci.image.config.v1+json","size":2},"layers":[{"digest":"sha256:e28d98..","mediaType":"application/vnd.oci.image.layer.v1.tar","size":7}],"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}
    "#);
    assert_eq!(by_tag.text(), manifest.to_string());
    let by_digest = wharf.ask(Request::get(&pushed.location())).await;
    assert_eq!(by_digest.show(), by_tag.show());
    assert_snapshot!(wharf.ask(Request::head("/v2/a/b/manifests/latest")).await.show(), @r#"
    HTTP/1.1 200 OK
    content-type: application/vnd.oci.image.manifest.v1+json
    docker-content-digest: sha256:8106fa..
    etag: "sha256:8106fa.."
    docker-distribution-api-version: registry/2.0
    content-length: 392
    "#);
    assert_eq!(
        wharf
            .ask(Request::head(&pushed.location()))
            .await
            .header("Content-Length"),
        by_tag.header("Content-Length")
    );

    let known = Request::get("/v2/a/b/manifests/latest")
        .header("If-None-Match", by_tag.header("ETag").unwrap());
    assert_snapshot!(wharf.ask(known).await.show(), @r#"
    HTTP/1.1 304 Not Modified
    docker-content-digest: sha256:8106fa..
    etag: "sha256:8106fa.."
    docker-distribution-api-version: registry/2.0
    "#);
}

#[tokio::test]
async fn a_manifest_is_deleted_by_tag_and_by_digest() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let digest = wharf.push_manifest("a", "one", &image(OCI_MANIFEST)).await;
    wharf.push_manifest("a", "two", &image(OCI_MANIFEST)).await;
    let path = format!("/v2/a/manifests/{digest}");

    assert_snapshot!(wharf.ask(Request::delete("/v2/a/manifests/one")).await.show(), @"
    HTTP/1.1 202 Accepted
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
    assert_eq!(
        wharf.ask(Request::get("/v2/a/manifests/one")).await.status,
        404
    );
    assert_eq!(
        wharf
            .ask(Request::delete("/v2/a/manifests/one"))
            .await
            .status,
        404
    );
    assert_eq!(wharf.ask(Request::get(&path)).await.status, 200);

    assert_snapshot!(wharf.ask(Request::delete(&path)).await.show(), @"
    HTTP/1.1 202 Accepted
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
    assert_eq!(
        wharf.ask(Request::get("/v2/a/manifests/two")).await.status,
        404
    );
    assert_eq!(wharf.ask(Request::get(&path)).await.status, 404);
    assert_eq!(wharf.ask(Request::delete(&path)).await.status, 404);
}

#[tokio::test]
async fn a_push_by_digest_names_tags() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let manifest = image(OCI_MANIFEST);
    let reference = format!(
        "{}?tag=1.2.3&tag=1.2&tag=latest",
        sha256(manifest.to_string())
    );
    assert_snapshot!(wharf.ask(push("a", &reference, &manifest)).await.show(), @"
    HTTP/1.1 201 Created
    location: http://wharf.test/v2/a/manifests/sha256:8106fa..
    docker-content-digest: sha256:8106fa..
    oci-tag: 1.2.3
    oci-tag: 1.2
    oci-tag: latest
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
    for tag in ["1.2.3", "1.2", "latest"] {
        assert_eq!(
            wharf
                .ask(Request::head(&format!("/v2/a/manifests/{tag}")))
                .await
                .status,
            200
        );
    }
    let ten: Vec<_> = (0..10).map(|at| format!("tag=t{at}")).collect();
    let many = format!("{}?{}", sha256(manifest.to_string()), ten.join("&"));
    assert_eq!(
        wharf
            .ask(push("a", &many, &manifest))
            .await
            .all("OCI-Tag")
            .len(),
        10
    );
}

#[tokio::test]
async fn a_tag_that_is_not_there_brings_the_newest_release() {
    let mut setup = Setup::memory();
    setup.options.releases = Releases(vec!["a".to_owned()]);
    let wharf = setup.start().await;
    for name in ["a", "b"] {
        wharf.push_parts(name).await;
        for tag in ["1.2.9", "1.2.10"] {
            let pushed = wharf.ask(push(name, tag, &image(OCI_MANIFEST))).await;
            assert_eq!(pushed.status, 201);
        }
    }
    for request in [Request::get, Request::head] {
        let found = wharf.ask(request("/v2/a/manifests/1.2")).await;
        assert_eq!(
            (found.status, found.all("Wharfinger-Tag")),
            (200, vec!["1.2.10"])
        );
        let itself = wharf.ask(request("/v2/a/manifests/1.2.9")).await;
        assert_eq!(
            (itself.status, itself.all("Wharfinger-Tag").len()),
            (200, 0)
        );
        for not in [
            "/v2/a/manifests/1.3",
            "/v2/b/manifests/1.2",
            "/v2/c/manifests/1.2",
        ] {
            assert_eq!(wharf.ask(request(not)).await.status, 404, "{not}");
        }
    }
    // Who is about to push has to hear that it is not there.
    let before_push = |accept| Request::head("/v2/a/manifests/1.2").header("Accept", accept);
    let one = wharf.ask(before_push(format!("{OCI_MANIFEST}, */*"))).await;
    assert_eq!(one.status, 404);
    let several = before_push(format!("{OCI_MANIFEST}, {OCI_INDEX}, */*"));
    assert_eq!(wharf.ask(several).await.status, 200);
    // Nothing else takes a tag for another one.
    assert_eq!(
        wharf
            .ask(Request::delete("/v2/a/manifests/1.2"))
            .await
            .status,
        404
    );
    let first = push("a", "1.2", &image(OCI_MANIFEST)).header("If-None-Match", "*");
    assert_eq!(wharf.ask(first).await.status, 201);
    let there = wharf.ask(Request::get("/v2/a/manifests/1.2")).await;
    assert_eq!(there.all("Wharfinger-Tag").len(), 0);
}

#[tokio::test]
async fn a_push_with_a_subject_is_told_so() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let mut manifest = image(OCI_MANIFEST);
    manifest["subject"] = descriptor(OCI_MANIFEST, "not there yet");
    assert_snapshot!(wharf.ask(push("a", "about", &manifest)).await.show(), @"
    HTTP/1.1 201 Created
    location: http://wharf.test/v2/a/manifests/sha256:2193dd..
    docker-content-digest: sha256:2193dd..
    oci-subject: sha256:99d2a6..
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
}

/// Those who need no type get none: an artifact of nothing but annotations.
#[tokio::test]
async fn a_manifest_keeps_its_very_bytes() {
    let wharf = Wharf::start().await;
    wharf.push_blob("a", "{}").await;
    let empty = descriptor(EMPTY_JSON, "{}");
    let odd = format!(
        " {{\"annotations\": {{\"a\":\"\\u00fc\"}},\r\n\"schemaVersion\":2, \"layers\":[],\"config\":{empty}}} "
    );
    let request = Request::put("/v2/a/manifests/odd")
        .header("Content-Type", format!("{OCI_MANIFEST}; charset=utf-8"));
    assert_eq!(wharf.ask(request.body(&odd)).await.status, 201);
    let pulled = wharf.ask(Request::get("/v2/a/manifests/odd")).await;
    assert_eq!(
        (pulled.text(), pulled.header("Content-Type")),
        (odd.as_str(), Some(OCI_MANIFEST))
    );

    let untyped = json!({ "schemaVersion": 2, "config": empty, "layers": [] });
    assert_eq!(wharf.ask(push("a", "untyped", &untyped)).await.status, 201);
}
