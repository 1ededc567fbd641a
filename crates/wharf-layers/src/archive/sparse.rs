//! Which parts of a file are in the archive, and which are holes: GNU tar's own headers, and the
//! versions 0.0, 0.1 and 1.0 of its PAX records (GNU tar manual, "Storing Sparse Files").

use crate::error::Damage;

use super::pax;

/// A part of a file that is in the archive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Segment {
    pub(super) offset: u64,
    pub(super) len: u64,
}

/// What PAX records say of holes.
#[derive(Default)]
pub(super) struct PaxSparse {
    name: Option<Vec<u8>>,
    major: Option<u64>,
    size: Option<u64>,
    /// Offsets and lengths in turn; `None` where no record has any.
    numbers: Option<Vec<u64>>,
}

/// Where the map is.
pub(super) enum Map {
    /// Here.
    Here(Vec<Segment>),
    /// Before the content of the entry.
    InContent,
}

/// As many as have room in the headers of one entry.
const MOST_SEGMENTS: usize = 1 << 17;

// === impl PaxSparse ===

impl PaxSparse {
    pub(super) fn read(&mut self, key: &[u8], value: &[u8]) -> Result<(), Damage> {
        match key {
            b"name" if !value.is_empty() => self.name = Some(value.to_owned()),
            b"major" => self.major = Some(pax::number(value, "sparse version")?),
            b"size" | b"realsize" => self.size = Some(pax::number(value, "size")?),
            b"map" => {
                let numbers = value
                    .split(|byte| *byte == b',')
                    .filter(|number| !number.is_empty());
                let numbers = numbers.map(|number| pax::number(number, "sparse map"));
                self.numbers = Some(numbers.collect::<Result<_, _>>()?);
            }
            b"offset" | b"numbytes" => {
                let number = pax::number(value, "sparse map")?;
                self.numbers.get_or_insert_default().push(number);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn name(&self) -> Option<&[u8]> {
        self.name.as_deref()
    }

    /// The size with holes, and the map, if the file is a sparse one.
    pub(super) fn map(&self) -> Result<Option<(u64, Map)>, Damage> {
        match (self.major, self.size, &self.numbers) {
            (Some(1..), Some(size), _) => Ok(Some((size, Map::InContent))),
            (_, Some(size), Some(numbers)) => Ok(Some((size, Map::Here(pairs(numbers)?)))),
            _ => Ok(None),
        }
    }
}

/// Segments of offsets and lengths in turn.
pub(super) fn pairs(numbers: &[u64]) -> Result<Vec<Segment>, Damage> {
    let (pairs, rest) = numbers.as_chunks();
    if !rest.is_empty() || pairs.len() > MOST_SEGMENTS {
        return Err(Damage::BadSparseMap);
    }
    Ok(pairs
        .iter()
        .map(|&[offset, len]| Segment { offset, len })
        .collect())
}

/// Whether the segments are in order, apart, within the file, and as long as what is stored.
pub(super) fn check(segments: &[Segment], size: u64, stored: u64) -> Result<(), Damage> {
    let mut end = 0;
    let mut sum: u64 = 0;
    for segment in segments {
        let next = segment.offset.checked_add(segment.len);
        let next = next.filter(|next| segment.offset >= end && *next <= size);
        end = next.ok_or(Damage::BadSparseMap)?;
        sum = sum.checked_add(segment.len).ok_or(Damage::BadSparseMap)?;
    }
    if sum == stored && size <= i64::MAX as u64 && segments.len() <= MOST_SEGMENTS {
        Ok(())
    } else {
        Err(Damage::BadSparseMap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_that_lie() {
        let check = |numbers: &[u64], size, stored| {
            pairs(numbers).and_then(|segments| check(&segments, size, stored))
        };
        assert_eq!(check(&[0, 10, 20, 5, 40, 0], 40, 15), Ok(()));
        assert_eq!(check(&[], 40, 0), Ok(()));
        for (numbers, size, stored) in [
            (&[0, 10, 5, 5][..], 40, 15),
            (&[20, 5, 0, 10], 40, 15),
            (&[0, 50], 40, 50),
            (&[0, 10], 40, 9),
            (&[u64::MAX, 2], 40, 2),
            (&[0], 40, 0),
        ] {
            assert!(check(numbers, size, stored).is_err(), "{numbers:?}");
        }
    }
}
