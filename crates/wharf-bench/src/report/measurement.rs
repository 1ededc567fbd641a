//! One measurement.

use serde::{Deserialize, Serialize};

use super::table::number;
use crate::latency::Latency;
use crate::workloads::table::Unit;

/// What one load on one server gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// In the unit of the workload.
    pub value: f64,
    /// Operations that ended.
    pub operations: u64,
    /// Bytes of blobs and other bodies that were moved.
    pub bytes: u64,
    /// How long it took.
    pub seconds: f64,
    /// Of the operations.
    pub latency: Latency,
    /// User and system time of the server's processes.
    pub server_cpu_seconds: f64,
    /// User and system time of the load generator.
    pub client_cpu_seconds: f64,
    /// The most memory that the server had at once.
    pub peak_kib: u64,
}

/// The middle of some values, and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The median; of an even number, the mean of the two in the middle.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

// === impl Measurement ===

impl Measurement {
    /// For a terminal.
    #[must_use]
    pub fn in_one_line(&self, unit: Unit) -> String {
        let latency = self.latency;
        format!(
            "{:>10} {unit}   p50 {} p99 {} µs   CPU: server {:.2} s, client {:.2} s of {:.2} s   peak {:.1} MiB",
            number(self.value),
            latency.p50,
            latency.p99,
            self.server_cpu_seconds,
            self.client_cpu_seconds,
            self.seconds,
            self.peak_kib as f64 / 1024.0,
        )
    }

    /// Operations in a second, of something that does many before it ends.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.operations > 1).then(|| self.operations as f64 / self.seconds)
    }

    /// CPU seconds of the server for a GiB, if bytes were moved.
    #[must_use]
    pub fn cpu_per_gib(&self) -> Option<f64> {
        let gib = self.bytes as f64 / f64::from(1 << 30);
        (self.bytes > 0).then(|| self.server_cpu_seconds / gib)
    }

    /// CPU microseconds of the server for an operation, if there were any.
    #[must_use]
    pub fn cpu_per_operation(&self) -> Option<f64> {
        let operations = self.operations as f64;
        (self.operations > 0).then(|| self.server_cpu_seconds * 1e6 / operations)
    }
}

// === impl Spread ===

impl Spread {
    /// `None` of nothing.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let high = *values.get(values.len() / 2)?;
        let low = *values.get((values.len() - 1) / 2)?;
        Some(Self {
            median: f64::midpoint(low, high),
            min,
            max,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        let spread = |values: &[f64]| Spread::of(values.iter().copied());
        let expected = Spread {
            median: 2.0,
            min: 1.0,
            max: 9.0,
        };
        assert_eq!(spread(&[9.0, 1.0, 2.0]), Some(expected));
        assert_eq!(spread(&[1.0, 9.0, 2.0, 4.0]).unwrap().median, 3.0);
        assert_eq!(spread(&[]), None);
    }
}
