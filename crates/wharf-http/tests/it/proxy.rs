//! `Location` and `Link` as the client sees the registry, behind proxies or not
//! (distribution: `registry/api/v2/urls.go`).

use wharf_http::LocationStyle;

use crate::fixtures::LAYER;
use crate::harness::{Setup, Wharf};
use crate::wire::Request;

/// Scheme and host of the `Location` of an upload that is started with these headers.
async fn base(wharf: &Wharf, headers: &[(&str, &str)]) -> String {
    let request = Request::post("/v2/a/blobs/uploads/");
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    });
    let response = wharf.ask(request).await;
    assert_eq!(response.status, 202);
    let location = response.header("Location").unwrap();
    location
        .split_once("/v2/a/blobs/uploads/")
        .unwrap()
        .0
        .to_owned()
}

const PROTO: &str = "X-Forwarded-Proto";
const HOST: &str = "X-Forwarded-Host";

#[tokio::test]
async fn the_origin_is_the_one_that_the_client_used() {
    let wharf = Wharf::start().await;
    for (headers, expect) in [
        (&[][..], "http://wharf.test"),
        (&[(PROTO, "https")], "https://wharf.test"),
        (&[(HOST, "front.test:8443")], "http://front.test:8443"),
        (
            &[(PROTO, "https"), (HOST, "front.test")],
            "https://front.test",
        ),
        (
            &[(PROTO, "https, http"), (HOST, "front.test, inner.test")],
            "https://front.test",
        ),
        (&[(HOST, "[2001:db8::1]:5000")], "http://[2001:db8::1]:5000"),
        (
            &[("Forwarded", "proto=https;host=front.test")],
            "https://front.test",
        ),
        (
            &[(
                "Forwarded",
                "For=\"[2001:db8::1]\"; Proto=https; Host=\"front.test:8443\"",
            )],
            "https://front.test:8443",
        ),
        (
            &[(
                "Forwarded",
                "proto=https;host=front.test, proto=http;host=inner.test",
            )],
            "https://front.test",
        ),
        (
            &[("Forwarded", "for=192.0.2.1"), (PROTO, "https")],
            "http://wharf.test",
        ),
        (
            &[("Forwarded", "host=front.test"), (HOST, "other.test")],
            "http://front.test",
        ),
        (
            &[("X-Forwarded-Port", "8443"), ("X-Forwarded-Prefix", "/x")],
            "http://wharf.test",
        ),
    ] {
        assert_eq!(base(&wharf, headers).await, expect, "{headers:?}");
    }
}

#[tokio::test]
async fn what_is_no_origin_is_ignored() {
    let wharf = Wharf::start().await;
    for hostile in [
        "a b",
        "a\"b",
        "a/b",
        "a<b>",
        "u@a",
        "a?b",
        "a#b",
        "a\\b",
        "a\tb",
        "",
        " ",
        ",evil.test",
        "caf\u{e9}.test",
    ] {
        for name in [HOST, PROTO] {
            assert_eq!(
                base(&wharf, &[(name, hostile)]).await,
                "http://wharf.test",
                "{name} {hostile:?}"
            );
        }
    }
    assert_eq!(
        base(&wharf, &[(HOST, &"a".repeat(300))]).await,
        "http://wharf.test"
    );
    for hostile in [
        "host=a b",
        "host=\"a b\"",
        "host=\"a\\\"b\"",
        "host=\"evil",
        "garbage",
        "proto=\"ht tp\"",
        "host==a",
        ", host=evil.test",
    ] {
        assert_eq!(
            base(&wharf, &[("Forwarded", hostile)]).await,
            "http://wharf.test",
            "{hostile:?}"
        );
    }
}

/// Nothing else can be fetched from a registry.
#[tokio::test]
async fn other_schemes_are_ignored() {
    let wharf = Wharf::start().await;
    for scheme in ["javascript", "file", "ftp", &"a".repeat(300)] {
        assert_eq!(base(&wharf, &[(PROTO, scheme)]).await, "http://wharf.test");
    }
    assert_eq!(
        base(&wharf, &[(PROTO, "HTTPS")]).await.to_lowercase(),
        "https://wharf.test"
    );
}

#[tokio::test]
async fn every_location_has_the_origin() {
    let wharf = Wharf::start().await;
    let digest = wharf.push_blob("a", LAYER).await;
    let upload = wharf.start_upload("a").await;
    for request in [
        Request::post(&format!("/v2/b/blobs/uploads/?mount={digest}&from=a")),
        Request::post(&format!("/v2/b/blobs/uploads/?digest={digest}")).body(LAYER),
        Request::get(&upload),
        Request::patch(&upload).body(LAYER),
        Request::patch(&upload)
            .header("Content-Range", "0-0")
            .body("a"),
        Request::put(&format!("{upload}?digest={digest}")),
    ] {
        let response = wharf
            .ask(request.header(PROTO, "https").header(HOST, "front.test"))
            .await;
        let location = response.header("Location").unwrap();
        assert!(
            location.starts_with("https://front.test/v2/"),
            "{}",
            response.show()
        );
    }
}

#[tokio::test]
async fn a_location_may_be_relative() {
    let mut setup = Setup::memory();
    setup.settings.locations = LocationStyle::Relative;
    let wharf = setup.start().await;
    assert_eq!(base(&wharf, &[]).await, "");
    assert_eq!(
        base(&wharf, &[(PROTO, "https"), (HOST, "front.test")]).await,
        ""
    );
}

/// A client of HTTP/1.0 need not say which host it means.
#[tokio::test]
async fn without_a_host_a_location_is_relative() {
    let wharf = Wharf::start().await;
    for host in ["", "Host:\r\n"] {
        let mut client = wharf.connect().await;
        client
            .send(format!("POST /v2/a/blobs/uploads/ HTTP/1.0\r\n{host}\r\n"))
            .await;
        let response = client.response().await;
        assert!(
            response
                .header("Location")
                .unwrap()
                .starts_with("/v2/a/blobs/uploads/"),
            "{}",
            response.show()
        );
    }
}

#[tokio::test]
async fn links_and_redirections_are_right_behind_any_proxy() {
    let wharf = Wharf::start().await;
    wharf.push_parts("a").await;
    let manifest = crate::fixtures::image(wharf_spec::media_type::OCI_MANIFEST);
    for tag in ["b", "c"] {
        wharf.push_manifest("a", tag, &manifest).await;
    }
    let behind = |path: &str| {
        Request::get(path)
            .header(PROTO, "https")
            .header(HOST, "front.test")
    };
    let page = wharf.ask(behind("/v2/a/tags/list?n=1")).await;
    assert_eq!(
        page.header("Link"),
        Some("</v2/a/tags/list?last=b&n=1>; rel=\"next\"")
    );
    assert_eq!(
        wharf.ask(behind("/v2")).await.header("Location"),
        Some("/v2/")
    );
}
