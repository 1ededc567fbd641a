//! No more than so many bytes in a second.

use std::time::Duration;

use tokio::time::Instant;

/// Lets whoever has read something wait until more may be read.
pub(crate) struct Pace {
    /// Bytes in a second; 0 for any number.
    rate: u64,
    /// When all that was read so far is paid for.
    paid: Instant,
}

// === impl Pace ===

impl Pace {
    pub(crate) fn new(rate: u64) -> Self {
        Self {
            rate,
            paid: Instant::now(),
        }
    }

    /// Waits as long as so many bytes may take.
    pub(crate) async fn spend(&mut self, bytes: u64) {
        if self.rate == 0 {
            return;
        }
        // What was not used is lost: a disk that was slow does not have to catch up.
        let from = self.paid.max(Instant::now());
        let cost = Duration::from_secs_f64(bytes as f64 / self.rate as f64).min(LONGEST);
        self.paid = from + cost;
        // Timers are not finer than that.
        if self.paid - Instant::now() >= WORTH {
            tokio::time::sleep_until(self.paid).await;
        }
    }

    /// How many bytes may well be read at once.
    pub(super) fn piece(&self) -> usize {
        match self.rate {
            0 => LARGEST,
            rate => usize::try_from(rate / 8)
                .unwrap_or(LARGEST)
                .clamp(SMALLEST, LARGEST),
        }
    }
}

const WORTH: Duration = Duration::from_millis(5);
/// A day: nobody wants less than that.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
const SMALLEST: usize = 64 << 10;
const LARGEST: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_take_their_time_and_idle_time_is_not_saved_up() {
        let mut pace = Pace::new(1000);
        tokio::time::sleep(Duration::from_secs(60)).await;
        let start = Instant::now();
        for _ in 0..100 {
            pace.spend(100).await;
        }
        let took = start.elapsed().as_secs_f64();
        assert!((9.9..10.2).contains(&took), "{took}");
        assert_eq!(pace.piece(), SMALLEST);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_rate_nothing_waits() {
        let (mut pace, start) = (Pace::new(0), Instant::now());
        pace.spend(u64::MAX).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(pace.piece(), LARGEST);
    }
}
