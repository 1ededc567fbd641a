//! The happy paths, header by header.

mod blobs;
mod listings;
mod manifests;
mod referrers;
mod uploads;

use insta::assert_snapshot;

use crate::harness::Wharf;
use crate::wire::Request;

#[tokio::test]
async fn the_server_is_there_and_speaks_the_api() {
    let wharf = Wharf::start().await;
    assert_snapshot!(wharf.ask(Request::get("/v2/")).await.show(), @"
    HTTP/1.1 200 OK
    content-type: application/json
    docker-distribution-api-version: registry/2.0
    content-length: 2

    {}
    ");
    assert_snapshot!(wharf.ask(Request::head("/v2/")).await.show(), @"
    HTTP/1.1 200 OK
    content-type: application/json
    docker-distribution-api-version: registry/2.0
    content-length: 2
    ");
    assert_snapshot!(wharf.ask(Request::get("/")).await.show(), @"
    HTTP/1.1 200 OK
    cache-control: no-cache
    content-length: 0
    ");
    assert_snapshot!(wharf.ask(Request::head("/")).await.show(), @"
    HTTP/1.1 200 OK
    cache-control: no-cache
    content-length: 0
    ");
    assert_snapshot!(wharf.ask(Request::new("OPTIONS", "/v2/")).await.show(), @"
    HTTP/1.1 200 OK
    allow: DELETE, GET, HEAD, PATCH, POST, PUT
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
    assert_snapshot!(wharf.ask(Request::new("OPTIONS", "/v2/a/manifests/b")).await.show(), @"
    HTTP/1.1 200 OK
    allow: DELETE, GET, HEAD, PUT
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
}

/// distribution: `registry/handlers/app.go`, `apiBase` and `Alive` look at no method.
#[tokio::test]
async fn both_base_paths_answer_to_any_method() {
    let wharf = Wharf::start().await;
    for method in ["POST", "PUT", "PATCH", "DELETE", "BREW"] {
        for path in ["/v2/", "/"] {
            let response = wharf.ask(Request::new(method, path)).await;
            assert_eq!(response.status, 200, "{method} {path}: {}", response.show());
        }
    }
}

#[tokio::test]
async fn untidy_paths_lead_to_tidy_ones() {
    let wharf = Wharf::start().await;
    assert_snapshot!(wharf.ask(Request::get("/v2")).await.show(), @"
    HTTP/1.1 301 Moved Permanently
    location: /v2/
    docker-distribution-api-version: registry/2.0
    content-length: 0
    ");
    for (path, expect) in [
        ("//v2/", "/v2/"),
        ("/v2/_catalog/", "/v2/_catalog"),
        ("/v2//a/tags/list", "/v2/a/tags/list"),
        ("/v2/a/tags/list/", "/v2/a/tags/list"),
        ("/v2/a/../b/tags/list", "/v2/b/tags/list"),
        ("//evil.test/..", "/"),
        ("/%2fevil.test/v2/", "/evil.test/v2/"),
    ] {
        let response = wharf.ask(Request::get(path)).await;
        assert_eq!(
            (response.status, response.header("Location")),
            (301, Some(expect)),
            "{path}"
        );
    }
}

/// Go's router keeps it, and without it a page of a listing becomes the first one.
#[tokio::test]
async fn a_redirection_keeps_the_query() {
    let wharf = Wharf::start().await;
    let response = wharf
        .ask(Request::get("/v2/_catalog/?n=1&last=a%2Fb"))
        .await;
    assert_eq!(
        response.header("Location"),
        Some("/v2/_catalog?n=1&last=a%2Fb")
    );
}

/// distribution sets it before it looks at the path; some clients know a registry by it.
#[tokio::test]
async fn the_version_of_the_api_is_on_every_answer_below_v2() {
    let wharf = Wharf::start().await;
    let missing = format!("sha256:{}", "0".repeat(64));
    for path in [
        "/v2/",
        "/v2/_catalog",
        "/v2/_catalog?n=-1",
        "/v2/a/tags/list",
        "/v2/a/manifests/b",
        &format!("/v2/a/blobs/{missing}"),
        &format!("/v2/a/referrers/{missing}"),
        "/v2/a/blobs/uploads/nothing",
        "/v2/a/blobs/uploads/",
        "/v2",
        "/v2/a/tags/list/",
        "/v2/no/such/path",
        "/v2/A/tags/list",
        "/v2/a/blobs/sha256:0",
        "/v2/a/manifests/.b",
    ] {
        let response = wharf.ask(Request::get(path)).await;
        assert_eq!(
            response.all("Docker-Distribution-Api-Version"),
            ["registry/2.0"],
            "{path}: {}",
            response.show()
        );
    }
}
