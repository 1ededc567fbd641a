//! How much somebody may do in a time.

use std::time::Duration;

/// How many manifests may be pulled in a time, as a token says it in `pull_limit` and
/// `pull_limit_interval`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PullLimit {
    /// This many.
    pub pulls: u32,
    /// In this time.
    pub interval: Duration,
}
