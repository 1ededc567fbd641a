//! `http.prefix`, with and without a proxy in front.

use serde_json::json;
use wharf_http::LocationStyle;
use wharf_spec::media_type::{OCI_INDEX, OCI_MANIFEST};

use super::{next_page, with_headers};
use crate::fixtures::{CONFIG, LAYER, descriptor, image, sha256};
use crate::harness::{Setup, Wharf};
use crate::wire::{Request, Response};

async fn below(prefix: &str) -> Wharf {
    with_style(prefix, LocationStyle::Absolute).await
}

async fn with_style(prefix: &str, locations: LocationStyle) -> Wharf {
    let mut setup = Setup::memory();
    setup.settings.prefix = prefix.parse().unwrap();
    setup.settings.locations = locations;
    setup.start().await
}

/// Pushes an image as clients do, who go where `Location` says; returns all of these.
async fn push(wharf: &Wharf, prefix: &str, headers: &[(&str, &str)]) -> Vec<String> {
    let mut locations = Vec::new();
    for blob in [CONFIG, LAYER] {
        let mut go_on = Request::post(&format!("{prefix}v2/a/blobs/uploads/"));
        for step in ["patch", "put", "done"] {
            let response = wharf.ask(with_headers(go_on, headers)).await;
            assert!(response.status < 300, "{}", response.head);
            locations.push(response.header("Location").unwrap().to_owned());
            let path = response.location();
            go_on = match step {
                "patch" => Request::patch(&path).body(blob),
                "put" => Request::put(&format!("{path}?digest={}", sha256(blob))).body(""),
                _ => Request::get(&path),
            };
        }
        let blob_again = wharf.ask(with_headers(go_on, headers)).await;
        assert_eq!((blob_again.status, blob_again.text()), (200, blob));
    }
    let manifest = image(OCI_MANIFEST).to_string();
    for tag in ["one", "two"] {
        let put = Request::put(&format!("{prefix}v2/a/manifests/{tag}"))
            .header("Content-Type", OCI_MANIFEST)
            .body(&manifest);
        let response = wharf.ask(with_headers(put, headers)).await;
        assert_eq!(response.status, 201, "{}", response.head);
        locations.push(response.header("Location").unwrap().to_owned());
        let pull = Request::get(&response.location());
        let pulled = wharf.ask(with_headers(pull, headers)).await;
        assert_eq!((pulled.status, pulled.text()), (200, &*manifest));
    }
    locations
}

#[tokio::test]
async fn nothing_but_the_root_is_outside_the_prefix() {
    let wharf = below("/sub/path/").await;
    let alive = wharf.ask(Request::get("/")).await;
    assert_eq!((alive.status, alive.text()), (200, ""));
    let base = wharf.ask(Request::get("/sub/path/v2/")).await;
    assert_eq!((base.status, base.text()), (200, "{}"));
    for path in [
        "/v2/",
        "/v2",
        "/v2/_catalog",
        "/sub/path/",
        "/sub/path",
        "/sub/v2/",
        "/sub/pathv2/",
        "/other/v2/",
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
async fn who_is_sent_elsewhere_stays_below_the_prefix() {
    let wharf = below("/sub/path/").await;
    for (path, to) in [
        ("/sub/path/v2", "/sub/path/v2/"),
        ("/sub/path/v2?a=b", "/sub/path/v2/?a=b"),
        ("/sub/path/v2/_catalog/?n=1", "/sub/path/v2/_catalog?n=1"),
        ("/sub//path/v2/", "/sub/path/v2/"),
    ] {
        let response = wharf.ask(Request::get(path)).await;
        assert_eq!(
            (response.status, response.header("Location")),
            (301, Some(to)),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_image_is_pushed_and_pulled_below_the_prefix() {
    for prefix in ["/sub/", "/sub/path/", "/v2/", "/v2/v2/"] {
        let wharf = below(prefix).await;
        for location in push(&wharf, prefix, &[]).await {
            let start = format!("http://wharf.test{prefix}v2/a/");
            assert!(location.starts_with(&start), "{prefix}: {location}");
        }
    }
}

/// nginx in its tutorials: `proxy_pass http://registry:5000;` with the headers below.
#[tokio::test]
async fn behind_a_proxy_that_keeps_the_path_both_origin_and_prefix_are_the_clients() {
    let wharf = below("/sub/").await;
    for headers in [
        &[
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "front.test:8443"),
        ][..],
        &[("Forwarded", "proto=https;host=\"front.test:8443\"")],
    ] {
        for location in push(&wharf, "/sub/", headers).await {
            assert!(
                location.starts_with("https://front.test:8443/sub/v2/a/"),
                "{location}"
            );
        }
    }
}

/// distribution loses the prefix here, so that no push succeeds.
#[tokio::test]
async fn a_relative_location_keeps_the_prefix() {
    let wharf = with_style("/sub/", LocationStyle::Relative).await;
    let headers = [("X-Forwarded-Host", "front.test")];
    for location in push(&wharf, "/sub/", &headers).await {
        assert!(location.starts_with("/sub/v2/a/"), "{location}");
    }
}

#[tokio::test]
async fn the_way_to_the_next_page_has_the_prefix() {
    for style in [LocationStyle::Absolute, LocationStyle::Relative] {
        let wharf = with_style("/sub/", style).await;
        push(&wharf, "/sub/", &[]).await;
        let first = wharf.ask(Request::get("/sub/v2/a/tags/list?n=1")).await;
        let next = next_page(&first).unwrap();
        assert_eq!(next, "/sub/v2/a/tags/list?last=one&n=1");
        let second = wharf.ask(Request::get(next)).await;
        assert_eq!(second.text(), "{\"name\":\"a\",\"tags\":[\"two\"]}\n");

        let put = Request::put("/sub/v2/b/manifests/x")
            .header("Content-Type", "application/vnd.oci.image.index.v1+json")
            .body(r#"{"schemaVersion":2,"manifests":[]}"#);
        assert_eq!(wharf.ask(put).await.status, 201);
        let first = wharf.ask(Request::get("/sub/v2/_catalog?n=1")).await;
        let next = next_page(&first).unwrap();
        assert_eq!(next, "/sub/v2/_catalog?last=a&n=1");
        let second = wharf.ask(Request::get(next)).await;
        assert_eq!(second.text(), "{\"repositories\":[\"b\"]}\n");
    }
}

/// A page of referrers has four mebibytes at most.
#[tokio::test]
async fn the_way_to_more_referrers_has_the_prefix() {
    let wharf = below("/sub/").await;
    let subject = sha256("subject");
    for number in 0..3 {
        let referrer = json!({
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [],
            "subject": descriptor(OCI_INDEX, "subject"),
            "annotations": { "large": "x".repeat(3 << 19), "number": number.to_string() },
        });
        let put = Request::put(&format!("/sub/v2/a/manifests/{number}"))
            .header("Content-Type", OCI_INDEX)
            .body(referrer.to_string());
        assert_eq!(wharf.ask(put).await.status, 201);
    }
    let path = format!("/sub/v2/a/referrers/{subject}");
    let first = wharf.ask(Request::get(&path)).await;
    let next = next_page(&first).unwrap();
    assert!(next.starts_with(&format!("{path}?last=")), "{next}");
    let second = wharf.ask(Request::get(next)).await;
    let count = |page: &Response| page.json()["manifests"].as_array().unwrap().len();
    assert_eq!(count(&first) + count(&second), 3);
}
