//! Names, digests, tags and pages that are no such thing, and things that are not there.

use super::refused;
use crate::fixtures::{LAYER, sha256};
use crate::harness::Wharf;
use crate::wire::Request;

#[tokio::test]
async fn digests_that_are_none_are_refused() {
    let wharf = Wharf::start().await;
    let hex = "0".repeat(64);
    for digest in [
        "sha256:",
        "sha256:abc",
        "sha256:ABC",
        &format!("sha256:{}", "g".repeat(64)),
        &format!("sha256:{}", "A".repeat(64)),
        &format!("sha256:{hex}0"),
        &format!("sha512:{hex}"),
        &format!("md5:{}", "0".repeat(32)),
        &format!("sha384:{}", "0".repeat(96)),
        &format!("SHA256:{hex}"),
        &format!("sha256:{hex}:{hex}"),
        &format!(":{hex}"),
        "sha256:%00",
        "sha256:%22%0d%0a",
    ] {
        for noun in ["blobs", "manifests", "referrers"] {
            let path = format!("/v2/a/{noun}/{digest}");
            refused(&wharf, Request::get(&path), 400, &["DIGEST_INVALID"]).await;
        }
        let path = format!("/v2/a/blobs/uploads/?digest={digest}");
        refused(
            &wharf,
            Request::post(&path).body(LAYER),
            400,
            &["DIGEST_INVALID"],
        )
        .await;
        refused(&wharf, Request::post(&path), 400, &["DIGEST_INVALID"]).await;
    }
    for path in [
        "/v2/a/blobs/none",
        "/v2/a/referrers/latest",
        "/v2/a/blobs/uploads/?digest-algorithm=md5",
    ] {
        let request = if path.contains('?') {
            Request::post(path)
        } else {
            Request::get(path)
        };
        refused(&wharf, request, 400, &["DIGEST_INVALID"]).await;
    }
    let last = format!("/v2/a/referrers/{}?last=garbage", sha256(LAYER));
    refused(&wharf, Request::get(&last), 400, &["DIGEST_INVALID"]).await;
}

#[tokio::test]
async fn names_that_are_none_are_refused() {
    let wharf = Wharf::start().await;
    let longest = "a/".repeat(127) + "a";
    let digest = sha256(LAYER);
    assert_eq!(
        wharf
            .ask(Request::post(&format!("/v2/{longest}/blobs/uploads/")))
            .await
            .status,
        202
    );
    for name in [
        &format!("{longest}a"),
        "A",
        "a/B",
        "-a",
        "a-",
        "a..b",
        "a___b",
        "_catalog",
        "a%20b",
        "%C3%A4",
        "a%00b",
        "a%0Ab",
    ] {
        for path in [
            format!("/v2/{name}/tags/list"),
            format!("/v2/{name}/manifests/latest"),
            format!("/v2/{name}/blobs/{digest}"),
            format!("/v2/{name}/referrers/{digest}"),
            format!("/v2/{name}/blobs/uploads/x"),
        ] {
            refused(&wharf, Request::get(&path), 400, &["NAME_INVALID"]).await;
        }
        refused(
            &wharf,
            Request::post(&format!("/v2/{name}/blobs/uploads/")),
            400,
            &["NAME_INVALID"],
        )
        .await;
    }
}

#[tokio::test]
async fn tags_that_are_none_are_refused() {
    let wharf = Wharf::start().await;
    for tag in [
        &"a".repeat(129),
        ".a",
        "-a",
        "a%20b",
        "a%2Cb",
        "%C3%A4",
        "a@b",
        "a%00",
    ] {
        let path = format!("/v2/a/manifests/{tag}");
        refused(&wharf, Request::get(&path), 400, &["TAG_INVALID"]).await;
        refused(
            &wharf,
            Request::put(&path).body("{}"),
            400,
            &["TAG_INVALID"],
        )
        .await;
        refused(&wharf, Request::delete(&path), 400, &["TAG_INVALID"]).await;
    }
}

#[tokio::test]
async fn what_is_not_there_is_unknown() {
    let wharf = Wharf::start().await;
    let digest = sha256("absent");
    for path in ["latest".to_owned(), digest.to_string()]
        .map(|reference| format!("/v2/a/manifests/{reference}"))
    {
        refused(&wharf, Request::get(&path), 404, &["MANIFEST_UNKNOWN"]).await;
        refused(&wharf, Request::delete(&path), 404, &["MANIFEST_UNKNOWN"]).await;
    }
    let blob = format!("/v2/a/blobs/{digest}");
    refused(&wharf, Request::get(&blob), 404, &["BLOB_UNKNOWN"]).await;
    refused(&wharf, Request::delete(&blob), 404, &["BLOB_UNKNOWN"]).await;
    refused(
        &wharf,
        Request::get("/v2/a/tags/list"),
        404,
        &["NAME_UNKNOWN"],
    )
    .await;

    let upload = "/v2/a/blobs/uploads/0199e000-0000-7000-8000-000000000000";
    let done = format!("{upload}?digest={digest}");
    for request in [
        Request::get(upload),
        Request::patch(upload).body("a"),
        Request::put(&done).body("a"),
        Request::delete(upload),
    ] {
        refused(&wharf, request, 404, &["BLOB_UPLOAD_UNKNOWN"]).await;
    }
    for id in ["..%2f..", &"a".repeat(129), "a%00", "%20"] {
        let path = format!("/v2/a/blobs/uploads/{id}");
        let response = wharf.ask(Request::get(&path)).await;
        assert!(
            matches!(response.status, 301 | 400 | 404),
            "{path}: {}",
            response.show()
        );
    }
}

#[tokio::test]
async fn a_head_is_refused_without_a_body() {
    let wharf = Wharf::start().await;
    let mut client = wharf.connect().await;
    for (path, status) in [
        (format!("/v2/a/blobs/{}", sha256("absent")), 404),
        ("/v2/a/manifests/latest".to_owned(), 404),
        ("/v2/a/blobs/sha256:0".to_owned(), 400),
        ("/v2/_catalog".to_owned(), 405),
        ("/nowhere".to_owned(), 404),
    ] {
        assert_eq!(client.ask(Request::head(&path)).await.status, status);
    }
    assert_eq!(client.ask(Request::get("/v2/")).await.status, 200);
}

#[tokio::test]
async fn paths_that_lead_nowhere_are_not_found() {
    let wharf = Wharf::start().await;
    for path in [
        "/v1/",
        "/v2/a",
        "/v2/a/b/c",
        "/v2/manifests/latest",
        "/v2/tags/list",
        "/v2/a/tags/other",
        "/v2/blobs/uploads/",
        "/favicon.ico",
        "/v2/a/uploads/x",
        "/%ff",
        "/v2/%ff/tags/list",
        "*",
    ] {
        let response = wharf.ask(Request::get(path)).await;
        assert_eq!(
            (response.status, response.text()),
            (404, "404 page not found\n"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn pages_of_no_size_are_refused() {
    let wharf = Wharf::start().await;
    wharf.push_blob("a", LAYER).await;
    for n in ["-1", "x", "1.5", "99999999999999999999", "%2B-1", "1%00"] {
        for path in ["/v2/_catalog", "/v2/a/tags/list"] {
            refused(
                &wharf,
                Request::get(&format!("{path}?n={n}")),
                400,
                &["PAGINATION_NUMBER_INVALID"],
            )
            .await;
        }
    }
    refused(
        &wharf,
        Request::get("/v2/_catalog?n=1001"),
        400,
        &["PAGINATION_NUMBER_INVALID"],
    )
    .await;
}

/// As distribution does it, so that a client can show what it has sent.
#[tokio::test]
async fn a_size_that_is_refused_is_in_the_detail() {
    let wharf = Wharf::start().await;
    let response = wharf.ask(Request::get("/v2/_catalog?n=-1")).await;
    assert_eq!(response.json()["errors"][0]["detail"]["n"], "-1");
}
