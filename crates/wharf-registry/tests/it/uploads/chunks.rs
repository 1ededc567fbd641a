//! Chunks and their ranges.

use bytes::Bytes;
use wharf_registry::{Error, NoFrames};
use wharf_store::MemoryStore;

use super::{append, finish, range, size, start};
use crate::bodies::Pieces;
use crate::fixtures::{empty_repository, paths_with, pull_blob, repository, sha256};

#[tokio::test]
async fn chunks_with_ranges_become_a_blob() {
    let repository = empty_repository();
    let id = start(&repository).await;
    assert_eq!(size(&repository, &id).await, 0);
    for (text, chunk) in [("0-4", "hello"), ("5-5", ","), ("6-11", " world")] {
        let upload = repository.upload(&id).await.unwrap();
        let mut frames = Bytes::from(chunk);
        let status = upload.append(range(text), &mut frames).await.unwrap();
        assert_eq!(
            (&status.id, status.size),
            (&id, size(&repository, &id).await)
        );
    }
    let upload = repository.upload(&id).await.unwrap();
    assert_eq!(upload.status().size, 12);
    let digest = sha256(b"hello, world!");
    let mut last = Bytes::from("!");
    let finish = upload.finish(range("12-12"), &mut last, digest);
    finish.await.unwrap();
    assert_eq!(
        pull_blob(&repository, digest).await.unwrap(),
        "hello, world!"
    );
    assert_eq!(repository.blob_size(digest).await.unwrap(), 13);
}

#[tokio::test]
async fn the_last_request_may_bring_everything_or_nothing() {
    let repository = empty_repository();
    let digest = sha256(b"all");
    let id = start(&repository).await;
    finish(&repository, &id, b"all", digest).await.unwrap();
    assert_eq!(pull_blob(&repository, digest).await.unwrap(), "all");

    let digest = sha256(b"before");
    let id = start(&repository).await;
    append(&repository, &id, b"before").await;
    let upload = repository.upload(&id).await.unwrap();
    upload.finish(None, &mut NoFrames, digest).await.unwrap();
    assert_eq!(pull_blob(&repository, digest).await.unwrap(), "before");
}

#[tokio::test]
async fn a_blob_may_have_no_bytes() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let digest = sha256(b"");
    let id = start(&repository).await;
    let upload = repository.upload(&id).await.unwrap();
    upload.finish(None, &mut NoFrames, digest).await.unwrap();
    assert_eq!(repository.blob_size(digest).await.unwrap(), 0);
    assert_eq!(pull_blob(&repository, digest).await.unwrap(), "");

    let whole = store.snapshot();
    repository.push_blob(digest, &mut NoFrames).await.unwrap();
    repository
        .push_blob(digest, &mut Pieces::new([&b""[..], b""]))
        .await
        .unwrap();
    assert_eq!(store.snapshot(), whole);
}

#[tokio::test]
async fn a_chunk_out_of_order_changes_nothing_and_says_where_to_go_on() {
    let repository = empty_repository();
    let id = start(&repository).await;
    append(&repository, &id, b"hello").await;
    for text in ["0-4", "4-9", "6-6", "500-503"] {
        let upload = repository.upload(&id).await.unwrap();
        let mut frames = Bytes::from("12345");
        let error = upload.append(range(text), &mut frames).await.unwrap_err();
        let start = range(text).unwrap().start;
        let expected = matches!(error, Error::OutOfOrder { start: it, size: 5 } if it == start);
        assert!(expected, "{error:?}");

        let upload = repository.upload(&id).await.unwrap();
        let digest = sha256(b"hello12345");
        let finish = upload.finish(range(text), &mut frames, digest);
        let error = finish.await.unwrap_err();
        assert!(
            matches!(error, Error::OutOfOrder { size: 5, .. }),
            "{error:?}"
        );
        assert_eq!(frames, "12345", "the body was not read");
    }
    let upload = repository.upload(&id).await.unwrap();
    let (mut frames, digest) = (Bytes::from("12345"), sha256(b"hello12345"));
    upload
        .finish(range("5-9"), &mut frames, digest)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_body_shorter_or_longer_than_its_range_is_refused_and_kept() {
    for (text, announced) in [("0-3", 4), ("0-9", 10)] {
        let store = MemoryStore::default();
        let repository = repository(&store, "a");
        let id = start(&repository).await;
        let upload = repository.upload(&id).await.unwrap();
        let mut frames = Bytes::from("hello");
        let error = upload.append(range(text), &mut frames).await.unwrap_err();
        assert!(
            matches!(error, Error::SizeMismatch { announced: it, received: 5 } if it == announced),
            "{error:?}"
        );
        assert_eq!(size(&repository, &id).await, 5);

        let upload = repository.upload(&id).await.unwrap();
        let digest = sha256(b"hello world");
        let mut frames = Bytes::from(" world");
        let longer = upload.finish(range("5-11"), &mut frames, digest);
        let error = longer.await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::SizeMismatch {
                    announced: 7,
                    received: 6
                }
            ),
            "{error:?}"
        );
        assert!(paths_with(&store, "/blobs/").is_empty());

        finish(&repository, &id, b"", digest).await.unwrap();
        assert_eq!(pull_blob(&repository, digest).await.unwrap(), "hello world");
    }
}
