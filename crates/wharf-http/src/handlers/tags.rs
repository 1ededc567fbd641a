//! `/v2/<name>/tags/list` (OCI distribution-spec, "Listing Tags").

use http::StatusCode;
use http::header::LINK;
use serde::Serialize;
use wharf_registry::TagList;
use wharf_spec::{Page, RepositoryName, Route};

use crate::app::Call;
use crate::error::Failure;
use crate::reply::Reply;

#[derive(Serialize)]
struct Tags<'a> {
    name: &'a str,
    tags: &'a TagList,
}

pub(super) async fn list(call: &Call<'_>, name: RepositoryName) -> Result<Reply, Failure> {
    let asked = Page::from_query(&call.head.query)?;
    let page = Page {
        n: call.pages.of_tags(&asked),
        last: asked.last,
    };
    let repository = call.registry.repository(name);
    let (tags, more) = repository.tags(&page).await?;
    let name = repository.name().as_str();
    let link = match (page.n, tags.last()) {
        (Some(n), Some(last)) if more => {
            let route = Route::Tags {
                repository: repository.name().clone(),
            };
            let path = call.locations.path(&route);
            Some(next_link(&path, last, n))
        }
        (Some(_) | None, Some(_) | None) => None,
    };
    let tags = Tags { name, tags: &tags };
    Ok(Reply::new(StatusCode::OK).header_if(LINK, link).json(&tags))
}

/// The way to the next page (RFC 8288), as a path: right behind any proxy.
pub(super) fn next_link(path: &str, last: &str, n: usize) -> String {
    next_page(path, &[("last", last), ("n", &n.to_string())])
}

pub(super) fn next_page(path: &str, query: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .finish();
    format!("<{path}?{query}>; rel=\"next\"")
}
