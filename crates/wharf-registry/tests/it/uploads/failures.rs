//! Uploads that come to nothing, and what is left of them.

use bytes::Bytes;
use wharf_registry::Error;
use wharf_spec::{Algorithm, UploadId};
use wharf_store::MemoryStore;

use super::{append, finish, size, start};
use crate::bodies::Pieces;
use crate::fixtures::{empty_repository, push_blob, put, registry, repository, sha256, sha512};
use crate::paths;

#[tokio::test]
async fn content_with_another_digest_leaves_nothing_behind() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    push_blob(&repository, "something else").await;
    let before = store.snapshot();
    for named in [sha256(b"expected"), sha512(b"expected")] {
        let mut content = Bytes::from("received");
        let error = repository.push_blob(named, &mut content).await.unwrap_err();
        let received = wharf_hash::digest(named.algorithm(), b"received");
        assert!(
            matches!(error, Error::DigestMismatch { named: it, computed } if it == named && computed == received),
            "{error:?}"
        );
        assert_eq!(store.snapshot(), before);

        let id = start(&repository).await;
        append(&repository, &id, b"recei").await;
        let finished = finish(&repository, &id, b"ved", named).await;
        assert!(
            matches!(finished, Err(Error::DigestMismatch { .. })),
            "{finished:?}"
        );
        assert_eq!(store.snapshot(), before);
        let gone = repository.upload(&id).await.err().unwrap();
        assert!(matches!(gone, Error::UploadUnknown(_)), "{gone:?}");
    }
}

#[tokio::test]
async fn a_cancelled_upload_leaves_nothing_behind() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    push_blob(&repository, "something else").await;
    let before = store.snapshot();
    for algorithm in Algorithm::ALL {
        let id = repository.start_upload(algorithm).await.unwrap().id;
        append(&repository, &id, b"hello").await;
        let upload = repository.upload(&id).await.unwrap();
        upload.cancel().await.unwrap();
        assert_eq!(store.snapshot(), before);
        let status = repository.upload_status(&id).await.unwrap_err();
        assert!(matches!(status, Error::UploadUnknown(_)), "{status:?}");
    }
}

#[tokio::test]
async fn a_blob_that_breaks_off_in_its_only_request_leaves_nothing_behind() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    push_blob(&repository, "something else").await;
    let before = store.snapshot();
    let mut body = Pieces::broken_after(b"hello");
    let push = repository
        .push_blob(sha256(b"hello world"), &mut body)
        .await;
    assert!(matches!(push, Err(Error::Interrupted(_))), "{push:?}");
    assert_eq!(store.snapshot(), before);
}

#[tokio::test]
async fn an_upload_is_unknown_unless_it_was_started_here() {
    let store = MemoryStore::default();
    let registry = registry(&store);
    let here = registry.repository("a".parse().unwrap());
    let there = registry.repository("a/b".parse().unwrap());
    let of_there = start(&there).await;
    let never_started: UploadId = "0198c3a2-7e5b-7c3e-9f00-0123456789ab".parse().unwrap();
    let before = store.snapshot();
    for id in [&of_there, &never_started] {
        let error = here.upload(id).await.err().unwrap();
        assert!(
            matches!(&error, Error::UploadUnknown(it) if it == id),
            "{error:?}"
        );
        let error = here.upload_status(id).await.unwrap_err();
        assert!(
            matches!(&error, Error::UploadUnknown(it) if it == id),
            "{error:?}"
        );
    }
    assert_eq!(store.snapshot(), before, "asking creates nothing");
    assert_eq!(size(&there, &of_there).await, 0);
}

/// What a removal that was cut short leaves behind. distribution: storage/linkedblobstore.go,
/// `Resume`
#[tokio::test]
async fn bytes_without_their_start_are_no_upload() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    put(&store, &paths::upload("a", "x", "data"), "hello").await;
    let id = "x".parse().unwrap();
    let error = repository.upload(&id).await.err().unwrap();
    assert!(matches!(error, Error::UploadUnknown(_)), "{error:?}");
    let status = repository.upload_status(&id).await;
    assert!(matches!(status, Err(Error::UploadUnknown(_))), "{status:?}");
}

#[tokio::test]
async fn a_finished_upload_is_unknown() {
    let repository = empty_repository();
    let id = start(&repository).await;
    finish(&repository, &id, b"", sha256(b"")).await.unwrap();
    let again = repository.upload(&id).await.err().unwrap();
    assert!(matches!(again, Error::UploadUnknown(_)), "{again:?}");
}
