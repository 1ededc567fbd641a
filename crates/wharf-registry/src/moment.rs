//! How a moment is told.

use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serializer;

/// In UTC, to the second (RFC 3339).
#[must_use]
pub fn moment(time: SystemTime) -> String {
    let time = Timestamp::try_from(time).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// For fields (`serialize_with`).
pub(crate) fn serialize<S: Serializer>(
    time: &SystemTime,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&moment(*time))
}
