//! `/v2/_catalog`: the names of the repositories.

use http::StatusCode;
use http::header::LINK;
use serde::Serialize;
use serde_json::json;
use wharf_spec::{ErrorCode, Page, RepositoryName};

use crate::app::Call;
use crate::error::Failure;
use crate::handlers::tags::next_link;
use crate::reply::Reply;

#[derive(Serialize)]
struct Catalog<'a> {
    repositories: Vec<&'a str>,
}

pub(super) async fn list(call: &Call<'_>) -> Result<Reply, Failure> {
    let page = Page::from_query(&call.head.query)?;
    let n = page.n.unwrap_or(DEFAULT);
    if n > MOST {
        let message = format!("a page of the catalog has {MOST} names at most");
        return Err(Failure::new(
            ErrorCode::PaginationNumberInvalid,
            message,
            json!({ "n": n }),
        ));
    }
    let (names, more) = call
        .registry
        .catalog(&Page {
            n: Some(n),
            last: page.last,
        })
        .await?;
    let last = names.last().filter(|_| more);
    let link = last.map(|last| next_link("/v2/_catalog", last.as_str(), n));
    let catalog = Catalog {
        repositories: names.iter().map(RepositoryName::as_str).collect(),
    };
    Ok(Reply::new(StatusCode::OK)
        .header_if(LINK, link)
        .json(&catalog))
}

/// distribution: `catalog.maxentries` and the default of its handler.
const MOST: usize = 1000;
const DEFAULT: usize = 100;
