//! Registries over a store, and the shortest way to put something in and to get it out.

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use wharf_registry::{Options, Registry, Repository, Result, StoredManifest};
use wharf_spec::{Algorithm, Digest};
use wharf_store::{Durability, MemoryStore, Payload, Store, StorePath};

/// A registry with the defaults. Another one over the same store is what a restart gives.
pub(crate) fn registry(store: &(impl Store + Clone)) -> Registry {
    Registry::new(Arc::new(store.clone()), Options::default())
}

/// A repository of a new registry over the store.
pub(crate) fn repository(store: &(impl Store + Clone), name: &str) -> Repository {
    registry(store).repository(name.parse().unwrap())
}

/// A repository of a new registry over nothing yet.
pub(crate) fn empty_repository() -> Repository {
    repository(&MemoryStore::default(), "library/app")
}

pub(crate) fn sha256(content: &[u8]) -> Digest {
    wharf_hash::digest(Algorithm::Sha256, content)
}

pub(crate) fn sha512(content: &[u8]) -> Digest {
    wharf_hash::digest(Algorithm::Sha512, content)
}

/// Pushes a blob by its sha256.
pub(crate) async fn push_blob(repository: &Repository, content: impl Into<Bytes>) -> Digest {
    let mut content = content.into();
    let digest = sha256(&content);
    repository.push_blob(digest, &mut content).await.unwrap();
    digest
}

/// A whole blob, as a client reads it.
pub(crate) async fn pull_blob(repository: &Repository, digest: Digest) -> Result<Bytes> {
    let payload = repository.blob(digest).await?.payload;
    Ok(read_all(payload).unwrap())
}

/// The manifest that a tag or a digest stands for.
pub(crate) async fn pull(repository: &Repository, reference: &str) -> Result<StoredManifest> {
    repository.manifest(&reference.parse().unwrap()).await
}

/// Writes to the store behind the registry's back.
pub(crate) async fn put(store: &impl Store, path: &StorePath, content: impl Into<Bytes>) {
    let put = store.put(path, content.into(), Durability::Durable);
    put.await.unwrap();
}

/// The paths of everything in the store that contains `part`.
pub(crate) fn paths_with(store: &MemoryStore, part: &str) -> Vec<String> {
    let paths = store.snapshot().into_keys();
    paths.filter(|path| path.contains(part)).collect()
}

fn read_all(payload: Payload) -> io::Result<Bytes> {
    match payload {
        Payload::Bytes(bytes) => Ok(bytes),
        Payload::File(mut span) => {
            let mut content = BytesMut::new();
            while !span.is_empty() {
                content.extend_from_slice(&span.read_front(1 << 20)?);
            }
            Ok(content.freeze())
        }
        Payload::Remote(span) => panic!("no store here is elsewhere: {span:?}"),
    }
}
