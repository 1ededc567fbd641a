//! Where images go.

use async_trait::async_trait;
use bytes::Bytes;
use wharf_spec::{Descriptor, Digest, RepositoryName, Tag};

use crate::{Blob, ImageError};

/// What became of a blob that was offered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Taken {
    /// It was there, and nothing was read.
    Existed,
    /// The registry took it from this repository of its own.
    Mounted(RepositoryName),
    /// Its bytes were written.
    Stored,
}

/// A manifest that is to be written.
#[derive(Clone, Debug)]
pub struct PlacedManifest {
    /// What it is: type, digest and size of the bytes; of an index's entry also its platform.
    pub descriptor: Descriptor,
    /// All of it.
    pub bytes: Bytes,
    /// What it is for.
    pub role: Role,
}

/// What a manifest is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Role {
    /// An index that is copied too lists it.
    Child,
    /// It has a subject that is copied too.
    Referrer,
    /// It is about something that is copied too, by this tag.
    Attached(Tag),
    /// It is the image. These are the names it has where the target's place says none: full
    /// names of images, or plain tags.
    Root(Vec<String>),
}

/// A place that images are written to. What a manifest refers to is written before it, the
/// root last, so that whatever was written is whole at every moment.
#[async_trait]
pub trait Target: Send + Sync {
    /// The place, for errors.
    fn place(&self) -> String;

    /// Whether it has an image manifest with all that it refers to.
    ///
    /// # Errors
    /// When it does not say.
    async fn has_manifest(&self, digest: &Digest) -> Result<bool, ImageError>;

    /// Takes a blob, unless it is there.
    ///
    /// # Errors
    /// When the blob cannot be read, is not what its digest says, or cannot be written.
    async fn put_blob(&self, blob: &Blob) -> Result<Taken, ImageError>;

    /// Takes a manifest.
    ///
    /// # Errors
    /// When it cannot be written, or this place has no room for its kind.
    async fn put_manifest(&self, manifest: PlacedManifest) -> Result<(), ImageError>;

    /// Ends it: only then all is there for others.
    ///
    /// # Errors
    /// When that cannot be written.
    async fn finish(&self) -> Result<(), ImageError>;
}
