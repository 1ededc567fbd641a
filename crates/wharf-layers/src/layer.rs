//! One layer: from what its source gives to verified uncompressed bytes.

use std::io::{self, BufReader, ErrorKind, Read};

use wharf_spec::{Descriptor, Digest};

use crate::compression::{Decoder, check_media_type};
use crate::error::{Damage, LayerError, Reason};
use crate::limits::{Limits, Usage};
use crate::tally::Tally;

/// A layer that can be read once.
pub struct LayerSource {
    /// What the manifest says of it: type, digest and size of the compressed bytes.
    pub descriptor: Descriptor,
    /// What the configuration says: the digest of the uncompressed bytes.
    pub diff_id: Digest,
    /// The compressed bytes, read on a thread that may block.
    pub bytes: Box<dyn Read + Send>,
}

/// What was found of a layer that was read to its end and is the one that was promised.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LayerReport {
    /// The digest of the uncompressed bytes.
    pub diff_id: Digest,
    /// Bytes as they came.
    pub compressed: u64,
    /// Bytes of the archive.
    pub uncompressed: u64,
    /// Entries of the archive, whiteouts among them.
    pub entries: u64,
}

type Compressed = BufReader<Tally<Box<dyn Read + Send>>>;

/// The uncompressed bytes, with everything that is checked of them.
pub(crate) struct LayerReader<'a> {
    position: usize,
    descriptor: Descriptor,
    diff_id: Digest,
    stream: BufReader<Tally<Decoder<Compressed>>>,
    limits: &'a Limits,
    pub(crate) usage: &'a mut Usage,
}

/// As much as a decompressor asks for at once.
const BUFFER: usize = 128 * 1024;

// === impl LayerReader ===

impl<'a> LayerReader<'a> {
    pub(crate) fn open(
        source: LayerSource,
        position: usize,
        limits: &'a Limits,
        usage: &'a mut Usage,
    ) -> Result<Self, LayerError> {
        let LayerSource {
            descriptor,
            diff_id,
            bytes,
        } = source;
        let at = |reason: Reason| LayerError {
            position,
            digest: descriptor.digest,
            entry: None,
            reason: Box::new(reason),
        };
        check_media_type(&descriptor.media_type).map_err(|damage| at(damage.into()))?;
        let tally = Tally::new(bytes, descriptor.digest.algorithm());
        let mut compressed = BufReader::with_capacity(BUFFER, tally);
        let start = io::BufRead::fill_buf(&mut compressed).map(<[u8]>::len);
        start.map_err(|error| {
            at(Reason::Source(
                compressed.get_mut().take_failure().unwrap_or(error),
            ))
        })?;
        let decoder = Decoder::new(compressed).map_err(|error| at(Reason::Source(error)))?;
        let stream = Tally::new(decoder, diff_id.algorithm());
        let stream = BufReader::with_capacity(BUFFER, stream);
        Ok(Self {
            position,
            descriptor,
            diff_id,
            stream,
            limits,
            usage,
        })
    }

    pub(crate) fn limits(&self) -> &Limits {
        self.limits
    }

    pub(crate) fn compressed_len(&self) -> u64 {
        self.tally().inner().compressed().get_ref().len()
    }

    pub(crate) fn uncompressed_len(&self) -> u64 {
        self.tally().len()
    }

    /// As much as there is, at most the buffer: less than that only at the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Reason> {
        let mut filled = 0;
        while let Some(space) = buffer.get_mut(filled..).filter(|space| !space.is_empty()) {
            match self.stream.read(space) {
                Ok(0) => break,
                Ok(len) => filled += len,
                Err(error) => return Err(self.failure(&error)),
            }
        }
        let (compressed, uncompressed) = (self.compressed_len(), self.uncompressed_len());
        if compressed > self.descriptor.size {
            return Err(self.wrong_size());
        }
        self.usage.progress(self.limits, compressed, uncompressed)?;
        Ok(filled)
    }

    /// Reads what follows the archive, and compares what was promised.
    pub(crate) fn finish(mut self, entries: u64) -> Result<LayerReport, LayerError> {
        self.verify(entries)
            .map_err(|reason| self.error(None, reason))
    }

    pub(crate) fn error(&self, entry: Option<Vec<u8>>, reason: Reason) -> LayerError {
        let digest = self.descriptor.digest;
        LayerError {
            position: self.position,
            digest,
            entry,
            reason: Box::new(reason),
        }
    }

    fn verify(&mut self, entries: u64) -> Result<LayerReport, Reason> {
        let mut rest = vec![0; BUFFER];
        while self.read(&mut rest)? > 0 {}
        // What a decompressor leaves unread is part of the blob.
        let compressed = self.stream.get_mut().inner_mut().compressed_mut();
        while compressed
            .read(&mut rest)
            .map_err(|error| Reason::Source(compressed.get_mut().take_failure().unwrap_or(error)))?
            > 0
        {
            if compressed.get_ref().len() > self.descriptor.size {
                break;
            }
        }
        if self.compressed_len() != self.descriptor.size {
            return Err(self.wrong_size());
        }
        let found = self.tally().inner().compressed().get_ref().digest();
        let expected = self.descriptor.digest;
        if found != expected {
            return Err(Damage::WrongDigest { expected, found }.into());
        }
        let (expected, found) = (self.diff_id, self.tally().digest());
        if found != expected {
            return Err(Damage::WrongDiffId { expected, found }.into());
        }
        self.usage.end_layer(self.tally().len());
        Ok(LayerReport {
            diff_id: found,
            compressed: self.compressed_len(),
            uncompressed: self.uncompressed_len(),
            entries,
        })
    }

    fn tally(&self) -> &Tally<Decoder<Compressed>> {
        self.stream.get_ref()
    }

    fn failure(&mut self, error: &io::Error) -> Reason {
        let source = self
            .stream
            .get_mut()
            .inner_mut()
            .compressed_mut()
            .get_mut()
            .take_failure();
        match source {
            Some(failure) => Reason::Source(failure),
            // Cut short: the blob is at fault, not its compression.
            None if error.kind() == ErrorKind::UnexpectedEof
                && self.compressed_len() < self.descriptor.size =>
            {
                self.wrong_size()
            }
            None => match self.stream.get_mut().take_failure() {
                Some(failure) => Damage::Compression(failure.to_string()).into(),
                None => Damage::Compression(error.to_string()).into(),
            },
        }
    }

    fn wrong_size(&self) -> Reason {
        let (expected, found) = (self.descriptor.size, self.compressed_len());
        Damage::WrongSize { expected, found }.into()
    }
}
