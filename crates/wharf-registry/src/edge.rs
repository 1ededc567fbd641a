//! Blobs by their digest alone, for an edge: whoever asks has been told by the registry that
//! they may have them. Nothing is written.

use std::sync::Arc;

use wharf_cache::BlobCache;
use wharf_spec::Digest;
use wharf_store::{Payload, Store, StoreError, StorePath};

use crate::key::Key;
use crate::{Error, Result};

/// Where blobs are read from.
pub struct EdgeBlobs {
    store: Arc<dyn Store>,
    cache: Option<BlobCache>,
}

// === impl EdgeBlobs ===

impl EdgeBlobs {
    /// Those in this store; those in the cache without asking it.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, cache: Option<BlobCache>) -> Self {
        Self { store, cache }
    }

    /// The blob whose bytes the registry stores at this path, if it is the path of a blob.
    #[must_use]
    pub fn at(path: &str) -> Option<Digest> {
        let mut names = path.strip_suffix("/data")?.rsplit('/');
        let (hex, _, algorithm) = (names.next()?, names.next()?, names.next()?);
        let digest: Digest = format!("{algorithm}:{hex}").parse().ok()?;
        (Key::BlobData(digest).path().as_str() == path).then_some(digest)
    }

    /// The blob, not read yet.
    ///
    /// # Errors
    /// `BlobUnknown`; the store's.
    pub async fn open(&self, digest: Digest) -> Result<Payload> {
        let Some(cache) = &self.cache else {
            return found(digest, self.store.open(&path(digest)).await);
        };
        if let Some(kept) = cache.kept(digest).await {
            return Ok(Payload::File(kept));
        }
        let opened = found(digest, self.store.open(&path(digest)).await)?;
        Ok(cache.nearer(digest, opened).await)
    }

    /// Its size in bytes. Nothing comes to the cache for that.
    ///
    /// # Errors
    /// As [`EdgeBlobs::open`].
    pub async fn size(&self, digest: Digest) -> Result<u64> {
        if let Some(size) = self.cache.as_ref().and_then(|cache| cache.size(digest)) {
            return Ok(size);
        }
        found(digest, self.store.size(&path(digest)).await)
    }
}

fn found<T>(digest: Digest, found: wharf_store::Result<T>) -> Result<T> {
    found.map_err(|error| match error {
        StoreError::NotFound(_) => Error::BlobUnknown(digest),
        error => error.into(),
    })
}

fn path(digest: Digest) -> StorePath {
    Key::BlobData(digest).path()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_path_of_a_blob_is_one() {
        let hex = "ab".repeat(32);
        let digest: Digest = format!("sha256:{hex}").parse().unwrap();
        let right = path(digest);
        assert_eq!(EdgeBlobs::at(right.as_str()), Some(digest));
        let long = "cd".repeat(64);
        let long: Digest = format!("sha512:{long}").parse().unwrap();
        assert_eq!(EdgeBlobs::at(path(long).as_str()), Some(long));
        let root = "docker/registry/v2/blobs";
        for wrong in [
            String::new(),
            "data".to_owned(),
            format!("/{right}"),
            format!("{right}/"),
            format!("x/{right}"),
            format!("{root}/sha256/aa/{hex}/data"),
            format!("{root}/sha256/ab/{}/data", hex.to_uppercase()),
            format!("{root}/sha256/ab/{hex}"),
            format!("{root}/sha256/ab/{hex}/link"),
            format!("{root}/sha512/ab/{hex}/data"),
            format!("{root}/sha256/ab/../ab/{hex}/data"),
            format!("docker/registry/v2/repositories/a/_layers/sha256/{hex}/link"),
        ] {
            assert_eq!(EdgeBlobs::at(&wrong), None, "{wrong}");
        }
    }
}
