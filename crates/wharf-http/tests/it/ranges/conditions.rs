//! `If-None-Match` and `If-Range`

use super::Shelf;
use crate::wire::Request;

#[tokio::test]
async fn what_the_client_has_is_not_sent() {
    for shelf in Shelf::both().await {
        let etag = shelf.etag();
        let bare = etag.trim_matches('"').to_owned();
        for known in [
            etag.clone(),
            bare,
            format!("W/{etag}"),
            "*".to_owned(),
            format!("\"other\", {etag}"),
            format!("\"other\",{etag} , \"another\""),
        ] {
            for request in [Request::get(&shelf.path), Request::head(&shelf.path)] {
                let response = shelf
                    .wharf
                    .ask(request.header("If-None-Match", &known))
                    .await;
                assert_eq!(response.status, 304, "{known}");
                shelf.is_described(&response);
            }
        }
    }
}

#[tokio::test]
async fn several_lines_are_one_list() {
    let shelf = Shelf::of_memory().await;
    let request = Request::get(&shelf.path).header("If-None-Match", "\"other\"");
    let response = shelf
        .wharf
        .ask(request.header("If-None-Match", shelf.etag()))
        .await;
    assert_eq!(response.status, 304);
}

#[tokio::test]
async fn what_the_client_has_not_is_sent() {
    let shelf = Shelf::of_memory().await;
    let half = &shelf.etag()[..20];
    for other in ["\"other\"", "", ",", "\"*\"", half] {
        let response = shelf
            .wharf
            .ask(Request::get(&shelf.path).header("If-None-Match", other))
            .await;
        shelf.is_whole(&response);
    }
}

/// RFC 9110, section 13.2.2: the condition comes before the range.
#[tokio::test]
async fn a_known_blob_has_no_ranges() {
    let shelf = Shelf::of_memory().await;
    for range in ["bytes=0-1", "bytes=99999999-"] {
        let request = Request::get(&shelf.path).header("If-None-Match", shelf.etag());
        assert_eq!(
            shelf.wharf.ask(request.header("Range", range)).await.status,
            304
        );
    }
}

/// RFC 9110, section 13.2.1: a condition does not hide that there is nothing.
#[tokio::test]
async fn nothing_is_known_of_what_is_not_there() {
    let shelf = Shelf::of_memory().await;
    let path = shelf.path.replace("/v2/a/", "/v2/b/");
    let response = shelf
        .wharf
        .ask(Request::get(&path).header("If-None-Match", "*"))
        .await;
    assert_eq!(response.status, 404);
}

#[tokio::test]
async fn a_range_of_other_content_becomes_the_whole() {
    for shelf in Shelf::both().await {
        let ask = async |condition: &str, range: &str| {
            let request = Request::get(&shelf.path).header("If-Range", condition);
            shelf.wharf.ask(request.header("Range", range)).await
        };
        shelf.is_part(&ask(&shelf.etag(), "bytes=5-9").await, 5, 9);
        let weak = format!("W/{}", shelf.etag());
        for other in [
            "\"other\"",
            &weak,
            "Sat, 29 Oct 1994 19:43:31 GMT",
            "garbage",
        ] {
            shelf.is_whole(&ask(other, "bytes=5-9").await);
            shelf.is_whole(&ask(other, "bytes=99999999-").await);
        }
    }
}
