//! Blobs by sha512, whether the client said so in time or not.

use bytes::Bytes;
use wharf_spec::Algorithm;
use wharf_store::{FaultPlan, Faulty, FileStore, MemoryStore, Operation, Store};

use super::{append, finish, start};
use crate::fixtures::{paths_with, pull_blob, push_blob, put, repository, sha256, sha512};
use crate::paths;

#[tokio::test]
async fn a_hint_saves_reading_the_bytes_again() {
    for (hint, reads) in [(Algorithm::Sha512, 0), (Algorithm::Sha256, 1)] {
        let root = tempfile::tempdir().unwrap();
        let files = FileStore::new(root.path()).unwrap();
        assert_eq!(reads_for_sha512(files, hint).await, reads, "hint {hint}");
        let memory = MemoryStore::default();
        assert_eq!(reads_for_sha512(memory, hint).await, reads, "hint {hint}");
    }
}

/// Pushes a blob by its sha512, and counts how often its bytes are read for that.
async fn reads_for_sha512(store: impl Store + Clone, hint: Algorithm) -> usize {
    let plan = FaultPlan::default();
    let repository = repository(&Faulty::new(store, plan.clone()), "a");
    let id = repository.start_upload(hint).await.unwrap().id;
    append(&repository, &id, b"hello").await;
    append(&repository, &id, b", ").await;
    let digest = sha512(b"hello, world");
    finish(&repository, &id, b"world", digest).await.unwrap();
    let calls = plan.calls();
    assert_eq!(
        pull_blob(&repository, digest).await.unwrap(),
        "hello, world"
    );
    calls
        .iter()
        .filter(|call| call.operation == Operation::Open)
        .count()
}

#[tokio::test]
async fn a_blob_by_sha512_is_stored_by_sha512_alone() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let digest = sha512(b"hello");
    let mut content = Bytes::from("hello");
    repository.push_blob(digest, &mut content).await.unwrap();
    let expected = [paths::blob_data(digest), paths::layer_link("a", digest)];
    assert_eq!(
        paths_with(&store, ""),
        expected.map(|path| path.to_string())
    );
    assert!(repository.blob(sha256(b"hello")).await.is_err());
}

#[tokio::test]
async fn a_hint_of_sha512_does_not_stand_in_the_way_of_sha256() {
    let repository = crate::fixtures::empty_repository();
    let id = repository.start_upload(Algorithm::Sha512).await.unwrap().id;
    append(&repository, &id, b"hello").await;
    let digest = sha256(b"hello, world");
    finish(&repository, &id, b", world", digest).await.unwrap();
    assert_eq!(
        pull_blob(&repository, digest).await.unwrap(),
        "hello, world"
    );
}

/// distribution stores under its sha256 what it was pushed by its sha512, and links both.
#[tokio::test]
async fn what_distribution_stored_under_its_sha256_is_found_by_its_sha512() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let canonical = push_blob(&repository, "hello").await;
    let named = sha512(b"hello");
    put(
        &store,
        &paths::layer_link("a", named),
        canonical.to_string(),
    )
    .await;
    let blob = repository.blob(named).await.unwrap();
    assert_eq!(blob.digest, named);
    assert_eq!(pull_blob(&repository, named).await.unwrap(), "hello");
    assert_eq!(repository.blob_size(named).await.unwrap(), 5);
}

#[tokio::test]
async fn an_upload_that_distribution_continued_by_sha256_goes_on() {
    let store = MemoryStore::default();
    let here = repository(&store, "a");
    let id = start(&here).await;
    append(&here, &id, b"hello").await;
    // As if this upload had been started here by sha512 and then taken over.
    let path = paths::upload("a", id.as_str(), "hashstates/sha512/0");
    let state = wharf_hash::StreamHasher::new(Algorithm::Sha512).state();
    put(&store, &path, state).await;
    let digest = sha256(b"hello!");
    finish(&here, &id, b"!", digest).await.unwrap();
    assert_eq!(pull_blob(&here, digest).await.unwrap(), "hello!");
}
