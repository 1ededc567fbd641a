//! PAX records: `length key=value` and a newline, any bytes in the value (POSIX, pax).

use crate::error::Damage;

use super::Time;

/// The records of `bytes`, in order.
pub(super) fn records(mut bytes: &[u8]) -> impl Iterator<Item = Result<(&[u8], &[u8]), Damage>> {
    std::iter::from_fn(move || {
        // Some writers pad with NUL.
        if bytes.iter().all(|byte| *byte == 0) {
            return None;
        }
        let (record, rest) = match split(bytes) {
            Some((key, value, rest)) => (Ok((key, value)), rest),
            None => (Err(Damage::BadPax), [].as_slice()),
        };
        bytes = rest;
        Some(record)
    })
}

/// A decimal number of a record.
pub(super) fn number(value: &[u8], what: &'static str) -> Result<u64, Damage> {
    decimal(value).ok_or(Damage::BadNumber(what))
}

/// `seconds.fraction`, possibly negative, of which a file system keeps nine digits.
pub(super) fn time(value: &[u8]) -> Result<Time, Damage> {
    parse_time(value).ok_or(Damage::BadNumber("time"))
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let len = usize::try_from(decimal(bytes.get(..space)?)?).ok()?;
    let (record, rest) = bytes.split_at_checked(len)?;
    let record = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (record.get(..equals)?, record.get(equals + 1..)?);
    (!key.is_empty() && !key.contains(&0)).then_some((key, value, rest))
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn parse_time(value: &[u8]) -> Option<Time> {
    let (negative, value) = match value.strip_prefix(b"-") {
        Some(value) => (true, value),
        None => (false, value),
    };
    let mut parts = value.splitn(2, |byte| *byte == b'.');
    let seconds = i64::try_from(decimal(parts.next()?)?).ok()?;
    let fraction = parts.next().unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = fraction.iter().chain(std::iter::repeat(&b'0')).take(9);
    let nanoseconds = digits.fold(0, |sum: u32, digit| sum * 10 + u32::from(digit - b'0'));
    Some(match (negative, nanoseconds) {
        (false, nanoseconds) => Time {
            seconds,
            nanoseconds,
        },
        (true, 0) => Time {
            seconds: -seconds,
            nanoseconds: 0,
        },
        (true, nanoseconds) => Time {
            seconds: -seconds - 1,
            nanoseconds: 1_000_000_000 - nanoseconds,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_have_newlines_and_nothing_is_believed() {
        let good: Result<Vec<_>, _> = records(b"9 a=b\nc=\n6 k=v\n").collect();
        assert_eq!(good.unwrap(), [(&b"a"[..], &b"b\nc="[..]), (b"k", b"v")]);
        for bad in [
            &b"6 k=v"[..],
            b"99 k=v\n",
            b"1 k=v\n",
            b"6 kvv\n",
            b"x k=v\n",
            b"5 =v\n",
            b"-6 k=v\n",
        ] {
            assert!(records(bad).any(|record| record.is_err()), "{bad:?}");
        }
    }

    #[test]
    fn times() {
        let check = |text: &str, expected: Option<(i64, u32)>| {
            let expected = expected.map(|(seconds, nanoseconds)| Time {
                seconds,
                nanoseconds,
            });
            assert_eq!(time(text.as_bytes()).ok(), expected, "{text}");
        };
        check("1700000000", Some((1_700_000_000, 0)));
        check("1.5", Some((1, 500_000_000)));
        check("1.0123456789", Some((1, 12_345_678)));
        check("-1.5", Some((-2, 500_000_000)));
        check("-3", Some((-3, 0)));
        for bad in ["", ".", "1.x", "1e3", "9223372036854775808"] {
            check(bad, None);
        }
    }
}
