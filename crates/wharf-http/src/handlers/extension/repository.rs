//! `/v2/<name>/_wharfinger/repository`: deleting all of it.

use http::StatusCode;
use serde_json::json;
use wharf_spec::RepositoryName;

use super::to_the_end;
use crate::app::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(super) async fn delete(call: &Call<'_>, name: RepositoryName) -> Result<Reply, Failure> {
    let repository = call.registry.repository(name);
    let deleted = to_the_end(async move { repository.delete().await }).await?;
    Ok(Reply::new(StatusCode::ACCEPTED).json(&json!(deleted)))
}
