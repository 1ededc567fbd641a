//! `http.host`: the operator says where the registry is.

use wharf_http::LocationStyle;

use super::{next_page, with_headers};
use crate::fixtures::{LAYER, sha256};
use crate::harness::{Setup, Wharf};
use crate::wire::Request;

async fn at(url: &str, prefix: &str) -> Wharf {
    let mut setup = Setup::memory();
    setup.settings.prefix = prefix.parse().unwrap();
    setup.settings.locations = LocationStyle::Fixed(url.parse().unwrap());
    setup.start().await
}

#[tokio::test]
async fn every_location_is_below_it_whatever_proxies_say() {
    let headers = [
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Host", "other.test"),
        ("Forwarded", "proto=http;host=other.test"),
    ];
    for (url, base) in [
        ("https://front.test", "https://front.test/v2/a/"),
        ("http://front.test:8080/", "http://front.test:8080/v2/a/"),
        ("https://front.test/sub/", "https://front.test/sub/v2/a/"),
    ] {
        let wharf = at(url, "/").await;
        let digest = sha256(LAYER);
        let session = Request::post("/v2/a/blobs/uploads/");
        let session = wharf.ask(with_headers(session, &headers)).await;
        let upload = session.header("Location").unwrap();
        let upload = upload
            .strip_prefix(base)
            .unwrap_or_else(|| panic!("{upload}"));
        let upload = format!("/v2/a/{upload}");
        for request in [
            Request::get(&upload),
            Request::patch(&upload).body(LAYER),
            Request::put(&format!("{upload}?digest={digest}")).body(""),
            Request::post(&format!("/v2/a/blobs/uploads/?mount={digest}")),
            Request::post(&format!("/v2/a/blobs/uploads/?digest={digest}")).body(LAYER),
        ] {
            let response = wharf.ask(with_headers(request, &headers)).await;
            assert!(response.status < 300, "{}", response.head);
            let location = response.header("Location").unwrap();
            assert!(location.starts_with(base), "{}", response.head);
        }
    }
}

/// As distribution does: the proxy in front is expected to add it.
#[tokio::test]
async fn the_prefix_is_not_added_to_it() {
    let wharf = at("https://front.test/outer/", "/inner/").await;
    let session = wharf.ask(Request::post("/inner/v2/a/blobs/uploads/")).await;
    let location = session.header("Location").unwrap();
    assert!(
        location.starts_with("https://front.test/outer/v2/a/blobs/uploads/"),
        "{location}"
    );
}

/// The client resolves the path against the URL it asked, which is below `outer`.
#[tokio::test]
async fn the_next_page_is_below_its_path() {
    let wharf = at("https://front.test/outer/", "/inner/").await;
    for tag in ["one", "two"] {
        let put = Request::put(&format!("/inner/v2/a/manifests/{tag}"))
            .header("Content-Type", "application/vnd.oci.image.index.v1+json")
            .body(r#"{"schemaVersion":2,"manifests":[]}"#);
        assert_eq!(wharf.ask(put).await.status, 201);
    }
    let first = wharf.ask(Request::get("/inner/v2/a/tags/list?n=1")).await;
    assert_eq!(
        next_page(&first),
        Some("/outer/v2/a/tags/list?last=one&n=1")
    );
}
