//! `http.headers`

use http::header::CONTENT_LENGTH;
use wharf_http::{ResponseHeaderError, ResponseHeaders};
use wharf_spec::media_type::OCI_MANIFEST;

use crate::fixtures::{LAYER, image};
use crate::harness::{Setup, Wharf};
use crate::wire::Request;

async fn with(pairs: &[(&str, &str)]) -> Wharf {
    let mut setup = Setup::memory();
    setup.settings.headers = ResponseHeaders::new(pairs.iter().copied()).unwrap();
    setup.start().await
}

#[tokio::test]
async fn they_are_on_every_answer_of_the_api() {
    let wharf = with(&[
        ("X-Content-Type-Options", "nosniff"),
        ("Access-Control-Allow-Origin", "https://ui.test"),
        ("X-Many", "one"),
        ("X-Many", "two"),
    ])
    .await;
    let digest = wharf.push_blob("a", LAYER).await;
    for (request, status) in [
        (Request::get("/v2/"), 200),
        (Request::get("/v2/_catalog"), 200),
        (Request::get(&format!("/v2/a/blobs/{digest}")), 200),
        (Request::head(&format!("/v2/a/blobs/{digest}")), 200),
        (Request::post("/v2/a/blobs/uploads/"), 202),
        (Request::new("OPTIONS", "/v2/a/manifests/latest"), 200),
        (Request::get("/v2/a/manifests/absent"), 404),
        (Request::get("/v2/a/blobs/sha256:0"), 400),
        (Request::get("/v2/A/tags/list"), 400),
        (Request::put("/v2/_catalog").body(""), 405),
    ] {
        let response = wharf.ask(request).await;
        assert_eq!(response.status, status, "{}", response.head);
        assert_eq!(response.all("X-Content-Type-Options"), ["nosniff"]);
        assert_eq!(
            response.all("Access-Control-Allow-Origin"),
            ["https://ui.test"]
        );
        assert_eq!(response.all("X-Many"), ["one", "two"]);
    }
}

/// distribution: registry/handlers/app.go, `dispatcher`
#[tokio::test]
async fn they_are_on_nothing_else() {
    let wharf = with(&[("X-Own", "x")]).await;
    for (path, status) in [("/", 200), ("/v2", 301), ("/v2/a", 404), ("/nowhere", 404)] {
        let response = wharf.ask(Request::get(path)).await;
        assert_eq!(
            (response.status, response.header("X-Own")),
            (status, None),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_the_api_says_is_not_unsaid() {
    let wharf = with(&[
        ("Content-Type", "text/html"),
        ("Docker-Content-Digest", "sha256:0"),
        ("Docker-Distribution-Api-Version", "registry/9"),
        ("Cache-Control", "private"),
        ("Location", "https://other.test/"),
        ("Vary", "Origin"),
    ])
    .await;
    wharf.push_parts("a").await;
    let digest = wharf.push_manifest("a", "x", &image(OCI_MANIFEST)).await;
    let digest = digest.to_string();
    let manifest = wharf.ask(Request::get("/v2/a/manifests/x")).await;
    assert_eq!(manifest.all("Content-Type"), [OCI_MANIFEST]);
    assert_eq!(manifest.all("Docker-Content-Digest"), [&*digest]);
    assert_eq!(
        manifest.all("Docker-Distribution-Api-Version"),
        ["registry/2.0"]
    );
    assert_eq!(manifest.all("Cache-Control"), ["private"]);
    let mut vary = manifest.all("Vary");
    vary.sort_unstable();
    assert_eq!(vary, ["Accept", "Origin"]);
    let session = wharf.ask(Request::post("/v2/a/blobs/uploads/")).await;
    assert!(session.location().starts_with("/v2/a/blobs/uploads/"));
    assert_eq!(session.all("Location").len(), 1);
}

#[test]
fn what_cannot_be_sent_is_refused_with_the_reason() {
    let refused = |name, value| ResponseHeaders::new([(name, value)]).unwrap_err();
    for name in ["", "a b", "a:", "ü", "a\r\nb"] {
        assert_eq!(refused(name, "x"), ResponseHeaderError::Name(name.into()));
    }
    assert_eq!(
        refused("Content-Length", "7"),
        ResponseHeaderError::Connection(CONTENT_LENGTH)
    );
    for name in ["Transfer-Encoding", "CONNECTION", "Upgrade", "Trailer"] {
        let error = refused(name, "close");
        assert!(
            matches!(error, ResponseHeaderError::Connection(_)),
            "{error}"
        );
    }
    for value in ["a\r\nX-Evil: b", "a\nb", "\0", "a\u{7f}"] {
        let error = refused("X-Own", value);
        assert!(
            matches!(&error, ResponseHeaderError::Value { value: shown, .. } if shown == value),
            "{error}"
        );
    }
    let many: Vec<_> = (0..40_000).map(|number| format!("x-{number}")).collect();
    let many = many.iter().map(|name| (name.as_str(), "x"));
    assert_eq!(
        ResponseHeaders::new(many),
        Err(ResponseHeaderError::TooMany)
    );
    assert_eq!(ResponseHeaders::new([]), Ok(ResponseHeaders::default()));
}

#[tokio::test]
async fn values_are_sent_as_they_were_written() {
    let wharf = with(&[("X-Own", "  a, \"b\"; c=ü\t"), ("X-Empty", "")]).await;
    let response = wharf.ask(Request::get("/v2/")).await;
    assert_eq!(response.all("X-Own"), ["a, \"b\"; c=ü"]);
    assert_eq!(response.all("X-Empty"), [""]);
}
