//! `/v2/_catalog` and `/v2/<name>/tags/list`

use insta::assert_snapshot;
use wharf_spec::media_type::OCI_MANIFEST;

use crate::fixtures::image;
use crate::harness::Wharf;
use crate::wire::{Request, Response};

async fn stocked() -> Wharf {
    let wharf = Wharf::start().await;
    for name in ["b", "a/c", "a"] {
        wharf.push_parts(name).await;
        wharf
            .push_manifest(name, "latest", &image(OCI_MANIFEST))
            .await;
    }
    for tag in ["b", "Z", "a.1", "_x"] {
        wharf.push_manifest("a", tag, &image(OCI_MANIFEST)).await;
    }
    wharf
}

/// Follows `Link` to the end; returns the texts of all pages.
async fn pages(wharf: &Wharf, path: &str) -> Vec<String> {
    let mut pages = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = wharf.ask(Request::get(&path)).await;
        assert_eq!(page.status, 200, "{path}: {}", page.show());
        next = link(&page);
        pages.push(page.text().trim_end().to_owned());
    }
    pages
}

/// RFC 8288: where the next page is.
fn link(page: &Response) -> Option<String> {
    let link = page.header("Link")?;
    Some(
        link.strip_prefix('<')
            .unwrap()
            .strip_suffix(">; rel=\"next\"")
            .unwrap()
            .to_owned(),
    )
}

#[tokio::test]
async fn the_catalog_is_listed_page_by_page() {
    let wharf = stocked().await;
    assert_snapshot!(wharf.ask(Request::get("/v2/_catalog")).await.show(), @r#"
    HTTP/1.1 200 OK
    content-type: application/json
    docker-distribution-api-version: registry/2.0
    content-length: 33

    {"repositories":["a","a/c","b"]}
    "#);
    assert_snapshot!(wharf.ask(Request::get("/v2/_catalog?n=2")).await.show(), @r#"
    HTTP/1.1 200 OK
    link: </v2/_catalog?last=a%2Fc&n=2>; rel="next"
    content-type: application/json
    docker-distribution-api-version: registry/2.0
    content-length: 29

    {"repositories":["a","a/c"]}
    "#);
    assert_snapshot!(wharf.ask(Request::get("/v2/_catalog?n=2&last=a%2Fc")).await.show(), @r#"
    HTTP/1.1 200 OK
    content-type: application/json
    docker-distribution-api-version: registry/2.0
    content-length: 23

    {"repositories":["b"]}
    "#);
    assert_snapshot!(wharf.ask(Request::get("/v2/_catalog?n=0")).await.show(), @r#"
    HTTP/1.1 200 OK
    content-type: application/json
    docker-distribution-api-version: registry/2.0
    content-length: 20

    {"repositories":[]}
    "#);
    assert_snapshot!(pages(&wharf, "/v2/_catalog?n=1").await.join("\n"), @r#"
    {"repositories":["a"]}
    {"repositories":["a/c"]}
    {"repositories":["b"]}
    "#);
    assert_snapshot!(pages(&wharf, "/v2/_catalog?last=zzz").await.join("\n"), @r#"{"repositories":[]}"#);
}

#[tokio::test]
async fn an_empty_registry_has_an_empty_catalog() {
    let wharf = Wharf::start().await;
    assert_eq!(
        wharf.ask(Request::get("/v2/_catalog")).await.text(),
        "{\"repositories\":[]}\n"
    );
}

#[tokio::test]
async fn tags_are_listed_page_by_page() {
    let wharf = stocked().await;
    assert_snapshot!(wharf.ask(Request::get("/v2/a/tags/list")).await.show(), @r#"
    HTTP/1.1 200 OK
    content-type: application/json
    docker-distribution-api-version: registry/2.0
    content-length: 50

    {"name":"a","tags":["Z","_x","a.1","b","latest"]}
    "#);
    assert_snapshot!(wharf.ask(Request::get("/v2/a/tags/list?n=2")).await.show(), @r#"
    HTTP/1.1 200 OK
    link: </v2/a/tags/list?last=_x&n=2>; rel="next"
    content-type: application/json
    docker-distribution-api-version: registry/2.0
    content-length: 31

    {"name":"a","tags":["Z","_x"]}
    "#);
    assert_snapshot!(wharf.ask(Request::get("/v2/a/tags/list?last=a.1")).await.show(), @r#"
    HTTP/1.1 200 OK
    content-type: application/json
    docker-distribution-api-version: registry/2.0
    content-length: 35

    {"name":"a","tags":["b","latest"]}
    "#);
    assert_snapshot!(wharf.ask(Request::get("/v2/a/tags/list?n=0")).await.show(), @r#"
    HTTP/1.1 200 OK
    content-type: application/json
    docker-distribution-api-version: registry/2.0
    content-length: 23

    {"name":"a","tags":[]}
    "#);
    assert_snapshot!(pages(&wharf, "/v2/a/tags/list?n=2").await.join("\n"), @r#"
    {"name":"a","tags":["Z","_x"]}
    {"name":"a","tags":["a.1","b"]}
    {"name":"a","tags":["latest"]}
    "#);
    assert_snapshot!(pages(&wharf, "/v2/a/tags/list?n=5&last=").await.join("\n"), @r#"{"name":"a","tags":["Z","_x","a.1","b","latest"]}"#);
    assert_snapshot!(pages(&wharf, "/v2/a/tags/list?n=1000000").await.join("\n"), @r#"{"name":"a","tags":["Z","_x","a.1","b","latest"]}"#);
    assert_snapshot!(wharf.ask(Request::get("/v2/a/c/tags/list")).await.show(), @r#"
    HTTP/1.1 200 OK
    content-type: application/json
    docker-distribution-api-version: registry/2.0
    content-length: 33

    {"name":"a/c","tags":["latest"]}
    "#);
}

/// As distribution ends them; `curl` leaves the prompt where it belongs.
#[tokio::test]
async fn lists_end_with_a_line_end() {
    let wharf = stocked().await;
    for path in ["/v2/_catalog", "/v2/a/tags/list"] {
        let list = wharf.ask(Request::get(path)).await;
        assert!(list.text().ends_with("]}\n"), "{}", list.show());
    }
}
