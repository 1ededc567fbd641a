//! Times as Go's `RFC3339Nano` has them: with nanoseconds, but without zeros at the end.

use std::fmt;

use jiff::Zoned;

/// A time whose `Display` is that.
pub(super) struct Rfc3339Nano<'a>(pub(super) &'a Zoned);

// === impl Rfc3339Nano ===

impl fmt::Display for Rfc3339Nano<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.0.date(), self.0.time());
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            date.year(),
            date.month(),
            date.day(),
            time.hour(),
            time.minute(),
            time.second(),
        )?;
        let mut nanos = time.subsec_nanosecond();
        if nanos > 0 {
            let mut places = 9;
            while nanos % 10 == 0 {
                nanos /= 10;
                places -= 1;
            }
            write!(f, ".{nanos:0places$}")?;
        }
        let offset = self.0.offset().seconds();
        if offset == 0 {
            return f.write_str("Z");
        }
        let sign = if offset < 0 { '-' } else { '+' };
        let minutes = offset.abs() / 60;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::{Offset, TimeZone};

    use super::*;

    #[test]
    fn as_go_formats_them() {
        let shown = |nanos: i32, offset: i32| {
            let time = Timestamp::new(1_795_242_170, nanos).unwrap();
            let zone = TimeZone::fixed(Offset::from_seconds(offset).unwrap());
            Rfc3339Nano(&time.to_zoned(zone)).to_string()
        };
        assert_eq!(shown(131_218_164, 0), "2026-11-21T06:22:50.131218164Z");
        assert_eq!(shown(315_712_000, 0), "2026-11-21T06:22:50.315712Z");
        assert_eq!(shown(5, 0), "2026-11-21T06:22:50.000000005Z");
        assert_eq!(shown(0, 3600), "2026-11-21T07:22:50+01:00");
        assert_eq!(shown(500_000_000, -12_600), "2026-11-21T02:52:50.5-03:30");
    }
}
