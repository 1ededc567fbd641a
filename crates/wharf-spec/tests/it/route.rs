//! Paths.

use bolero::check;
use proptest::prelude::*;
use wharf_spec::{Method, Prefix, PrefixError, Route, RouteError};

use crate::strategies;

#[test]
fn paths_lead_to_their_routes() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let encoded = digest.replace(':', "%3A");
    for (path, label, canonical) in [
        ("/", "root", "/"),
        ("/v2/", "base", "/v2/"),
        ("/v2/_catalog", "catalog", "/v2/_catalog"),
        ("/v2/a/b/tags/list", "tags", "/v2/a/b/tags/list"),
        ("/v2/a%2Fb/tags/list", "tags", "/v2/a/b/tags/list"),
        ("/%762/a/tags/list", "tags", "/v2/a/tags/list"),
        (
            "/v2/a/manifests/latest",
            "manifest",
            "/v2/a/manifests/latest",
        ),
        ("/v2/a/manifests/list", "manifest", "/v2/a/manifests/list"),
        (
            &format!("/v2/a/manifests/{encoded}"),
            "manifest",
            &format!("/v2/a/manifests/{digest}"),
        ),
        (
            &format!("/v2/a/blobs/{digest}"),
            "blob",
            &format!("/v2/a/blobs/{digest}"),
        ),
        (
            &format!("/v2/a/referrers/{digest}"),
            "referrers",
            &format!("/v2/a/referrers/{digest}"),
        ),
        (
            "/v2/a/blobs/uploads/",
            "blob_upload",
            "/v2/a/blobs/uploads/",
        ),
        ("/v2/a/blobs/uploads", "blob_upload", "/v2/a/blobs/uploads/"),
        (
            "/v2/a/blobs/uploads/x=1",
            "blob_upload_chunk",
            "/v2/a/blobs/uploads/x=1",
        ),
        // Names may contain the words of endpoints.
        (
            "/v2/blobs/uploads/blobs/uploads/",
            "blob_upload",
            "/v2/blobs/uploads/blobs/uploads/",
        ),
        ("/v2/tags/list/tags/list", "tags", "/v2/tags/list/tags/list"),
        (
            "/v2/a/manifests/manifests/tags",
            "manifest",
            "/v2/a/manifests/manifests/tags",
        ),
        (
            "/v2/a/blobs/uploads/manifests/x",
            "manifest",
            "/v2/a/blobs/uploads/manifests/x",
        ),
        (
            "/v2/manifests/blobs/uploads/x",
            "blob_upload_chunk",
            "/v2/manifests/blobs/uploads/x",
        ),
    ] {
        let route = Route::parse(path).unwrap();
        assert_eq!(
            (route.label(), &*route.to_string()),
            (label, canonical),
            "{path}"
        );
    }
}

#[test]
fn untidy_paths_are_redirected() {
    for (path, expect) in [
        ("/v2", "/v2/"),
        ("//", "/"),
        ("//v2", "/v2"),
        ("/v2//_catalog", "/v2/_catalog"),
        ("/v2/_catalog/", "/v2/_catalog"),
        ("/v2/a/tags/list/", "/v2/a/tags/list"),
        ("/v2/a/manifests/latest/", "/v2/a/manifests/latest"),
        ("/v2/a/blobs/uploads/x/", "/v2/a/blobs/uploads/x"),
        ("/v2/a/../b/./tags/list", "/v2/b/tags/list"),
        ("//evil.example/%0d%0aX:%20y", "/evil.example/%0D%0AX:%20y"),
        ("/%2f/a%25", "/a%25"),
    ] {
        assert_eq!(
            Route::parse(path),
            Err(RouteError::Redirect(expect.into())),
            "{path}"
        );
    }
}

#[test]
fn paths_without_a_route_are_told_apart() {
    for path in [
        "",
        "v2/",
        "*",
        "/v1/",
        "/v2a",
        "/health",
        "/v2/a",
        "/v2/a/tags",
        "/v2/tags/list",
        "/v2/manifests/x",
        "/v2/blobs/uploads/",
        "/v2/a/uploads/x",
        "/v2/a/tags/lists",
        "/v2/a/tags/list/x",
        "/v2/%ff/tags/list",
        "/v2/a/manifests/",
        "/v2/_catalog/x",
        "/v3/a/b/c",
    ] {
        assert_eq!(Route::parse(path), Err(RouteError::NotFound), "{path}");
    }
    let kind = |path: &str| match Route::parse(path).unwrap_err() {
        RouteError::Name(_) => "name",
        RouteError::Reference(_) => "reference",
        RouteError::Digest(_) => "digest",
        RouteError::UploadId(_) => "upload id",
        RouteError::NotFound | RouteError::Redirect(_) => "other",
    };
    let long = format!("/v2/{}/tags/list", "a".repeat(256));
    for (path, expect) in [
        ("/v2/A/tags/list", "name"),
        ("/v2/a%252fb/tags/list", "name"),
        ("/v2/A/manifests/-", "name"),
        (&long, "name"),
        ("/v2/a/manifests/-", "reference"),
        ("/v2/a/manifests/sha256:abc", "reference"),
        ("/v2/a/manifests/md5:abc", "reference"),
        ("/v2/a/blobs/latest", "digest"),
        ("/v2/a/blobs/sha256:abc", "digest"),
        ("/v2/a/referrers/sha256:abc", "digest"),
        ("/v2/a/blobs/uploads/.x", "upload id"),
        ("/v2/a/blobs/uploads/%00", "upload id"),
    ] {
        assert_eq!(kind(path), expect, "{path}");
    }
}

#[test]
fn every_route_says_what_may_be_done_there() {
    let allow = |path| {
        let names: Vec<_> = Route::parse(path)
            .unwrap()
            .methods()
            .iter()
            .map(|it| it.as_str())
            .collect();
        names.join(", ")
    };
    assert_eq!(allow("/v2/"), "DELETE, GET, HEAD, PATCH, POST, PUT");
    assert_eq!(allow("/v2/_catalog"), "GET");
    assert_eq!(allow("/v2/a/manifests/x"), "DELETE, GET, HEAD, PUT");
    assert_eq!(allow("/v2/a/blobs/uploads/"), "POST");
    assert_eq!(
        allow("/v2/a/blobs/uploads/x"),
        "DELETE, GET, HEAD, PATCH, PUT"
    );
    assert!(Method::ALL.is_sorted());
    for method in Method::ALL {
        assert_eq!(Method::parse(method.as_str()), Some(method));
    }
    assert_eq!(Method::parse("get"), None);
}

proptest! {
    #[test]
    fn routes_go_there_and_back(route in strategies::route()) {
        prop_assert_eq!(Route::parse(&route.to_string()), Ok(route));
    }
}

#[test]
fn fuzz_route() {
    check!()
        .with_type::<(u8, String)>()
        .for_each(|(prefix, text)| {
            let prefixes = [
                "",
                "/",
                "/v2/",
                "/v2/a/manifests/",
                "/v2/a/blobs/",
                "/v2/a/blobs/uploads/",
            ];
            let prefix = prefixes[usize::from(*prefix) % prefixes.len()];
            match Route::parse(&format!("{prefix}{text}")) {
                Ok(route) => assert_eq!(Route::parse(&route.to_string()), Ok(route)),
                Err(RouteError::Redirect(target)) => {
                    assert!(
                        target.starts_with('/') && !target.starts_with("//"),
                        "{target:?}"
                    );
                    assert!(
                        target.bytes().all(|byte| byte.is_ascii_graphic()),
                        "{target:?}"
                    );
                    let again = Route::parse(&target);
                    // At most `//v2` needs a second step, to `/v2` and then to `/v2/`.
                    if let Err(RouteError::Redirect(second)) = again {
                        assert!(!matches!(
                            Route::parse(&second),
                            Err(RouteError::Redirect(_))
                        ));
                    }
                }
                Err(_) => {}
            }
        });
}

#[test]
fn endpoints_are_below_the_prefix_alone() {
    let prefix: Prefix = "/sub/path/".parse().unwrap();
    for (path, label) in [
        ("/", "root"),
        ("/sub/path/v2/", "base"),
        ("/%73ub/path/v2/_catalog", "catalog"),
        ("/sub/path/v2/sub/path/v2/tags/list", "tags"),
        ("/sub/path/v2/a/blobs/uploads", "blob_upload"),
    ] {
        let route = Route::parse_with(&prefix, path).unwrap();
        assert_eq!(route.label(), label, "{path}");
    }
    for path in [
        "/v2/",
        "/v2",
        "/sub/path/",
        "/sub/path",
        "/sub/v2/",
        "/sub/pathv2/",
        "/sub/path2/v2/",
        "/SUB/path/v2/",
        "/x/sub/path/v2/",
        "/sub/path/sub/path/v2/",
        "sub/path/v2/",
    ] {
        let found = Route::parse_with(&prefix, path);
        assert_eq!(found, Err(RouteError::NotFound), "{path}");
    }
    for (path, target) in [
        ("/sub/path/v2", "/sub/path/v2/"),
        ("/sub/path/v2/_catalog/", "/sub/path/v2/_catalog"),
        ("/sub/path/v2/a/tags/list/", "/sub/path/v2/a/tags/list"),
        ("/sub//path/v2/", "/sub/path/v2/"),
        ("/sub/path/v2/a/../b/", "/sub/path/v2/b/"),
        ("//x", "/x"),
    ] {
        let found = Route::parse_with(&prefix, path);
        assert_eq!(found, Err(RouteError::Redirect(target.into())), "{path}");
    }
}

#[test]
fn prefixes_are_paths() {
    for (text, expect) in [
        ("", "/"),
        ("/", "/"),
        ("/path/", "/path/"),
        ("/path", "/path/"),
        ("/a/b-c_d.e~1/", "/a/b-c_d.e~1/"),
        ("/v2/", "/v2/"),
    ] {
        assert_eq!(
            text.parse::<Prefix>().unwrap().to_string(),
            expect,
            "{text}"
        );
    }
    for text in ["path/", "v2", " /path/", "https://a/"] {
        assert_eq!(
            text.parse::<Prefix>(),
            Err(PrefixError::NoSlash(text.into()))
        );
    }
    for text in [
        "/a b/", "/a%20b/", "/ü/", "/a?b/", "/a#/", "/a\r\nb/", "/{a}/", "/a&b/",
    ] {
        assert_eq!(
            text.parse::<Prefix>(),
            Err(PrefixError::Character(text.into()))
        );
    }
    for text in ["//", "/a//b/", "/a//", "/./", "/a/../", "/.."] {
        assert_eq!(
            text.parse::<Prefix>(),
            Err(PrefixError::Component(text.into()))
        );
    }
}
