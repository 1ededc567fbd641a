//! Numbers in headers.

use crate::error::Damage;

/// A number that may be negative: octal digits, or base-256 in two's complement.
/// Go: archive/tar/strconv.go, `parseNumeric`
pub(super) fn signed(field: &[u8], what: &'static str) -> Result<i64, Damage> {
    match field.split_first() {
        Some((first, rest)) if first & 0x80 != 0 => binary(*first, rest),
        _ => octal(field),
    }
    .ok_or(Damage::BadNumber(what))
}

pub(super) fn unsigned(field: &[u8], what: &'static str) -> Result<u64, Damage> {
    let number = signed(field, what)?;
    u64::try_from(number).map_err(|_| Damage::BadNumber(what))
}

/// The sum of all bytes, those of the sum itself taken as blanks; some have added signed bytes.
pub(super) fn checksum_is_right(block: &[u8; 512]) -> bool {
    const FIELD: std::ops::Range<usize> = 148..156;
    let Some(Ok(told)) = block.get(FIELD).map(|field| signed(field, "checksum")) else {
        return false;
    };
    let bytes = || {
        let bytes = block.iter().enumerate();
        bytes.map(|(at, byte)| if FIELD.contains(&at) { b' ' } else { *byte })
    };
    let unsigned: i64 = bytes().map(i64::from).sum();
    let signed: i64 = bytes().map(|byte| i64::from(byte.cast_signed())).sum();
    told == unsigned || told == signed
}

fn binary(first: u8, rest: &[u8]) -> Option<i64> {
    // The second bit is the sign, and extends to the first.
    let negative = first & 0x40 != 0;
    let start = if negative {
        i128::from(first) - 0x100
    } else {
        i128::from(first & 0x3f)
    };
    let number = rest.iter().try_fold(start, |number, byte| {
        number.checked_mul(256)?.checked_add(i128::from(*byte))
    });
    i64::try_from(number?).ok()
}

fn octal(field: &[u8]) -> Option<i64> {
    let is_filler = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !is_filler(byte));
    let Some(digits) = start.and_then(|start| field.get(start..)) else {
        return Some(0);
    };
    let end = digits.iter().position(is_filler).unwrap_or(digits.len());
    let digits = std::str::from_utf8(digits.get(..end)?).ok()?;
    if digits.starts_with(['+', '-']) {
        return None;
    }
    i64::from_str_radix(digits, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let check = |field: &[u8], expected: Option<i64>| {
            assert_eq!(signed(field, "").ok(), expected, "{field:?}");
        };
        check(b"0000644\0", Some(0o644));
        check(b"  644 \0", Some(0o644));
        check(b"\0\0\0\0", Some(0));
        check(b"", Some(0));
        check(b"9\0", None);
        check(b"-7\0", None);
        check(&[0x80, 0, 0, 0, 0, 0, 1, 0], Some(256));
        check(&[0xff; 12], Some(-1));
        check(
            &[
                0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            ],
            Some(i64::MAX),
        );
        check(&[0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0], None);
        assert!(unsigned(&[0xff; 12], "size").is_err());
    }
}
