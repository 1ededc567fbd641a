//! `/v2/<name>/_wharfinger/tags/<tag>`: what a tag has pointed to, and letting it point there
//! again.

use http::StatusCode;
use http::header::LOCATION;
use serde_json::{Value, json};
use wharf_spec::{Digest, ErrorCode, RepositoryName, Tag};

use super::Turnstiles;
use crate::app::Call;
use crate::error::Failure;
use crate::reply::{Reply, name};

pub(super) async fn history(
    call: &Call<'_>,
    repository: RepositoryName,
    tag: &Tag,
) -> Result<Reply, Failure> {
    let Turnstiles { listing, .. } = call.turnstiles;
    let _turn = listing.acquire().await;
    let repository = call.registry.repository(repository);
    let history = repository.tag_history(tag).await?;
    let shown: Vec<_> = history.iter().take(MOST).collect();
    let told = json!({
        "name": repository.name().as_str(),
        "tag": tag.to_string(),
        "history": shown,
        "more": history.len().saturating_sub(MOST),
    });
    Ok(Reply::new(StatusCode::OK).json(&told))
}

pub(super) async fn restore(
    call: &Call<'_>,
    repository: RepositoryName,
    tag: &Tag,
) -> Result<Reply, Failure> {
    let Some(digest) = call.head.query.first("digest") else {
        return Err(Failure::new(
            ErrorCode::DigestInvalid,
            "digest missing: name it as ?digest=",
            Value::Null,
        ));
    };
    let digest: Digest = digest.parse()?;
    let repository = call.registry.repository(repository);
    repository.restore_tag(tag, digest).await?;
    let location = call.locations.manifest(repository.name(), digest);
    Ok(Reply::new(StatusCode::CREATED)
        .header(LOCATION, location)
        .header(name::CONTENT_DIGEST, digest))
}

/// Of a history in one answer.
const MOST: usize = 1000;
