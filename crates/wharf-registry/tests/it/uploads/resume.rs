//! Uploads that go on after a broken connection, after a restart, or after distribution.

use bytes::Bytes;
use wharf_hash::StreamHasher;
use wharf_registry::Error;
use wharf_spec::{Algorithm, UploadId};
use wharf_store::{FaultPlan, Faulty, MemoryStore, Operation, Store};

use super::{append, finish, range, size, start};
use crate::bodies::Pieces;
use crate::fixtures::{pull_blob, put, repository, sha256};
use crate::paths;

/// Go 1.26: `MarshalBinary` of crypto/sha256 after 65 bytes, the byte at `i` being `i`.
const GO_STATE: &str = "\
    73686103fc99a2df88f42a7a7bb9d18033cdc6a20256755f9d5b9a5044a9cc315abe84a7400000000000000000\
    000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
    000000000000000000000000000000000041";

#[tokio::test]
async fn what_came_before_the_connection_broke_is_kept() {
    let repository = crate::fixtures::empty_repository();
    let id = start(&repository).await;
    append(&repository, &id, b"hello").await;

    let upload = repository.upload(&id).await.unwrap();
    let mut body = Pieces::broken_after(b", wor");
    let append = upload.append(range("5-11"), &mut body).await;
    assert!(matches!(append, Err(Error::Interrupted(_))), "{append:?}");
    assert_eq!(size(&repository, &id).await, 10);

    let digest = sha256(b"hello, world");
    let upload = repository.upload(&id).await.unwrap();
    let mut body = Pieces::broken_after(b"l");
    let finish = upload.finish(range("10-11"), &mut body, digest).await;
    assert!(matches!(finish, Err(Error::Interrupted(_))), "{finish:?}");

    let upload = repository.upload(&id).await.unwrap();
    let mut rest = Bytes::from("d");
    upload
        .finish(range("11-11"), &mut rest, digest)
        .await
        .unwrap();
    assert_eq!(
        pull_blob(&repository, digest).await.unwrap(),
        "hello, world"
    );
}

/// What happens to the hash state between the requests, and whether the bytes must be
/// read again for it.
#[tokio::test]
async fn an_upload_goes_on_after_a_restart_with_or_without_its_hash_state() {
    let state = |algorithm, content: &[u8]| {
        let mut hasher = StreamHasher::new(algorithm);
        hasher.update(content);
        Some(hasher.state())
    };
    let good = state(Algorithm::Sha256, b"hello").unwrap();
    let mut garbled = good.clone();
    garbled[1] ^= 1;
    for (what, state, reads) in [
        ("as it was", Some(good.clone()), 0),
        ("gone", None, 1),
        ("empty", Some(Vec::new()), 1),
        ("zeroes", Some(vec![0; 108]), 1),
        ("cut off", Some(good[..50].to_vec()), 1),
        ("too long", Some([&good[..], &[0; 5000]].concat()), 1),
        ("another magic", Some(garbled), 1),
        ("of another length", state(Algorithm::Sha256, b"hell"), 1),
        ("of another hash", state(Algorithm::Sha512, b"hello"), 1),
    ] {
        let store = MemoryStore::default();
        let before = repository(&store, "a");
        let id = start(&before).await;
        append(&before, &id, b"hello").await;
        let path = paths::upload("a", id.as_str(), "hashstates/sha256/5");
        assert_eq!(store.read(&path, 1000).await.unwrap(), good, "Go's layout");
        match state {
            Some(state) => put(&store, &path, state).await,
            None => store.remove(&path).await.unwrap(),
        }
        assert_eq!(reads_to_finish(&store, &id).await, reads, "{what}");
    }
}

#[tokio::test]
async fn an_upload_that_distribution_began_goes_on_from_its_hash_state() {
    for with_state in [true, false] {
        let store = MemoryStore::default();
        let content: Vec<u8> = (0..65).collect();
        let id = "5b7c9c1e-7a51-4d0d-8f6c-1a2b3c4d5e6f";
        put(
            &store,
            &paths::upload("a", id, "startedat"),
            "2024-05-06T07:08:09Z",
        )
        .await;
        put(&store, &paths::upload("a", id, "data"), content.clone()).await;
        if with_state {
            let state = unhex(GO_STATE);
            put(
                &store,
                &paths::upload("a", id, "hashstates/sha256/65"),
                state,
            )
            .await;
        }
        let plan = FaultPlan::default();
        let faulty = Faulty::new(store.clone(), plan.clone());
        let repository = repository(&faulty, "a");
        let upload = repository.upload(&id.parse().unwrap()).await.unwrap();
        assert_eq!(upload.status().size, 65);
        let digest = sha256(&[&content[..], b"rest"].concat());
        let mut rest = Bytes::from("rest");
        upload
            .finish(range("65-68"), &mut rest, digest)
            .await
            .unwrap();
        assert_eq!(opened(&plan), usize::from(!with_state));
        assert_eq!(repository.blob_size(digest).await.unwrap(), 69);
    }
}

/// distribution 2.8 and other drivers make the file with the first bytes.
#[tokio::test]
async fn an_upload_without_a_file_yet_stands_at_zero() {
    let store = MemoryStore::default();
    put(
        &store,
        &paths::upload("a", "x", "startedat"),
        "2024-05-06T07:08:09Z",
    )
    .await;
    let repository = repository(&store, "a");
    let id: UploadId = "x".parse().unwrap();
    assert_eq!(size(&repository, &id).await, 0);
    finish(&repository, &id, b"", sha256(b"")).await.unwrap();
}

/// Finishes the upload of "hello, world" at "hello" in a new process, and counts how often
/// its bytes are read for that.
async fn reads_to_finish(store: &MemoryStore, id: &UploadId) -> usize {
    let plan = FaultPlan::default();
    let repository = repository(&Faulty::new(store.clone(), plan.clone()), "a");
    let digest = sha256(b"hello, world");
    let upload = repository.upload(id).await.unwrap();
    let mut rest = Bytes::from(", world");
    upload
        .finish(range("5-11"), &mut rest, digest)
        .await
        .unwrap();
    let opened = opened(&plan);
    assert_eq!(
        pull_blob(&repository, digest).await.unwrap(),
        "hello, world"
    );
    opened
}

fn opened(plan: &FaultPlan) -> usize {
    let calls = plan.calls();
    calls
        .iter()
        .filter(|call| call.operation == Operation::Open)
        .count()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
