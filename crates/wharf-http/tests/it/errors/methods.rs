//! What cannot be done there.

use wharf_registry::Deletion;
use wharf_spec::media_type::OCI_MANIFEST;

use super::{is_in_the_words_of_the_api, refused};
use crate::fixtures::{LAYER, image, sha256};
use crate::harness::{Setup, Wharf};
use crate::wire::Request;

/// RFC 9110, section 15.5.6: a 405 says what is allowed.
#[tokio::test]
async fn other_methods_are_refused_with_those_that_are_allowed() {
    let wharf = Wharf::start().await;
    let digest = sha256(LAYER);
    let all = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "BREW", "get", "TRACE", "PROPFIND",
    ];
    for (path, allowed) in [
        ("/v2/_catalog".to_owned(), "GET"),
        ("/v2/a/tags/list".to_owned(), "GET"),
        (
            "/v2/a/manifests/latest".to_owned(),
            "DELETE, GET, HEAD, PUT",
        ),
        (
            format!("/v2/a/manifests/{digest}"),
            "DELETE, GET, HEAD, PUT",
        ),
        (format!("/v2/a/blobs/{digest}"), "DELETE, GET, HEAD"),
        ("/v2/a/blobs/uploads/".to_owned(), "POST"),
        (
            "/v2/a/blobs/uploads/x".to_owned(),
            "DELETE, GET, HEAD, PATCH, PUT",
        ),
    ] {
        for method in all
            .into_iter()
            .filter(|method| !allowed.split(", ").any(|allowed| allowed == *method))
        {
            let response = wharf.ask(Request::new(method, &path)).await;
            assert_eq!(
                (response.status, response.header("Allow")),
                (405, Some(allowed)),
                "{method} {path}"
            );
            if method != "HEAD" {
                assert_eq!(response.codes(), ["UNSUPPORTED"]);
                is_in_the_words_of_the_api(&response);
            }
        }
    }
}

#[tokio::test]
async fn what_is_allowed_is_told_to_those_who_ask() {
    let wharf = Wharf::start().await;
    let response = wharf
        .ask(Request::new("OPTIONS", "/v2/a/blobs/uploads/x"))
        .await;
    assert_eq!(
        (response.status, response.header("Allow")),
        (200, Some("DELETE, GET, HEAD, PATCH, PUT"))
    );
}

/// A server that keeps everything, with one image.
async fn keeping() -> (Wharf, [String; 3]) {
    let mut setup = Setup::memory();
    setup.options.deletion = Deletion::Disabled;
    let wharf = setup.start().await;
    wharf.push_parts("a").await;
    let digest = wharf
        .push_manifest("a", "latest", &image(OCI_MANIFEST))
        .await;
    let references = ["latest".to_owned(), digest.to_string()];
    let [tag, manifest] = references.map(|reference| format!("/v2/a/manifests/{reference}"));
    (
        wharf,
        [tag, manifest, format!("/v2/a/blobs/{}", sha256(LAYER))],
    )
}

#[tokio::test]
async fn nothing_is_deleted_when_deletion_is_off() {
    let (wharf, paths) = keeping().await;
    for path in paths {
        refused(&wharf, Request::delete(&path), 405, &["UNSUPPORTED"]).await;
        assert_eq!(wharf.ask(Request::get(&path)).await.status, 200);
    }
    let absent = format!("/v2/a/blobs/{}", sha256("absent"));
    refused(&wharf, Request::delete(&absent), 405, &["UNSUPPORTED"]).await;
    let upload = wharf.start_upload("a").await;
    assert_eq!(
        wharf.ask(Request::delete(&upload)).await.status,
        204,
        "an upload is not stored yet"
    );
}

/// RFC 9110, section 15.5.6: every 405 says what is allowed.
#[tokio::test]
async fn a_refused_deletion_is_told_what_is_allowed() {
    let (wharf, [tag, manifest, blob]) = keeping().await;
    for (path, allowed) in [
        (tag, "GET, HEAD, PUT"),
        (manifest, "GET, HEAD, PUT"),
        (blob, "GET, HEAD"),
    ] {
        let response = wharf.ask(Request::delete(&path)).await;
        assert_eq!(
            (response.status, response.header("Allow")),
            (405, Some(allowed)),
            "{path}"
        );
    }
}
