//! `catalog.maxentries` and `tags.maxtags`

use std::num::NonZeroUsize;

use serde_json::json;
use wharf_http::PageLimits;
use wharf_spec::media_type::OCI_INDEX;

use super::next_page;
use crate::harness::{Setup, Wharf};
use crate::wire::Request;

/// Six tags of `a`, and that many repositories beside it, in pages of so many at most.
async fn stocked(catalog: usize, tags: usize, repositories: usize) -> Wharf {
    let mut setup = Setup::memory();
    setup.settings.pages = PageLimits {
        catalog: NonZeroUsize::new(catalog).unwrap(),
        tags: NonZeroUsize::new(tags).unwrap(),
    };
    let wharf = setup.start().await;
    let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [] });
    for tag in 1..=6 {
        wharf.push_manifest("a", &tag.to_string(), &index).await;
    }
    for number in 1..=repositories {
        wharf
            .push_manifest(&format!("r{number:03}"), "x", &index)
            .await;
    }
    wharf
}

async fn listed(wharf: &Wharf, path: &str, field: &str) -> (usize, Option<String>) {
    let response = wharf.ask(Request::get(path)).await;
    assert_eq!(response.status, 200, "{path}: {}", response.text());
    let next = next_page(&response).map(str::to_owned);
    (response.json()[field].as_array().unwrap().len(), next)
}

#[tokio::test]
async fn a_larger_page_of_the_catalog_is_refused() {
    let wharf = stocked(3, 1000, 4).await;
    let next = |last: &str, n| Some(format!("/v2/_catalog?last={last}&n={n}"));
    for (path, expect) in [
        ("/v2/_catalog?n=2", (2, next("r001", 2))),
        ("/v2/_catalog?n=3", (3, next("r002", 3))),
        ("/v2/_catalog", (3, next("r002", 3))),
        ("/v2/_catalog?n=3&last=r002", (2, None)),
        ("/v2/_catalog?n=0", (0, None)),
    ] {
        assert_eq!(listed(&wharf, path, "repositories").await, expect, "{path}");
    }
    for n in [4, 1000, 100_000] {
        let path = format!("/v2/_catalog?n={n}");
        let response = wharf.ask(Request::get(&path)).await;
        assert_eq!(
            (response.status, response.codes()),
            (400, vec!["PAGINATION_NUMBER_INVALID".to_owned()])
        );
        assert_eq!(response.json()["errors"][0]["detail"]["n"], n);
    }
}

#[tokio::test]
async fn without_a_number_the_catalog_has_a_hundred() {
    let wharf = stocked(5000, 1000, 110).await;
    let (count, next) = listed(&wharf, "/v2/_catalog", "repositories").await;
    assert_eq!(count, 100);
    assert_eq!(next.as_deref(), Some("/v2/_catalog?last=r099&n=100"));
    let (count, next) = listed(&wharf, "/v2/_catalog?n=5000", "repositories").await;
    assert_eq!((count, next), (111, None));
}

/// OCI distribution-spec, "Listing Tags": fewer are allowed where a `Link` leads on. Version
/// 3.1.0 of distribution refused, which broke its users (distribution issue 4844).
#[tokio::test]
async fn a_larger_page_of_tags_is_cut() {
    let wharf = stocked(1000, 4, 0).await;
    let next = |last, n| Some(format!("/v2/a/tags/list?last={last}&n={n}"));
    for (path, expect) in [
        ("/v2/a/tags/list?n=2", (2, next(2, 2))),
        ("/v2/a/tags/list?n=4", (4, next(4, 4))),
        ("/v2/a/tags/list?n=5", (4, next(4, 4))),
        ("/v2/a/tags/list?n=1000000", (4, next(4, 4))),
        ("/v2/a/tags/list?n=1000000&last=4", (2, None)),
        ("/v2/a/tags/list?n=0", (0, None)),
    ] {
        assert_eq!(listed(&wharf, path, "tags").await, expect, "{path}");
    }
}

#[tokio::test]
async fn who_asks_for_no_number_of_tags_gets_all() {
    let wharf = stocked(1000, 4, 0).await;
    for (path, count) in [("/v2/a/tags/list", 6), ("/v2/a/tags/list?last=1", 5)] {
        assert_eq!(listed(&wharf, path, "tags").await, (count, None), "{path}");
    }
}
