//! A place in memory, which does not take what is not whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use wharf_image::{
    Blob, BlobStream, ImageError, PlacedManifest, Role, Root, Source, Taken, Target,
};
use wharf_spec::{Descriptor, Digest, Manifest};

/// What is in it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Memory {
    pub(crate) manifests: BTreeMap<Digest, Bytes>,
    pub(crate) blobs: BTreeMap<Digest, Bytes>,
    pub(crate) roots: Vec<Root>,
    /// An index may speak of what is not there.
    pub(crate) takes_sparse: bool,
    /// Blobs whose bytes are not what they should be.
    pub(crate) broken: BTreeSet<Digest>,
    pub(crate) finished: bool,
    /// How many blobs were read.
    pub(crate) reads: usize,
    pub(crate) most_at_once: usize,
    pub(crate) now: usize,
}

#[derive(Debug, Default)]
pub(crate) struct MemoryPlace(pub(crate) Mutex<Memory>);

impl MemoryPlace {
    pub(crate) fn new(memory: Memory) -> Arc<Self> {
        Arc::new(Self(Mutex::new(memory)))
    }

    pub(crate) fn memory(&self) -> Memory {
        self.0.lock().unwrap().clone()
    }
}

fn missing(what: &Digest) -> ImageError {
    ImageError::NotFound {
        what: what.to_string(),
        place: "memory".to_owned(),
        available: Vec::new(),
    }
}

#[async_trait]
impl Source for MemoryPlace {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    async fn roots(&self) -> Result<Vec<Root>, ImageError> {
        Ok(self.memory().roots)
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<Bytes, ImageError> {
        let memory = self.0.lock().unwrap();
        let found = memory.manifests.get(&descriptor.digest).cloned();
        found.ok_or_else(|| missing(&descriptor.digest))
    }

    async fn blob(&self, descriptor: &Descriptor) -> Result<BlobStream, ImageError> {
        let digest = descriptor.digest;
        let mut memory = self.0.lock().unwrap();
        memory.reads += 1;
        let bytes = memory
            .blobs
            .get(&digest)
            .cloned()
            .ok_or_else(|| missing(&digest))?;
        let mut pieces: Vec<_> = bytes
            .chunks(100_000)
            .map(|it| Ok(bytes.slice_ref(it)))
            .collect();
        if memory.broken.contains(&digest) {
            pieces.pop();
            pieces.push(Err(ImageError::DigestMismatch {
                what: "a broken blob".to_owned(),
                expected: digest,
                found: crate::samples::digest(b""),
            }));
        }
        Ok(BlobStream::new(stream::iter(pieces)))
    }

    async fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, ImageError> {
        let manifests = self.memory().manifests.into_iter();
        let about = |(digest, bytes)| {
            let manifest = Manifest::parse(bytes, None).ok()?;
            let is_about = manifest.subject()?.digest == *subject;
            is_about.then(|| manifest.descriptor(digest))
        };
        Ok(manifests.filter_map(about).collect())
    }
}

#[async_trait]
impl Target for MemoryPlace {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    async fn has_manifest(&self, digest: &Digest) -> Result<bool, ImageError> {
        Ok(self.0.lock().unwrap().manifests.contains_key(digest))
    }

    async fn put_blob(&self, blob: &Blob) -> Result<Taken, ImageError> {
        let digest = blob.descriptor.digest;
        {
            let mut memory = self.0.lock().unwrap();
            if memory.blobs.contains_key(&digest) {
                return Ok(Taken::Existed);
            }
            memory.now += 1;
            memory.most_at_once = memory.most_at_once.max(memory.now);
        }
        let mut stream = blob.open().await?;
        let mut bytes = Vec::new();
        while let Some(piece) = stream.chunk().await? {
            bytes.extend_from_slice(&piece);
            tokio::task::yield_now().await;
        }
        assert_eq!(wharf_hash::digest(digest.algorithm(), &bytes), digest);
        assert_eq!(bytes.len() as u64, blob.descriptor.size);
        let mut memory = self.0.lock().unwrap();
        memory.now -= 1;
        memory.blobs.insert(digest, bytes.into());
        Ok(Taken::Stored)
    }

    async fn put_manifest(&self, manifest: PlacedManifest) -> Result<(), ImageError> {
        let PlacedManifest {
            descriptor,
            bytes,
            role,
        } = manifest;
        assert_eq!(crate::samples::digest(&bytes), descriptor.digest);
        let mut memory = self.0.lock().unwrap();
        let parsed = Manifest::parse(bytes.clone(), None).unwrap();
        for part in parsed.references() {
            let is_there = memory.blobs.contains_key(&part.digest)
                || memory.manifests.contains_key(&part.digest);
            let may_miss = memory.takes_sparse && parsed.media_type().is_index();
            assert!(is_there || may_miss, "{} is not there yet", part.digest);
        }
        memory.manifests.insert(descriptor.digest, bytes);
        if let Role::Root(names) = role {
            memory.roots.push(Root { descriptor, names });
        }
        Ok(())
    }

    async fn finish(&self) -> Result<(), ImageError> {
        self.0.lock().unwrap().finished = true;
        Ok(())
    }
}
