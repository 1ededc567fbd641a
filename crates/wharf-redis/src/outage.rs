//! Telling of a failure once, until it is over.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::redis::Unanswered;

/// Whether something fails at the moment.
#[derive(Default)]
pub(crate) struct Outage(AtomicBool);

// === impl Outage ===

impl Outage {
    /// Tells of it if it has just begun.
    pub(crate) fn note(&self, what: &str, why: &Unanswered) {
        match why {
            // Who has not asked knows nothing of the server.
            Unanswered::Early | Unanswered::Crowded => {}
            Unanswered::Down(_) | Unanswered::Late(_) | Unanswered::Refused(_) => {
                if !self.0.swap(true, Ordering::Relaxed) {
                    tracing::warn!(error = %why, "Redis: {what}; it goes on without");
                }
            }
        }
    }

    /// It works.
    pub(crate) fn end(&self, what: &str) {
        if self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed) {
            tracing::info!("Redis: {what} again");
        }
    }
}
