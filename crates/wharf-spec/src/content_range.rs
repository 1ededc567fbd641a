//! Which bytes of an upload a chunk claims to be.

use std::fmt;
use std::str::FromStr;

/// The `Content-Range` of a chunk (distribution-spec: "Pushing a blob in chunks"):
/// `<start>-<end>`, both inclusive, so it is never empty. The form of RFC 9110, section 14.4
/// (`bytes <start>-<end>/<total>`, where the total may be `*`) is understood as well, and so are
/// the forms in between, which clients of distribution 2.8 send: it looks at none of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ContentRange {
    /// The position of the chunk's first byte.
    pub start: u64,
    /// The position of its last byte.
    pub end: u64,
}

/// Why a text is not a [`ContentRange`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ContentRangeError {
    /// It does not follow the grammar, or its numbers are larger than any blob.
    #[error("the Content-Range of a chunk has the form `<first byte>-<last byte>`")]
    Malformed,
    /// It ends before it starts, or beyond the total that it names.
    #[error("the Content-Range of a chunk ends before it starts or after its total")]
    OutOfOrder,
}

// === impl ContentRange ===

impl ContentRange {
    /// How many bytes the chunk has.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "both ends are inclusive: it never is"
    )]
    pub const fn len(&self) -> u64 {
        self.end.saturating_sub(self.start).saturating_add(1)
    }
}

impl FromStr for ContentRange {
    type Err = ContentRangeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.strip_prefix("bytes ").unwrap_or(text);
        let (range, total) = match text.split_once('/') {
            Some((range, "*")) => (range, None),
            Some((range, total)) => (range, Some(parse_position(total)?)),
            None => (text, None),
        };
        let (start, end) = range.split_once('-').ok_or(ContentRangeError::Malformed)?;
        let (start, end) = (parse_position(start)?, parse_position(end)?);
        if start <= end && total.is_none_or(|total| end < total) {
            Ok(Self { start, end })
        } else {
            Err(ContentRangeError::OutOfOrder)
        }
    }
}

impl fmt::Display for ContentRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.start, self.end)
    }
}

// === private ===

/// Go has positions in an `int64`; with the same limit here, no sum of two overflows.
fn parse_position(digits: &str) -> Result<u64, ContentRangeError> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let position = digits
        .parse()
        .ok()
        .filter(|position| *position <= i64::MAX as u64);
    position
        .filter(|_| is_number)
        .ok_or(ContentRangeError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::ContentRangeError::{Malformed, OutOfOrder};
    use super::*;

    #[test]
    fn every_form_is_read() {
        let most = i64::MAX as u64;
        for (text, start, end) in [
            ("0-0", 0, 0),
            ("0-99", 0, 99),
            ("007-009", 7, 9),
            ("bytes 0-99/100", 0, 99),
            ("bytes 0-99/*", 0, 99),
            ("bytes 0-99", 0, 99),
            ("0-99/100", 0, 99),
            ("0-99/*", 0, 99),
            ("0-9223372036854775807", 0, most),
        ] {
            let range = text.parse::<ContentRange>();
            assert_eq!(range, Ok(ContentRange { start, end }), "{text}");
            assert_eq!(
                range.map(|range| range.len()),
                Ok(end - start + 1),
                "{text}"
            );
        }
        for text in [
            "",
            "-",
            "5",
            "0-",
            "-5",
            " 0-5",
            "0-5 ",
            "+0-5",
            "0-+5",
            "0-5-9",
            "a-b",
            "bytes=0-5",
            "bytes  0-5",
            "0-5/6/7",
            "0-5/",
            "bytes */6",
            "bytes 0-5/x",
            "bytes 0-5/",
            "0-9223372036854775808",
        ] {
            assert_eq!(text.parse::<ContentRange>(), Err(Malformed), "{text:?}");
        }
        for text in ["1-0", "bytes 9-5/10", "bytes 0-10/10", "0-5/5"] {
            assert_eq!(text.parse::<ContentRange>(), Err(OutOfOrder), "{text:?}");
        }
    }
}
