//! Time as files and tokens have it: seconds since 1970.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Now.
pub(crate) fn now() -> u64 {
    seconds(SystemTime::now())
}

/// A moment; 0 for one before.
pub(crate) fn seconds(moment: SystemTime) -> u64 {
    let since = moment.duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// So many seconds after 1970; then, for what no clock can say.
pub(crate) fn moment(seconds: u64) -> SystemTime {
    let moment = UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    moment.unwrap_or(UNIX_EPOCH)
}
