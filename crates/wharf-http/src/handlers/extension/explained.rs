//! `/v2/_wharfinger/blobs/<digest>`: who needs some content, or when it goes.

use http::StatusCode;
use serde_json::{Value, json};
use wharf_registry::{Collection, moment};
use wharf_spec::{Digest, ErrorCode};

use crate::app::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(super) async fn explain(call: &Call<'_>, digest: Digest) -> Result<Reply, Failure> {
    let Ok(_turn) = call.turnstiles.explaining.try_acquire() else {
        return Err(Failure::new(
            ErrorCode::TooManyRequests,
            "every manifest is being read for somebody else who asks this: try again later",
            Value::Null,
        ));
    };
    let collection = Collection::beside_clients(call.registry.options());
    let explained = call.registry.explain(digest, &collection).await?;
    let verdict = explained.verdict(collection.grace);
    let holders: Vec<_> = explained.holders.iter().take(MOST).collect();
    let problems = explained.problems.iter().take(MOST);
    let told = json!({
        "digest": digest,
        "state": verdict.as_str(),
        "size": explained.data.map(|data| data.size),
        "goes": verdict.goes().map(moment),
        "holders": holders,
        "more_holders": explained.holders.len().saturating_sub(MOST),
        "problems": problems.collect::<Vec<_>>(),
        "more_problems": explained.problems.len().saturating_sub(MOST),
    });
    Ok(Reply::new(StatusCode::OK).json(&told))
}

/// Of a list in one answer.
const MOST: usize = 1000;
