//! `/` and `/v2/`: is anybody there, and do they speak the API?

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::reply::Reply;

/// For load balancers.
pub(super) fn alive() -> Reply {
    Reply::new(StatusCode::OK).fixed(CACHE_CONTROL, "no-cache")
}

/// OCI distribution-spec, "Determining Support".
pub(super) fn version() -> Reply {
    Reply::new(StatusCode::OK)
        .fixed(CONTENT_TYPE, "application/json")
        .bytes("{}")
}
