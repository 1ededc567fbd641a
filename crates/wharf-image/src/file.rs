//! A part of a file, read without holding up the runtime.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use wharf_hash::StreamHasher;
use wharf_spec::{Algorithm, Digest};

use crate::{BlobStream, ImageError};

/// So many bytes of a file from a position on. Several can read the same file at once.
#[derive(Clone, Debug)]
pub(crate) struct FileSpan {
    file: Arc<File>,
    path: PathBuf,
    offset: u64,
    length: u64,
}

/// A span that is being read and verified.
struct Reading {
    span: FileSpan,
    expected: Digest,
    position: u64,
    /// `None` at the end.
    hasher: Option<StreamHasher>,
}

/// Runs what waits for disks, or keeps a processor busy, where that holds up nobody.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ImageError> + Send + 'static,
) -> Result<T, ImageError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or(Err(ImageError::Interrupted))
}

// === impl FileSpan ===

impl FileSpan {
    /// All of a file, which has to be a regular one.
    pub(crate) fn new(file: File, path: &Path) -> Result<Self, ImageError> {
        let metadata = file.metadata().map_err(ImageError::file("read", path))?;
        if !metadata.is_file() {
            let problem = "it is no regular file";
            return Err(ImageError::damaged(path.display().to_string(), problem));
        }
        Ok(Self {
            file: Arc::new(file),
            path: path.to_owned(),
            offset: 0,
            length: metadata.len(),
        })
    }

    /// A part of it; `None` if it does not have so much.
    pub(crate) fn part(&self, offset: u64, length: u64) -> Option<Self> {
        let end = offset.checked_add(length)?;
        (end <= self.length).then(|| Self {
            offset: self.offset + offset,
            length,
            ..self.clone()
        })
    }

    /// Which part of its file it is: position and length.
    pub(crate) const fn address(&self) -> (u64, u64) {
        (self.offset, self.length)
    }

    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Fills a buffer from a position on, which the span has to have. It waits for the disk.
    pub(crate) fn read_at(&self, position: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, self.offset + position)
    }

    /// Waits until the disk has the file.
    pub(crate) fn sync(&self) -> Result<(), ImageError> {
        let synced = self.file.sync_all();
        synced.map_err(ImageError::file("sync", &self.path))
    }

    /// All of it, if that is not more than `most` bytes. It waits for the disk.
    pub(crate) fn read(&self, most: u64, what: &str) -> Result<Bytes, ImageError> {
        if self.length > most {
            return Err(ImageError::TooLarge {
                what: what.to_owned(),
                size: self.length,
                most,
            });
        }
        // It fits, since `most` does.
        let mut bytes = vec![0; usize::try_from(self.length).unwrap_or(0)];
        self.read_at(0, &mut bytes)
            .map_err(ImageError::file("read", &self.path))?;
        Ok(bytes.into())
    }

    /// The digest of all of it. It waits for the disk.
    pub(crate) fn digest(&self, algorithm: Algorithm) -> Result<Digest, ImageError> {
        self.hash(algorithm).map(StreamHasher::finish)
    }

    /// The hash of all of it, to which more can be given. It waits for the disk.
    pub(crate) fn hash(&self, algorithm: Algorithm) -> Result<StreamHasher, ImageError> {
        let mut hasher = StreamHasher::new(algorithm);
        let mut buffer = vec![0; PIECE];
        let mut position = 0;
        while position < self.length {
            let length = piece(self.length - position);
            let buffer = buffer.get_mut(..length).unwrap_or_default();
            self.read_at(position, buffer)
                .map_err(ImageError::file("read", &self.path))?;
            hasher.update(buffer);
            position += buffer.len() as u64;
        }
        Ok(hasher)
    }

    /// Its bytes, which have to have a digest.
    pub(crate) fn stream(self, expected: Digest) -> BlobStream {
        let reading = Reading {
            span: self,
            expected,
            position: 0,
            hasher: Some(StreamHasher::new(expected.algorithm())),
        };
        BlobStream::new(stream::try_unfold(reading, |reading| async {
            if reading.hasher.is_none() {
                return Ok(None);
            }
            blocking(move || reading.next()).await
        }))
    }
}

// === impl Reading ===

impl Reading {
    /// Reads and hashes the next piece; the last one only counts if the digest is right.
    fn next(mut self) -> Result<Option<(Bytes, Self)>, ImageError> {
        let mut bytes = vec![0; piece(self.span.length - self.position)];
        self.span
            .read_at(self.position, &mut bytes)
            .map_err(ImageError::file("read", &self.span.path))?;
        self.position += bytes.len() as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&bytes);
        }
        if self.position == self.span.length {
            let found = self.hasher.take().map(StreamHasher::finish);
            let expected = self.expected;
            if let Some(found) = found.filter(|found| *found != expected) {
                let what = format!("{expected} in {}", self.span.path.display());
                return Err(ImageError::DigestMismatch {
                    what,
                    expected,
                    found,
                });
            }
        }
        Ok((!bytes.is_empty()).then(|| (bytes.into(), self)))
    }
}

// === private ===

fn piece(left: u64) -> usize {
    usize::try_from(left).map_or(PIECE, |left| left.min(PIECE))
}

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;
