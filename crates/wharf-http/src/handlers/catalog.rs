//! `/v2/_catalog`: the names of the repositories.

use http::StatusCode;
use http::header::LINK;
use serde::Serialize;
use wharf_spec::{Page, RepositoryName, Route};

use crate::app::Call;
use crate::error::Failure;
use crate::handlers::tags::next_link;
use crate::reply::Reply;

#[derive(Serialize)]
struct Catalog {
    repositories: Vec<RepositoryName>,
}

pub(super) async fn list(call: &Call<'_>) -> Result<Reply, Failure> {
    let page = Page::from_query(&call.head.query)?;
    let n = call.pages.of_catalog(&page)?;
    let (names, more) = call
        .registry
        .catalog(&Page {
            n: Some(n),
            last: page.last,
        })
        .await?;
    let last = names.last().filter(|_| more);
    let link = last.map(|last| {
        let path = call.locations.path(&Route::Catalog);
        next_link(&path, last.as_str(), n)
    });
    let catalog = Catalog {
        repositories: names,
    };
    Ok(Reply::new(StatusCode::OK)
        .header_if(LINK, link)
        .json(&catalog))
}
