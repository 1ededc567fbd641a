//! Manifests that are read from places without an API.

use std::collections::BTreeMap;

use bytes::Bytes;
use wharf_client::RegistryClient;
use wharf_spec::{Descriptor, Digest, Manifest};

use crate::ImageError;
use crate::file::FileSpan;

/// Bytes of a manifest that are read at most.
pub(crate) const MOST: u64 = RegistryClient::MOST_MANIFEST;

/// The bytes of a manifest, if they have its digest. It waits for the disk.
pub(crate) fn read(span: &FileSpan, expected: Digest) -> Result<Bytes, ImageError> {
    let what = format!("the manifest {expected} in {}", span.path().display());
    let bytes = span.read(MOST, &what)?;
    verify(&bytes, expected, what)?;
    Ok(bytes)
}

/// Whether bytes have a digest.
pub(crate) fn verify(bytes: &[u8], expected: Digest, what: String) -> Result<(), ImageError> {
    let found = wharf_hash::digest(expected.algorithm(), bytes);
    if found == expected {
        return Ok(());
    }
    Err(ImageError::DigestMismatch {
        what,
        expected,
        found,
    })
}

/// What a manifest says. A descriptor's type stands for one that the manifest leaves out.
pub(crate) fn parse(bytes: Bytes, descriptor: &Descriptor) -> Result<Manifest, ImageError> {
    let said = Some(descriptor.media_type.as_str()).filter(|it| !it.is_empty());
    // What the manifest says itself counts; a vague descriptor is no reason not to read it.
    let parsed = Manifest::parse(bytes.clone(), None);
    let parsed = parsed.or_else(|first| Manifest::parse(bytes, said).map_err(|_| first));
    parsed.map_err(|source| ImageError::Manifest {
        digest: descriptor.digest,
        source,
    })
}

/// A descriptor that says no more than it has to.
pub(crate) fn descriptor(media_type: &str, digest: Digest, size: u64) -> Descriptor {
    Descriptor {
        media_type: media_type.to_owned(),
        digest,
        size,
        urls: Vec::new(),
        annotations: BTreeMap::new(),
        platform: None,
        artifact_type: None,
    }
}

/// Whether a file has as many bytes as is said of the blob that it should be. Old manifests
/// leave sizes out, which is read as zero.
pub(crate) fn sized(span: &FileSpan, descriptor: &Descriptor) -> Result<(), ImageError> {
    let (found, said) = (span.length(), descriptor.size);
    if found == said || said == 0 {
        return Ok(());
    }
    let what = format!("{} in {}", descriptor.digest, span.path().display());
    let problem = format!("it has {found} bytes, and its manifest says {said}");
    Err(ImageError::damaged(what, problem))
}
