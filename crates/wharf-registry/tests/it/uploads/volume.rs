//! Bodies that are long, or in very many pieces.

use std::sync::Arc;

use bytes::Bytes;
use wharf_hash::StreamHasher;
use wharf_registry::{Options, Registry};
use wharf_spec::Algorithm;
use wharf_store::{FaultPlan, Faulty, FileStore, MemoryStore, Operation};

use super::start;
use crate::bodies::{Counted, Pieces};
use crate::fixtures::{empty_repository, pull_blob, repository, sha256};

#[tokio::test]
async fn frames_may_be_tiny_and_very_many() {
    let repository = empty_repository();
    let content: Vec<u8> = (0..20_000_u32).map(|at| at as u8).collect();
    // Every other frame is empty.
    let pieces = content.chunks(1).flat_map(|byte| [byte, &[]]);
    let digest = sha256(&content);
    repository
        .push_blob(digest, &mut Pieces::new(pieces.clone()))
        .await
        .unwrap();
    assert_eq!(pull_blob(&repository, digest).await.unwrap(), content);

    let id = start(&repository).await;
    let upload = repository.upload(&id).await.unwrap();
    let mut body = Pieces::new(pieces);
    assert_eq!(upload.append(None, &mut body).await.unwrap().size, 20_000);
}

#[tokio::test]
async fn one_frame_may_be_larger_than_any_batch() {
    let repository = empty_repository();
    let content = Bytes::from(vec![7; 5 << 20]);
    let digest = sha256(&content);
    repository
        .push_blob(digest, &mut content.clone())
        .await
        .unwrap();
    assert!(pull_blob(&repository, digest).await.unwrap() == content);
}

#[tokio::test]
async fn a_long_body_needs_the_memory_of_two_batches() {
    const FRAMES: usize = 1024;
    const SIZE: usize = 64 << 10;
    let mut hasher = StreamHasher::new(Algorithm::Sha256);
    for left in (0..FRAMES).rev() {
        hasher.update(&Counted::content(left, SIZE));
    }
    let digest = hasher.finish();
    let root = tempfile::tempdir().unwrap();
    let store = Arc::new(FileStore::new(root.path()).unwrap());
    let repository = Registry::new(store, Options::default()).repository("a".parse().unwrap());
    let mut body = Counted::new(FRAMES, SIZE);
    repository.push_blob(digest, &mut body).await.unwrap();
    assert_eq!(repository.blob_size(digest).await.unwrap(), 64 << 20);
    assert_eq!(
        sha256(&pull_blob(&repository, digest).await.unwrap()),
        digest
    );
    // A batch has 256 KiB, and one fills while one is written.
    assert!(
        body.most_alive <= 2 * (256 << 10) / SIZE,
        "{} frames at once",
        body.most_alive
    );
}

/// An upload may hold half a mebibyte, but not each of thousands.
#[tokio::test]
async fn many_uploads_at_once_write_in_smaller_batches() {
    let plan = FaultPlan::default();
    let repository = repository(&Faulty::new(MemoryStore::default(), plan.clone()), "a");
    let content = vec![7; 2 << 20];
    let digest = sha256(&content);
    let writes = async || {
        let before = plan.calls().len();
        let mut body = Pieces::new(content.chunks(16 << 10));
        repository.push_blob(digest, &mut body).await.unwrap();
        let calls = plan.calls().into_iter().skip(before);
        calls
            .filter(|call| call.operation == Operation::Write)
            .count()
    };
    assert_eq!(writes().await, 8);
    let mut others = Vec::new();
    for _ in 0..2047 {
        let id = start(&repository).await;
        others.push(repository.upload(&id).await.unwrap());
    }
    assert_eq!(writes().await, 32, "64 KiB each");
    drop(others);
    assert_eq!(writes().await, 8);
}
