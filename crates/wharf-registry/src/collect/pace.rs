//! How fast a collection may go, so that those who push and pull do not feel it.

use std::time::Duration;

use tokio::time::Instant;

/// How much may be done in a second; nothing for any number.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Pace {
    /// Things that are looked at or removed.
    pub operations: Option<u32>,
    /// Bytes that are read or given back.
    pub bytes: Option<u64>,
}

/// Lets through what the pace allows, and makes the rest wait.
pub(super) struct Bucket {
    pace: Pace,
    operations: Debt,
    bytes: Debt,
}

/// Until when what was done so far takes.
struct Debt(Instant);

// === impl Bucket ===

impl Bucket {
    pub(super) fn new(pace: Pace) -> Self {
        let now = Instant::now();
        Self {
            pace,
            operations: Debt(now),
            bytes: Debt(now),
        }
    }

    /// Waits until so many things may be looked at.
    pub(super) async fn operations(&mut self, count: u32) {
        if let Some(most) = self.pace.operations {
            self.operations.pay(u64::from(count), u64::from(most)).await;
        }
    }

    /// Waits after so many bytes were read or given back.
    pub(super) async fn bytes(&mut self, count: u64) {
        if let Some(most) = self.pace.bytes {
            self.bytes.pay(count, most).await;
        }
    }
}

// === impl Debt ===

impl Debt {
    async fn pay(&mut self, count: u64, most: u64) {
        if most == 0 {
            return;
        }
        let now = Instant::now();
        #[expect(clippy::cast_precision_loss, reason = "a pace need not be exact")]
        let takes = Duration::from_secs_f64((count as f64 / most as f64).min(LONGEST));
        // Who was slow before may catch up a little only.
        let from = self.0.max(now.checked_sub(BURST).unwrap_or(now));
        self.0 = from + takes;
        if self.0 > now + BURST {
            tokio::time::sleep_until(self.0).await;
        }
    }
}

/// Waits that are shorter are saved up.
const BURST: Duration = Duration::from_millis(20);
/// In seconds: one blob makes nobody wait longer.
const LONGEST: f64 = 60.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_more_is_done_in_a_second_than_allowed() {
        let pace = Pace {
            operations: Some(100),
            bytes: Some(1000),
        };
        let mut bucket = Bucket::new(pace);
        let start = Instant::now();
        for _ in 0..300 {
            bucket.operations(1).await;
        }
        let took = start.elapsed();
        assert!((2900..3100).contains(&took.as_millis()), "{took:?}");
        bucket.bytes(5000).await;
        let took = start.elapsed();
        assert!((7900..8100).contains(&took.as_millis()), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_pace_nobody_waits() {
        let mut bucket = Bucket::new(Pace::default());
        let start = Instant::now();
        bucket.operations(u32::MAX).await;
        bucket.bytes(u64::MAX).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
