//! `/v2/_wharfinger/collection`: what the last collection came to, and asking for one.

use http::StatusCode;
use serde_json::{Value, json};
use wharf_registry::CollectorState;
use wharf_spec::ErrorCode;

use crate::app::Call;
use crate::error::{Failure, Refusal};
use crate::reply::Reply;

pub(super) async fn status(call: &Call<'_>) -> Result<Reply, Failure> {
    let last = call.registry.collection_status().await?;
    let told = json!({ "collector": name(call.registry.collector_state()), "last": last });
    Ok(Reply::new(StatusCode::OK).json(&told))
}

pub(super) fn start(call: &Call<'_>) -> Result<Reply, Failure> {
    let was = call.registry.collect_now();
    match was {
        CollectorState::Waiting | CollectorState::Collecting => {}
        CollectorState::Absent => {
            return Err(Failure::Refused(Refusal {
                status: StatusCode::CONFLICT,
                ..Refusal::new(
                    ErrorCode::Unsupported,
                    "this server does not collect: see wharfinger.collection.enabled, or run \
                     `wharf garbage-collect` beside it",
                    Value::Null,
                )
            }));
        }
    }
    let told = json!({ "collector": name(CollectorState::Collecting), "was": name(was) });
    Ok(Reply::new(StatusCode::ACCEPTED).json(&told))
}

const fn name(state: CollectorState) -> &'static str {
    match state {
        CollectorState::Absent => "absent",
        CollectorState::Waiting => "waiting",
        CollectorState::Collecting => "collecting",
    }
}
