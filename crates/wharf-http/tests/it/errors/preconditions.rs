//! What is only to be done if the state is still the one that the client knows (RFC 9110,
//! section 13): a server MUST NOT do it otherwise.

use wharf_spec::media_type::OCI_MANIFEST;

use crate::fixtures::{LAYER, image, push};
use crate::harness::Wharf;
use crate::wire::Request;

#[tokio::test]
async fn a_blob_that_is_another_is_not_sent() {
    let wharf = Wharf::start().await;
    let digest = wharf.push_blob("a", LAYER).await;
    let path = format!("/v2/a/blobs/{digest}");
    for (condition, status) in [
        (format!("\"{digest}\""), 200),
        (format!("\"other\", \"{digest}\""), 200),
        ("*".to_owned(), 200),
        ("\"other\"".to_owned(), 412),
        (format!("W/\"{digest}\""), 412),
    ] {
        for request in [Request::get(&path), Request::head(&path)] {
            assert_eq!(
                wharf
                    .ask(request.header("If-Match", &condition))
                    .await
                    .status,
                status,
                "{condition}"
            );
        }
    }
}

/// Two clients that add to the same index must not lose each other's additions.
#[tokio::test]
async fn a_tag_that_has_moved_is_not_moved_again() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let mut manifest = image(OCI_MANIFEST);
    let first = wharf.push_manifest("a", "latest", &manifest).await;
    manifest["annotations"] = serde_json::json!({ "second": "one" });
    let second = wharf.push_manifest("a", "latest", &manifest).await;
    manifest["annotations"] = serde_json::json!({ "third": "one" });
    let update = |condition: &str| push("a", "latest", &manifest).header("If-Match", condition);
    assert_eq!(wharf.ask(update(&format!("\"{first}\""))).await.status, 412);
    let delete =
        Request::delete("/v2/a/manifests/latest").header("If-Match", format!("\"{first}\""));
    assert_eq!(wharf.ask(delete).await.status, 412);
    let found = wharf.ask(Request::get("/v2/a/manifests/latest")).await;
    assert_eq!(
        found.header("Docker-Content-Digest"),
        Some(second.to_string().as_str())
    );
    assert_eq!(
        wharf.ask(update(&format!("\"{second}\""))).await.status,
        201
    );
}

#[tokio::test]
async fn a_tag_that_must_be_new_is_not_moved() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let create = || push("a", "latest", &image(OCI_MANIFEST)).header("If-None-Match", "*");
    assert_eq!(wharf.ask(create()).await.status, 201);
    assert_eq!(wharf.ask(create()).await.status, 412);
}
