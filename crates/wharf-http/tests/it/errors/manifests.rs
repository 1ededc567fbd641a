//! Manifests that are not taken.

use serde_json::{Value, json};
use wharf_registry::{MANIFEST_LIMIT, SparseManifests};
use wharf_spec::media_type::{
    DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED, OCI_CONFIG,
    OCI_INDEX, OCI_LAYER, OCI_MANIFEST,
};

use super::refused;
use crate::fixtures::{CONFIG, LAYER, descriptor, image, index, push, sha256};
use crate::harness::{Setup, Wharf};
use crate::wire::Request;

fn put(reference: &str, media_type: &str, body: &str) -> Request {
    Request::put(&format!("/v2/a/manifests/{reference}"))
        .header("Content-Type", media_type)
        .body(body)
}

/// The image with another value for a field.
fn with(field: &str, value: Value) -> String {
    let mut image = image(OCI_MANIFEST);
    image[field] = value;
    image.to_string()
}

#[tokio::test]
async fn what_is_no_manifest_is_refused() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    for body in [
        "",
        "{",
        "nonsense",
        "[]",
        "null",
        "{}",
        "\u{feff}{}",
        "{\"schemaVersion\":2}",
        &"[".repeat(100_000),
        &with("schemaVersion", json!(3)),
        &with("schemaVersion", json!("2")),
        &with("layers", json!({})),
        &with("config", json!({ "digest": "sha256:abc" })),
        &with("layers", json!([{ "digest": "../../etc/passwd" }])),
        &with("subject", json!({ "digest": "md5:00" })),
        &with("manifests", json!([])),
        &with("Config", json!({})),
        &image(OCI_MANIFEST)
            .to_string()
            .replace("\"config\":", "\"other\":"),
    ] {
        refused(
            &wharf,
            put("b", OCI_MANIFEST, body),
            400,
            &["MANIFEST_INVALID"],
        )
        .await;
    }
    let latin = [
        image(OCI_MANIFEST).to_string().into_bytes(),
        b"\xff".to_vec(),
    ]
    .concat();
    let request = Request::put("/v2/a/manifests/b").header("Content-Type", OCI_MANIFEST);
    refused(&wharf, request.body(latin), 400, &["MANIFEST_INVALID"]).await;
    assert_eq!(
        wharf.ask(Request::get("/v2/a/manifests/b")).await.status,
        404
    );
}

#[tokio::test]
async fn types_that_do_not_fit_are_refused() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let (oci, docker) = (
        image(OCI_MANIFEST).to_string(),
        image(DOCKER_MANIFEST).to_string(),
    );
    let schema1 =
        json!({ "schemaVersion": 1, "name": "a", "tag": "b", "fsLayers": [] }).to_string();
    for (media_type, body) in [
        ("application/json", &oci),
        ("application/octet-stream", &oci),
        ("text/html", &oci),
        ("garbage", &oci),
        (DOCKER_MANIFEST, &oci),
        (OCI_INDEX, &oci),
        (OCI_MANIFEST, &docker),
        (DOCKER_MANIFEST_LIST, &docker),
        (DOCKER_SCHEMA1, &schema1),
        (DOCKER_SCHEMA1_SIGNED, &schema1),
        (OCI_MANIFEST, &schema1),
        (OCI_INDEX, &with("mediaType", json!(OCI_INDEX))),
        (
            OCI_MANIFEST,
            &index(OCI_MANIFEST, OCI_MANIFEST, &oci).to_string(),
        ),
    ] {
        refused(
            &wharf,
            put("b", media_type, body),
            400,
            &["MANIFEST_INVALID"],
        )
        .await;
    }
}

#[tokio::test]
async fn everything_that_is_missing_is_named() {
    let wharf = Wharf::start().await;
    wharf.push_blob("other", LAYER).await;
    let mut manifest = image(OCI_MANIFEST);
    manifest["layers"] = json!([
        descriptor(OCI_LAYER, LAYER),
        descriptor(OCI_LAYER, "another")
    ]);
    let codes = ["MANIFEST_BLOB_UNKNOWN"; 3];
    let response = refused(&wharf, push("a", "b", &manifest), 400, &codes).await;
    let named: Vec<_> = response.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["detail"]["digest"].clone())
        .collect();
    assert_eq!(
        named,
        [CONFIG, LAYER, "another"].map(|content| json!(sha256(content)))
    );

    let of_nothing = index(OCI_INDEX, OCI_MANIFEST, "no such manifest");
    refused(
        &wharf,
        push("a", "b", &of_nothing),
        400,
        &["MANIFEST_BLOB_UNKNOWN"],
    )
    .await;
    let mut twice = image(OCI_MANIFEST);
    twice["config"] = descriptor(OCI_CONFIG, "absent");
    twice["layers"] = json!([descriptor(OCI_LAYER, "absent")]);
    refused(
        &wharf,
        push("a", "b", &twice),
        400,
        &["MANIFEST_BLOB_UNKNOWN"; 2],
    )
    .await;
}

#[tokio::test]
async fn what_may_be_missing_is_not_asked_for() {
    let mut setup = Setup::memory();
    setup.options.sparse = SparseManifests::All;
    let wharf = setup.start().await;
    wharf.push_manifest("a", "b", &image(OCI_MANIFEST)).await;
}

#[tokio::test]
async fn another_digest_is_refused() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let path = sha256("other").to_string();
    refused(
        &wharf,
        push("a", &path, &image(OCI_MANIFEST)),
        400,
        &["DIGEST_INVALID"],
    )
    .await;
}

#[tokio::test]
async fn more_tags_than_a_push_may_name_are_refused() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let manifest = image(OCI_MANIFEST);
    let digest = sha256(manifest.to_string());
    let many: String = (0..101).map(|at| format!("&tag=t{at}")).collect();
    refused(
        &wharf,
        push("a", &format!("{digest}?{many}"), &manifest),
        414,
        &["TAG_INVALID"],
    )
    .await;
    refused(
        &wharf,
        push("a", &format!("{digest}?tag=a&tag=.b"), &manifest),
        400,
        &["TAG_INVALID"],
    )
    .await;
    assert_eq!(
        wharf.ask(Request::get("/v2/a/manifests/a")).await.status,
        404,
        "all or nothing"
    );
}

/// OCI distribution-spec, "Pushing Manifests": 413, and 4 MiB have to be possible.
#[tokio::test]
async fn manifests_have_a_limit() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let padded = |size: usize| {
        let manifest = image(OCI_MANIFEST).to_string();
        " ".repeat(size - manifest.len()) + &manifest
    };
    let chunked = |size| {
        Request::put("/v2/a/manifests/b")
            .header("Content-Type", OCI_MANIFEST)
            .chunked(padded(size))
    };
    refused(
        &wharf,
        put("b", OCI_MANIFEST, &padded(MANIFEST_LIMIT + 1)),
        413,
        &["MANIFEST_INVALID"],
    )
    .await;
    refused(
        &wharf,
        chunked(MANIFEST_LIMIT + 1),
        413,
        &["MANIFEST_INVALID"],
    )
    .await;
    assert_eq!(
        wharf.ask(Request::get("/v2/a/manifests/b")).await.status,
        404
    );
    assert_eq!(
        wharf
            .ask(put("b", OCI_MANIFEST, &padded(MANIFEST_LIMIT)))
            .await
            .status,
        201
    );
    assert_eq!(wharf.ask(chunked(MANIFEST_LIMIT)).await.status, 201);
    let pulled = wharf.ask(Request::get("/v2/a/manifests/b")).await;
    assert!(pulled.text() == padded(MANIFEST_LIMIT));
}
