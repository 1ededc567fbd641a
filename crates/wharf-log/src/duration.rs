//! Durations as Go's `time.Duration` prints them: `1.310938ms`, `72.999µs`, `1m2.5s`.

use std::fmt;
use std::time::Duration;

/// A duration whose `Display` is Go's.
#[derive(Clone, Copy, Debug)]
pub struct GoDuration(pub Duration);

// === impl GoDuration ===

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        match nanos {
            0 => f.write_str("0s"),
            1..MICRO => write!(f, "{nanos}ns"),
            MICRO..MILLI => decimal(f, nanos, MICRO, "µs"),
            MILLI..SECOND => decimal(f, nanos, MILLI, "ms"),
            SECOND.. => {
                let (minutes, rest) = (nanos / MINUTE, nanos % MINUTE);
                match (minutes / 60, minutes % 60) {
                    (0, 0) => {}
                    (0, minutes) => write!(f, "{minutes}m")?,
                    (hours, minutes) => write!(f, "{hours}h{minutes}m")?,
                }
                decimal(f, rest, SECOND, "s")
            }
        }
    }
}

/// `nanos` in a unit, with as many decimal places as it takes.
fn decimal(f: &mut fmt::Formatter<'_>, nanos: u128, unit: u128, name: &str) -> fmt::Result {
    let (whole, mut rest) = (nanos / unit, nanos % unit);
    write!(f, "{whole}")?;
    let mut place = unit / 10;
    if rest > 0 {
        f.write_str(".")?;
    }
    while rest > 0 {
        write!(f, "{}", rest / place)?;
        rest %= place;
        place /= 10;
    }
    f.write_str(name)
}

const MICRO: u128 = 1_000;
const MILLI: u128 = 1_000_000;
const SECOND: u128 = 1_000_000_000;
const MINUTE: u128 = 60 * SECOND;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_go_prints_them() {
        for (nanos, shown) in [
            (0, "0s"),
            (1, "1ns"),
            (999, "999ns"),
            (1_000, "1µs"),
            (72_999, "72.999µs"),
            (863_816, "863.816µs"),
            (1_310_938, "1.310938ms"),
            (946_750_000, "946.75ms"),
            (1_000_000_000, "1s"),
            (1_000_000_001, "1.000000001s"),
            (59_999_999_999, "59.999999999s"),
            (60_000_000_000, "1m0s"),
            (62_500_000_000, "1m2.5s"),
            (3_600_000_000_000, "1h0m0s"),
            (93_784_000_000_000, "26h3m4s"),
        ] {
            let shown_here = GoDuration(Duration::from_nanos(nanos)).to_string();
            assert_eq!(shown_here, shown, "{nanos}");
        }
    }
}
