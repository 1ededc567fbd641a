//! Blobs on their way: streams that are verified, and what can be opened again.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use futures_core::Stream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use wharf_client::{RegistryHost, UploadBytes, UploadSource};
use wharf_hash::StreamHasher;
use wharf_spec::{Descriptor, RepositoryName};

use crate::ImageError;
use crate::source::Source;

/// The bytes of a blob, in order. Whoever makes one verifies it: the last piece is given only
/// when the digest of all is right, else an error.
pub struct BlobStream(Pin<Box<dyn Stream<Item = Result<Bytes, ImageError>> + Send>>);

/// A blob that is to be copied, where it can be had from, and who is told of its bytes.
#[derive(Clone)]
pub struct Blob {
    /// What it is; the size is that of all its bytes.
    pub descriptor: Descriptor,
    source: Arc<dyn Source>,
    watch: Arc<dyn Fn(u64) + Send + Sync>,
}

// === impl BlobStream ===

impl BlobStream {
    /// A stream whose maker verifies it.
    pub fn new(stream: impl Stream<Item = Result<Bytes, ImageError>> + Send + 'static) -> Self {
        Self(Box::pin(stream))
    }

    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// When the bytes cannot be read or are not those of the blob.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ImageError> {
        self.0.next().await.transpose()
    }

    /// The same without its first bytes, which are read all the same.
    fn skip(self, bytes: u64) -> impl Stream<Item = Result<Bytes, ImageError>> + Send {
        let mut left = bytes;
        self.0.map_ok(move |mut piece| {
            let skipped = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
            piece.advance(skipped);
            left -= skipped as u64;
            piece
        })
    }
}

impl fmt::Debug for BlobStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlobStream")
    }
}

// === impl Blob ===

impl Blob {
    /// A blob of a source. `watch` is told how many bytes each piece has that is read.
    pub fn new(
        descriptor: Descriptor,
        source: Arc<dyn Source>,
        watch: impl Fn(u64) + Send + Sync + 'static,
    ) -> Self {
        Self {
            descriptor,
            source,
            watch: Arc::new(watch),
        }
    }

    /// Its bytes.
    ///
    /// # Errors
    /// When the source does not have it.
    pub async fn open(&self) -> Result<BlobStream, ImageError> {
        Ok(self.watched(self.source.blob(&self.descriptor).await?))
    }

    /// The bytes after those that are there, whose hash this is; `None` where all of them have
    /// to be read ([`Source::rest`]).
    #[must_use]
    pub fn rest(&self, begun: StreamHasher) -> Option<BlobStream> {
        let there = begun.len();
        let rest = self.source.rest(&self.descriptor, begun)?;
        (self.watch)(there);
        Some(self.watched(rest))
    }

    fn watched(&self, stream: BlobStream) -> BlobStream {
        let watch = Arc::clone(&self.watch);
        BlobStream::new(stream.0.inspect_ok(move |piece| watch(piece.len() as u64)))
    }

    /// The repository that it comes from, if that is one of a registry.
    #[must_use]
    pub fn home(&self) -> Option<(&RegistryHost, &RepositoryName)> {
        self.source.home()
    }
}

/// A registry that lost a part asks for the blob from there on: the part before is read again
/// from the source and left out.
impl UploadSource for Blob {
    fn open(&self, offset: u64) -> UploadBytes {
        let blob = self.clone();
        let opened = stream::once(async move {
            let stream = Self::open(&blob).await.map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>(stream.skip(offset).map_err(std::io::Error::other))
        });
        Box::pin(opened.try_flatten())
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Blob")
            .field(&self.descriptor.digest)
            .finish()
    }
}
