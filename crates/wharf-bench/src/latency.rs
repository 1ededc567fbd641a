//! How long operations took, as percentiles.

use serde::{Deserialize, Serialize};

/// In microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// Half took no longer.
    pub p50: u32,
    /// Nine of ten took no longer.
    pub p90: u32,
    /// 99 of 100 took no longer.
    pub p99: u32,
    /// None took longer.
    pub max: u32,
}

// === impl Latency ===

impl Latency {
    /// Of all operations, which are sorted by it. Zero where there are none.
    #[must_use]
    pub fn of(micros: &mut [u32]) -> Self {
        micros.sort_unstable();
        Self {
            p50: percentile(micros, 50),
            p90: percentile(micros, 90),
            p99: percentile(micros, 99),
            max: micros.last().copied().unwrap_or_default(),
        }
    }
}

/// The smallest value that so many percent are not above (nearest rank).
fn percentile(sorted: &[u32], percent: usize) -> u32 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mut micros: Vec<u32>) -> [u32; 4] {
        let latency = Latency::of(&mut micros);
        [latency.p50, latency.p90, latency.p99, latency.max]
    }

    #[test]
    fn percentiles() {
        assert_eq!(of((1..=100).rev().collect()), [50, 90, 99, 100]);
        assert_eq!(of((1..=1000).collect()), [500, 900, 990, 1000]);
        assert_eq!(of(vec![7]), [7, 7, 7, 7]);
        assert_eq!(of(vec![1, 9]), [1, 9, 9, 9]);
        assert_eq!(of(vec![]), [0, 0, 0, 0]);
    }
}
