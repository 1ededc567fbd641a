//! How much somebody may do in a time.

mod pulls;

use std::time::Duration;

pub use self::pulls::{Exhausted, Pulls, Quota, Standing};

/// How many manifests may be pulled in a time, as a token says it in `pull_limit` and
/// `pull_limit_interval`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PullLimit {
    /// This many; 0 for any number.
    pub pulls: u32,
    /// In this time.
    pub interval: Duration,
}
