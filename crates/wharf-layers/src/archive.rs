//! The archive in a layer: entry after entry, with their contents.
//!
//! The layout of headers is that of the `tar` crate; the loop over them is ours, since that
//! crate's reads long names and PAX records whole, whatever their size, and splits records at
//! newlines, which file names and attributes may have. Where readers differ, what Go's
//! `archive/tar` does is right: it is what Docker and containerd read layers with.

mod content;
mod entry;
mod extension;
mod number;
mod pax;
mod sparse;

use tar::{EntryType, Header};

use crate::error::{Damage, Excess, LayerError, Reason};
use crate::layer::{LayerReader, LayerReport};

use self::content::Content;
use self::extension::Extensions;

pub use entry::{Device, Entry, Kind, Time, Xattr};

/// An archive that is read once, from its beginning to its end.
pub(crate) struct Archive<'a> {
    layer: LayerReader<'a>,
    content: Content,
    buffer: Vec<u8>,
    entries: u64,
    /// Of the current entry, for errors.
    name: Option<Vec<u8>>,
}

const BLOCK: usize = 512;
const BUFFER: usize = 64 * 1024;
/// Of the long names, PAX records and maps of one entry: as much as Go takes.
const MOST_HEADERS: u64 = 1 << 20;

// === impl Archive ===

impl<'a> Archive<'a> {
    pub(crate) fn new(layer: LayerReader<'a>) -> Self {
        Self {
            layer,
            content: Content::default(),
            buffer: vec![0; BUFFER],
            entries: 0,
            name: None,
        }
    }

    /// The next entry, whatever of the last one's content was read; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, Reason> {
        self.skip_content()?;
        self.name = None;
        let mut extensions = Extensions::default();
        loop {
            let Some(header) = self.header()? else {
                return Ok(None);
            };
            let size = number::unsigned(&header.as_old().size, "size")?;
            match header.entry_type() {
                EntryType::XHeader => extensions.read_pax(&self.extension(size)?)?,
                EntryType::GNULongName => extensions.read_long_name(self.extension(size)?),
                EntryType::GNULongLink => extensions.read_long_link(self.extension(size)?),
                // Go: `Reader.next` hands them to its callers, and Docker drops them.
                EntryType::XGlobalHeader => drop(self.extension(size)?),
                _ => return self.begin(&header, size, &extensions).map(Some),
            }
        }
    }

    /// How far source and archive have come, in bytes.
    pub(crate) fn progress(&self) -> (u64, u64) {
        (self.layer.compressed_len(), self.layer.uncompressed_len())
    }

    /// An error of the current entry.
    pub(crate) fn error(&self, reason: Reason) -> LayerError {
        self.layer.error(self.name.clone(), reason)
    }

    pub(crate) fn finish(self) -> Result<LayerReport, LayerError> {
        self.layer.finish(self.entries)
    }

    fn begin(&mut self, header: &Header, size: u64, found: &Extensions) -> Result<Entry, Reason> {
        let name = entry::name(header, found);
        self.name = Some(name.clone());
        let mut entry = entry::read(name, header, found)?;
        self.entries += 1;
        if let Kind::File { size: logical } = &mut entry.kind {
            let stored = found.size().unwrap_or(size);
            self.content = self.content_of(header, stored, found)?;
            *logical = self.content.size;
        }
        let holes = self.content.holes();
        let limits = *self.layer.limits();
        self.layer.usage.count(&limits, holes)?;
        Ok(entry)
    }

    /// The next header; `None` where a block of zeroes, or nothing, is in its place.
    fn header(&mut self) -> Result<Option<Header>, Reason> {
        let mut header = Header::new_old();
        let block = header.as_mut_bytes();
        match self.layer.read(block)? {
            0 => return Ok(None),
            BLOCK => {}
            _ => return Err(Damage::Truncated.into()),
        }
        if block.iter().all(|byte| *byte == 0) {
            return self.end();
        }
        if !number::checksum_is_right(block) {
            return Err(Damage::WrongChecksum.into());
        }
        Ok(Some(header))
    }

    /// Go: two blocks of zeroes end an archive, or one and the end of the stream.
    fn end(&mut self) -> Result<Option<Header>, Reason> {
        let mut block = [0; BLOCK];
        match self.layer.read(&mut block)? {
            0 | BLOCK if block == [0; BLOCK] => Ok(None),
            0 | BLOCK => Err(Damage::WrongChecksum.into()),
            _ => Err(Damage::Truncated.into()),
        }
    }

    /// The content of a header that extends the next one.
    fn extension(&mut self, size: u64) -> Result<Vec<u8>, Reason> {
        if size > MOST_HEADERS {
            return Err(Excess::Headers(MOST_HEADERS).into());
        }
        let mut bytes = vec![0; padded(size) as usize];
        self.fill(&mut bytes)?;
        bytes.truncate(size as usize);
        Ok(bytes)
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Reason> {
        if self.layer.read(buffer)? == buffer.len() {
            Ok(())
        } else {
            Err(Damage::Truncated.into())
        }
    }
}

/// What `size` bytes take in an archive; sizes near the end of the range stay there.
const fn padded(size: u64) -> u64 {
    match size.checked_next_multiple_of(BLOCK as u64) {
        Some(padded) => padded,
        None => u64::MAX,
    }
}
