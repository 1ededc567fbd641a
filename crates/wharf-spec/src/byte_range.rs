//! Which bytes of something a client asks for.

use std::ops::Range;

/// What to answer to a `Range` header (RFC 9110, section 14). All ranges are half open, not
/// empty and inside the size.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RangeAnswer {
    /// 200: the header is absent, or better ignored.
    Whole,
    /// 206 with this range.
    One(Range<u64>),
    /// 206 with these ranges, as `multipart/byteranges`, or simply 200 with everything.
    Many(Vec<Range<u64>>),
    /// 416
    Unsatisfiable,
}

// === impl RangeAnswer ===

impl RangeAnswer {
    /// Answers as Go's `http.ServeContent` does, which distribution uses, wherever RFC 9110
    /// leaves the choice. Go: net/http/fs.go, `parseRange` and `serveContent`
    ///
    /// - No header, an empty one, or an empty set (`bytes=`): everything.
    /// - Another unit than bytes: everything, as RFC 9110 wants (Go: 416).
    /// - What does not follow the grammar, or ends before it starts: 416.
    /// - A range that starts beyond the end does not count; with none left: 416. But when
    ///   there are no bytes at all: everything, since some clients always send the header.
    /// - The last 0 bytes (`bytes=-0`) are beyond the end (Go: 206 with no byte).
    /// - More bytes than there are, or more than 32 ranges: everything.
    #[must_use]
    pub fn resolve(header: Option<&str>, size: u64) -> Self {
        let Some(header) = header.map(str::trim).filter(|header| !header.is_empty()) else {
            return Self::Whole;
        };
        let Some((unit, set)) = header.split_once('=') else {
            return Self::Unsatisfiable;
        };
        if !unit.eq_ignore_ascii_case("bytes") {
            return if is_token(unit) {
                Self::Whole
            } else {
                Self::Unsatisfiable
            };
        }
        match Spec::parse_set(set) {
            Some(specs) if specs.is_empty() || size == 0 => Self::Whole,
            Some(specs) => Self::from_ranges(
                specs.iter().filter_map(|spec| spec.resolve(size)).collect(),
                size,
            ),
            None => Self::Unsatisfiable,
        }
    }

    fn from_ranges(mut ranges: Vec<Range<u64>>, size: u64) -> Self {
        let total = ranges
            .iter()
            .map(|range| range.end - range.start)
            .fold(0, u64::saturating_add);
        if ranges.len() > MOST_RANGES || total > size {
            return Self::Whole;
        }
        match (ranges.pop(), ranges.is_empty()) {
            (None, _) => Self::Unsatisfiable,
            (Some(only), true) => Self::One(only),
            (Some(last), false) => {
                ranges.push(last);
                Self::Many(ranges)
            }
        }
    }
}

// === impl Spec ===

/// One member of the set, as it was written.
enum Spec {
    /// `first-` or `first-last`
    From { first: u64, last: u64 },
    /// `-length`
    Suffix { length: u64 },
}

impl Spec {
    /// Empty members of the list are skipped (RFC 9110, section 5.6.1).
    fn parse_set(set: &str) -> Option<Vec<Self>> {
        let members = set
            .split(',')
            .map(str::trim)
            .filter(|member| !member.is_empty());
        members.map(Self::parse).collect()
    }

    fn parse(member: &str) -> Option<Self> {
        match member
            .split_once('-')
            .map(|(first, last)| (first.trim(), last.trim()))?
        {
            ("", length) => Some(Self::Suffix {
                length: parse_position(length)?,
            }),
            (first, "") => Some(Self::From {
                first: parse_position(first)?,
                last: u64::MAX,
            }),
            (first, last) => {
                let (first, last) = (parse_position(first)?, parse_position(last)?);
                (first <= last).then_some(Self::From { first, last })
            }
        }
    }

    fn resolve(&self, size: u64) -> Option<Range<u64>> {
        let range = match *self {
            Self::From { first, last } => first..last.saturating_add(1).min(size),
            Self::Suffix { length } => size.saturating_sub(length)..size,
        };
        (!range.is_empty()).then_some(range)
    }
}

// === private ===

/// A number too large to hold is beyond the end of anything, as is the largest that can be.
fn parse_position(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

fn is_token(text: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_legal)
}

const MOST_RANGES: usize = 32;

#[cfg(test)]
mod tests {
    use super::RangeAnswer::{Many, One, Unsatisfiable, Whole};
    use super::*;

    #[test]
    fn ranges_are_answered_as_go_answers_them() {
        for (header, expect) in [
            ("", Whole),
            ("bytes=", Whole),
            ("bytes=,", Whole),
            ("bytes=0-", One(0..1000)),
            ("bytes=0-0", One(0..1)),
            ("bytes=0-999", One(0..1000)),
            ("bytes=0-1000", One(0..1000)),
            ("bytes=999-", One(999..1000)),
            ("BYTES= 10 - 19 ", One(10..20)),
            ("bytes=0-18446744073709551615", One(0..1000)),
            ("bytes=5-99999999999999999999", One(5..1000)),
            ("bytes=-1", One(999..1000)),
            ("bytes=-1000", One(0..1000)),
            ("bytes=-5000", One(0..1000)),
            ("bytes=-0", Unsatisfiable),
            ("bytes=1000-", Unsatisfiable),
            ("bytes=5000-10000", Unsatisfiable),
            ("bytes=500-0", Unsatisfiable),
            ("bytes=0-4,500-0", Unsatisfiable),
            ("bytes=0-4, 10-14", Many(vec![0..5, 10..15])),
            ("bytes=10-14,0-4,", Many(vec![10..15, 0..5])),
            ("bytes=0-4,5000-", One(0..5)),
            ("bytes=0-,0-0", Whole),
            ("bytes=0-499,500-", Many(vec![0..500, 500..1000])),
            ("items=0-4", Whole),
            ("bytes", Unsatisfiable),
            ("bytes 0-4", Unsatisfiable),
            ("=0-4", Unsatisfiable),
            ("bytes =0-4", Unsatisfiable),
            ("bytes=x-4", Unsatisfiable),
            ("bytes=0-x", Unsatisfiable),
            ("bytes=+0-4", Unsatisfiable),
            ("bytes=--4", Unsatisfiable),
            ("bytes=-", Unsatisfiable),
            ("bytes=4", Unsatisfiable),
            ("bytes=0-4-8", Unsatisfiable),
        ] {
            assert_eq!(
                RangeAnswer::resolve(Some(header), 1000),
                expect,
                "{header:?}"
            );
        }
        assert_eq!(RangeAnswer::resolve(None, 1000), Whole);
    }

    #[test]
    fn too_many_ranges_are_ignored() {
        let set = |count: u64| {
            let members: Vec<_> = (0..count).map(|at| format!("{at}-{at}")).collect();
            RangeAnswer::resolve(Some(&format!("bytes={}", members.join(","))), 1000)
        };
        assert!(matches!(set(32), Many(ranges) if ranges.len() == 32));
        assert_eq!(set(33), Whole);
    }

    #[test]
    fn nothing_is_sent_whole() {
        for header in ["bytes=0-", "bytes=5-9", "bytes=-5", "bytes=-0"] {
            assert_eq!(RangeAnswer::resolve(Some(header), 0), Whole, "{header:?}");
        }
        for header in ["bytes=5-0", "bytes=x", "bytes"] {
            assert_eq!(
                RangeAnswer::resolve(Some(header), 0),
                Unsatisfiable,
                "{header:?}"
            );
        }
    }
}
