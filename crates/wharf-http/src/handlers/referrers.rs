//! `/v2/<name>/referrers/<digest>` (OCI distribution-spec, "Listing Referrers").

use http::StatusCode;
use http::header::{CONTENT_TYPE, LINK};
use serde::Serialize;
use wharf_spec::{Descriptor, Digest, RepositoryName, Route, media_type};

use crate::app::Call;
use crate::error::Failure;
use crate::handlers::tags::next_page;
use crate::reply::{Reply, name};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u8,
    media_type: &'static str,
    manifests: Vec<Descriptor>,
}

pub(super) async fn list(
    call: &Call<'_>,
    name: RepositoryName,
    subject: Digest,
) -> Result<Reply, Failure> {
    let filter = call
        .head
        .query
        .first("artifactType")
        .filter(|filter| !filter.is_empty());
    let last = match call.head.query.first("last") {
        Some(last) => Some(last.parse::<Digest>()?),
        None => None,
    };
    let repository = call.registry.repository(name);
    let (manifests, more) = repository.referrers(subject, filter, last).await?;

    let link = more.map(|last| {
        let last = last.to_string();
        let mut pairs = vec![("last", last.as_str())];
        pairs.extend(filter.map(|filter| ("artifactType", filter)));
        let route = Route::Referrers {
            repository: repository.name().clone(),
            digest: subject,
        };
        next_page(&call.locations.path(&route), &pairs)
    });
    let index = Index {
        schema_version: 2,
        media_type: media_type::OCI_INDEX,
        manifests,
    };
    #[expect(
        clippy::expect_used,
        reason = "descriptors are made of strings and numbers"
    )]
    let body = serde_json::to_vec(&index).expect("an index serialises");
    Ok(Reply::new(StatusCode::OK)
        .header(CONTENT_TYPE, media_type::OCI_INDEX)
        .header_if(name::OCI_FILTERS_APPLIED, filter.map(|_| "artifactType"))
        .header_if(LINK, link)
        .bytes(body))
}
