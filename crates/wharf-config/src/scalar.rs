//! Texts as yes or no, numbers and durations, read as Go's YAML library (version 2)
//! and its `time.ParseDuration` read them.

use std::time::Duration;

/// YAML 1.1: `yes` and `on` are true.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            Some(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            Some(false)
        }
        _ => None,
    }
}

/// Decimal, `0x`, `0b`, and octal with a leading `0` or `0o`; `_` between digits.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.replace('_', "");
    let radixes = [("0x", 16), ("0b", 2), ("0o", 8), ("0", 8)];
    let prefixed = radixes.iter().find_map(|(prefix, radix)| {
        let rest = digits.strip_prefix(prefix)?;
        (!rest.is_empty()).then_some((rest, *radix))
    });
    let (digits, radix) = prefixed.unwrap_or((&digits, 10));
    // `from_str_radix` would take another sign.
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let number = i128::from_str_radix(digits, radix).ok()?;
    i64::try_from(sign * number).ok()
}

/// `7d`, `1h30m`, `1.5s`, `300ms`, or a whole number of nanoseconds. A negative one is none:
/// distribution takes it for the default, or for at once.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    if let Some(nanoseconds) = integer(text) {
        return Some(Duration::from_nanos(nanoseconds.try_into().unwrap_or(0)));
    }
    if let Some(positive) = text.strip_prefix('-') {
        return (!positive.starts_with(['-', '+']))
            .then(|| duration(positive))?
            .map(|_| Duration::ZERO);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.is_empty() {
        return None;
    }
    let mut seconds = 0.0_f64;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (count, tail) = rest.split_at(number);
        let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, tail) = tail.split_at(unit.unwrap_or(tail.len()));
        seconds += count.parse::<f64>().ok()? * in_seconds(unit)?;
        rest = tail;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

/// A duration as Go would be given it: `1h30m0s` is written `1h30m`.
pub(crate) fn show_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m")];
    let mut shown: String = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    let below = duration - Duration::from_secs(seconds / 60 * 60);
    if shown.is_empty() || !below.is_zero() {
        shown.push_str(&format!("{}s", below.as_secs_f64()));
    }
    shown
}

fn in_seconds(unit: &str) -> Option<f64> {
    match unit {
        "ns" => Some(1e-9),
        "us" | "µs" | "μs" => Some(1e-6),
        "ms" => Some(1e-3),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        // Go has none.
        "d" => Some(86_400.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let table = [
            ("1h30m", Some(5_400_000)),
            ("1.5s", Some(1_500)),
            ("300ms", Some(300)),
            ("+2m", Some(120_000)),
            ("0", Some(0)),
            ("10000000000", Some(10_000)),
            ("10", Some(0)),
            ("", None),
            ("10 s", None),
            ("-1s", Some(0)),
            ("--1s", None),
            ("-x", None),
            ("7d", Some(604_800_000)),
            ("1w", None),
            ("s", None),
            ("1", Some(0)),
            ("99999999999999999999h", None),
        ];
        for (text, milliseconds) in table {
            let read = duration(text).map(|it| it.as_millis());
            assert_eq!(read, milliseconds, "{text}");
        }
    }

    #[test]
    fn a_shown_duration_is_read_as_itself() {
        for text in ["1h30m", "168h", "10s", "1m1.5s", "0s", "0.3s"] {
            assert_eq!(show_duration(duration(text).unwrap()), text);
        }
    }

    #[test]
    fn numbers_are_read_as_yaml_1_1_reads_them() {
        let table = [
            ("10", Some(10)),
            ("-3", Some(-3)),
            ("+3", Some(3)),
            ("1_000", Some(1000)),
            ("0x10", Some(16)),
            ("0o17", Some(15)),
            ("0644", Some(0o644)),
            ("0b11", Some(3)),
            ("0", Some(0)),
            ("08", None),
            ("1.5", None),
            ("--3", None),
            ("0x-5", None),
            ("-0x-8000000000000000", None),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("", None),
            ("x", None),
        ];
        for (text, number) in table {
            assert_eq!(integer(text), number, "{text}");
        }
    }
}
