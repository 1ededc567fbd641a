//! `/v2/<name>/_wharfinger/tags/<tag>`

use wharf_spec::media_type::{DOCKER_MANIFEST, OCI_MANIFEST};

use super::told;
use crate::fixtures::{image, sha256};
use crate::harness::Wharf;
use crate::wire::Request;

const PATH: &str = "/v2/a/_wharfinger/tags/x";

#[tokio::test]
async fn a_tag_goes_back_to_what_it_has_pointed_to() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let old = wharf.push_manifest("a", "x", &image(OCI_MANIFEST)).await;
    let new = wharf.push_manifest("a", "x", &image(DOCKER_MANIFEST)).await;
    let history = told(&wharf, Request::get(PATH), 200).await;
    assert_eq!(
        (&history["name"], &history["tag"]),
        (&"a".into(), &"x".into())
    );
    assert_eq!(history["more"], 0);
    let digests: Vec<_> = history["history"].as_array().unwrap().iter().collect();
    assert_eq!(digests.len(), 2);
    for (past, digest, is_current) in [(digests[0], new, true), (digests[1], old, false)] {
        assert_eq!(past["digest"], digest.to_string());
        assert_eq!(
            (&past["is_current"], &past["is_there"]),
            (&is_current.into(), &true.into())
        );
    }

    let restored = wharf
        .ask(Request::put(&format!("{PATH}?digest={old}")).body(""))
        .await;
    assert_eq!(restored.status, 201, "{}", restored.show());
    let digest = old.to_string();
    assert_eq!(
        restored.header("Docker-Content-Digest"),
        Some(digest.as_str())
    );
    assert!(
        restored
            .location()
            .ends_with(&format!("/v2/a/manifests/{old}"))
    );
    let pulled = wharf.ask(Request::get("/v2/a/manifests/x")).await;
    assert_eq!(
        pulled.header("Docker-Content-Digest"),
        Some(digest.as_str())
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_restored() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    wharf.push_manifest("a", "x", &image(OCI_MANIFEST)).await;
    let absent = sha256("absent");
    for (request, code) in [
        (
            Request::get("/v2/a/_wharfinger/tags/absent"),
            "MANIFEST_UNKNOWN",
        ),
        (Request::get("/v2/b/_wharfinger/tags/x"), "MANIFEST_UNKNOWN"),
        (Request::put(PATH).body(""), "DIGEST_INVALID"),
        (
            Request::put(&format!("{PATH}?digest=sha256:1")).body(""),
            "DIGEST_INVALID",
        ),
        (
            Request::put(&format!("{PATH}?digest={absent}")).body(""),
            "MANIFEST_UNKNOWN",
        ),
    ] {
        let refused = wharf.ask(request).await;
        assert_eq!(refused.codes(), [code], "{}", refused.show());
    }
}
