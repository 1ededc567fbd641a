//! How fast something goes, over the last seconds.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How much there was at some moments, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Rate(VecDeque<(Instant, u64)>);

// === impl Rate ===

impl Rate {
    /// Notes how much there is now.
    pub(super) fn note(&mut self, total: u64, now: Instant) {
        let is_due = |(last, _): &(Instant, u64)| now.duration_since(*last) >= STEP;
        if !self.0.back().is_none_or(is_due) {
            return;
        }
        self.0.push_back((now, total));
        // One that is older stays, so that there are two to be compared.
        while self
            .0
            .get(1)
            .is_some_and(|(moment, _)| now.duration_since(*moment) >= WINDOW)
        {
            self.0.pop_front();
        }
    }

    /// Bytes in a second; `None` as long as nobody can tell.
    pub(super) fn bytes_per_second(&self, total: u64, now: Instant) -> Option<u64> {
        let (since, before) = self.0.front()?;
        let elapsed = now.duration_since(*since);
        if elapsed < SOON {
            return None;
        }
        let milliseconds = u64::try_from(elapsed.as_millis()).ok()?;
        total
            .saturating_sub(*before)
            .saturating_mul(1000)
            .checked_div(milliseconds)
    }
}

const STEP: Duration = Duration::from_millis(200);
const SOON: Duration = Duration::from_millis(500);
const WINDOW: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_seconds() {
        let begin = Instant::now();
        let at = |milliseconds| begin + Duration::from_millis(milliseconds);
        let mut rate = Rate::default();
        rate.note(0, at(0));
        assert_eq!(rate.bytes_per_second(100, at(100)), None);
        for second in 0..10 {
            for tenth in 0..10 {
                rate.note(1000 * second + 100 * tenth, at(1000 * second + 100 * tenth));
            }
        }
        assert_eq!(rate.bytes_per_second(10_000, at(10_000)), Some(1000));
        assert!(rate.0.len() < 30, "{}", rate.0.len());
        // Nothing came for longer than is looked back.
        rate.note(10_000, at(16_000));
        rate.note(10_000, at(22_000));
        assert_eq!(rate.bytes_per_second(10_000, at(22_500)), Some(0));
    }
}
