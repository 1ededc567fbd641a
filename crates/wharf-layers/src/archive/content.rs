//! The content of the entry that was read last.

use tar::{EntryType, GnuExtSparseHeader, GnuSparseHeader, Header};

use crate::error::{Damage, Excess, Reason};

use super::extension::Extensions;
use super::sparse::{self, Map, Segment};
use super::{Archive, BLOCK, MOST_HEADERS, number, padded, pax};

/// What of the current entry is in the archive, and how much of that is left there.
#[derive(Default)]
pub(super) struct Content {
    /// With holes.
    pub(super) size: u64,
    segments: Vec<Segment>,
    stored: u64,
    /// Stored bytes and their padding that were not read yet.
    left: u64,
}

// === impl Content ===

impl Content {
    pub(super) const fn holes(&self) -> u64 {
        self.size.saturating_sub(self.stored)
    }
}

// === impl Archive ===

impl Archive<'_> {
    /// Gives the content of the current entry to `visit`, piece by piece with their offsets, in
    /// order: what is not given is a hole.
    pub(crate) fn content<V>(&mut self, mut visit: V) -> Result<(), Reason>
    where
        V: FnMut(u64, &[u8]) -> Result<(), Reason>,
    {
        let segments = std::mem::take(&mut self.content.segments);
        let mut buffer = std::mem::take(&mut self.buffer);
        let read = segments.iter().try_for_each(|segment| {
            let (mut offset, mut left) = (segment.offset, segment.len);
            while left > 0 {
                let piece = buffer
                    .len()
                    .min(usize::try_from(left).unwrap_or(usize::MAX));
                let piece = buffer.get_mut(..piece).unwrap_or_default();
                self.fill(piece)?;
                let len = piece.len() as u64;
                self.content.left = self.content.left.saturating_sub(len);
                visit(offset, piece)?;
                offset += len;
                left -= len;
            }
            Ok(())
        });
        self.buffer = buffer;
        read
    }

    /// Goes to the end of the current entry.
    pub(super) fn skip_content(&mut self) -> Result<(), Reason> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut left = std::mem::take(&mut self.content).left;
        let mut skipped = Ok(());
        while left > 0 && skipped.is_ok() {
            let piece = buffer
                .len()
                .min(usize::try_from(left).unwrap_or(usize::MAX));
            skipped = self.fill(buffer.get_mut(..piece).unwrap_or_default());
            left -= piece as u64;
        }
        self.buffer = buffer;
        skipped
    }

    pub(super) fn content_of(
        &mut self,
        header: &Header,
        stored: u64,
        found: &Extensions,
    ) -> Result<Content, Reason> {
        let (size, segments, stored, left) = match found.sparse.map()? {
            _ if header.entry_type() == EntryType::GNUSparse => {
                let (size, segments) = self.gnu_map(header)?;
                (size, segments, stored, padded(stored))
            }
            Some((size, Map::Here(segments))) => (size, segments, stored, padded(stored)),
            Some((size, Map::InContent)) => {
                let (segments, taken) = self.map_in_content(stored)?;
                let left = padded(stored).saturating_sub(taken);
                (size, segments, stored.saturating_sub(taken), left)
            }
            None => {
                let whole = Segment {
                    offset: 0,
                    len: stored,
                };
                (stored, vec![whole], stored, padded(stored))
            }
        };
        sparse::check(&segments, size, stored)?;
        Ok(Content {
            size,
            segments,
            stored,
            left,
        })
    }

    /// The map in a header of GNU's, which goes on in further blocks.
    fn gnu_map(&mut self, header: &Header) -> Result<(u64, Vec<Segment>), Reason> {
        let gnu = header.as_gnu().ok_or(Damage::BadSparseMap)?;
        let size = number::unsigned(&gnu.realsize, "size")?;
        let mut segments = Vec::new();
        add(&mut segments, &gnu.sparse)?;
        let mut more = gnu.is_extended();
        while more {
            if (segments.len() * size_of::<Segment>()) as u64 > MOST_HEADERS {
                return Err(Excess::Headers(MOST_HEADERS).into());
            }
            let mut block = GnuExtSparseHeader::new();
            self.fill(block.as_mut_bytes())?;
            // A block without an entry would let this go on for nothing.
            if !add(&mut segments, &block.sparse)? {
                return Err(Damage::BadSparseMap.into());
            }
            more = block.is_extended();
        }
        Ok((size, segments))
    }

    /// Version 1.0: how many segments, then offset and length of each, a line for each number,
    /// in whole blocks. Also tells how many bytes these took.
    fn map_in_content(&mut self, stored: u64) -> Result<(Vec<Segment>, u64), Reason> {
        let mut text = Vec::new();
        let mut expected: Option<u64> = None;
        let mut lines = 0;
        while expected.is_none_or(|expected| lines < expected) {
            if text.len() as u64 >= MOST_HEADERS {
                return Err(Excess::Headers(MOST_HEADERS).into());
            }
            if text.len() as u64 >= padded(stored) {
                return Err(Damage::BadSparseMap.into());
            }
            let mut block = [0; BLOCK];
            self.fill(&mut block)?;
            text.extend(block);
            lines += block.iter().filter(|byte| **byte == b'\n').count() as u64;
            if lines > 0 && expected.is_none() {
                let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
                let segments = pax::number(first, "sparse map")?;
                let numbers = segments
                    .checked_mul(2)
                    .and_then(|numbers| numbers.checked_add(1));
                expected = Some(numbers.ok_or(Damage::BadSparseMap)?);
            }
        }
        let wanted = usize::try_from(expected.unwrap_or_default()).unwrap_or(usize::MAX);
        let numbers = text.split(|byte| *byte == b'\n').take(wanted).skip(1);
        let numbers: Result<Vec<_>, _> = numbers
            .map(|number| pax::number(number, "sparse map"))
            .collect();
        Ok((sparse::pairs(&numbers?)?, text.len() as u64))
    }
}

/// Adds what is there of a header's segments, and tells whether there was any.
fn add(segments: &mut Vec<Segment>, found: &[GnuSparseHeader]) -> Result<bool, Damage> {
    let before = segments.len();
    for segment in found.iter().take_while(|segment| !segment.is_empty()) {
        segments.push(Segment {
            offset: number::unsigned(&segment.offset, "sparse map")?,
            len: number::unsigned(&segment.numbytes, "sparse map")?,
        });
    }
    Ok(segments.len() > before)
}
