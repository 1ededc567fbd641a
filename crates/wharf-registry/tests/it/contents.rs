//! Manifests and small blobs that are kept in memory: nothing is seen of it but fewer reads.

use std::sync::Arc;

use wharf_registry::{Error, Options, Registry, Repository};
use wharf_store::{FaultPlan, Faulty, MemoryStore, Operation, Store};

use crate::fixtures::{pull, pull_blob, push_blob, put, sha256};
use crate::images::{digest_of, encode, push_image, try_push, whole_image};
use crate::paths;

type Counted = Faulty<MemoryStore>;

fn counted() -> Counted {
    Faulty::new(MemoryStore::default(), FaultPlan::default())
}

/// A repository of a registry that keeps what it reads.
fn keeping(store: &Counted) -> Repository {
    let options = Options {
        memory: 1 << 20,
        ..Options::default()
    };
    let registry = Registry::new(Arc::new(store.clone()), options);
    registry.repository("a".parse().unwrap())
}

/// How often the bytes of blobs have been read or opened.
fn reads(store: &Counted) -> usize {
    let calls = store.plan().calls();
    let reads = calls.iter().filter(|call| {
        let reads = matches!(call.operation, Operation::Read | Operation::Open);
        reads && call.path.as_str().contains("/blobs/")
    });
    reads.count()
}

#[tokio::test]
async fn what_is_asked_for_again_is_not_read_again() {
    let store = counted();
    let repository = keeping(&store);
    let digest = push_image(&repository, "x", "t").await;
    let layer = sha256(b"layer of x");
    let before = reads(&store);
    for _ in 0..5 {
        for reference in ["t", &digest.to_string()] {
            let manifest = pull(&repository, reference).await.unwrap();
            assert_eq!(sha256(&manifest.bytes), digest);
        }
        // The same bytes as a blob: the repository holds the layer, not the manifest, as one.
        assert_eq!(pull_blob(&repository, layer).await.unwrap(), "layer of x");
    }
    assert_eq!(reads(&store) - before, 2);
    // As many as there are questions, where nothing is kept.
    let plain = crate::fixtures::repository(&store, "a");
    let before = reads(&store);
    for _ in 0..5 {
        pull(&plain, "t").await.unwrap();
    }
    assert_eq!(reads(&store) - before, 5);
}

#[tokio::test]
async fn large_blobs_are_opened_each_time() {
    let store = counted();
    let repository = keeping(&store);
    let large = vec![7; (64 << 10) + 1];
    let digest = push_blob(&repository, large.clone()).await;
    for _ in 0..3 {
        assert_eq!(pull_blob(&repository, digest).await.unwrap(), large);
    }
    let opened = store.plan().calls();
    let opened = opened
        .iter()
        .filter(|call| call.operation == Operation::Open && call.path == paths::blob_data(digest));
    assert_eq!(opened.count(), 3);
}

#[tokio::test]
async fn what_another_process_takes_away_is_gone_at_once() {
    let store = counted();
    let repository = keeping(&store);
    let other = store.inner().clone();
    let digest = push_image(&repository, "x", "t").await;
    let layer = sha256(b"layer of x");
    let both = async || {
        pull(&repository, "t").await.unwrap();
        pull_blob(&repository, layer).await.unwrap();
    };
    both().await;

    // The links.
    let link = paths::layer_link("a", layer);
    other.remove(&link).await.unwrap();
    let error = pull_blob(&repository, layer).await.unwrap_err();
    assert!(matches!(error, Error::BlobUnknown(_)), "{error:?}");
    put(&other, &link, layer.to_string()).await;
    let link = paths::revision_link("a", digest);
    other.remove(&link).await.unwrap();
    for reference in ["t", &digest.to_string()] {
        let error = pull(&repository, reference).await.unwrap_err();
        assert!(matches!(error, Error::ManifestUnknown(_)), "{error:?}");
    }
    put(&other, &link, digest.to_string()).await;
    both().await;

    // The bytes, as a collection does while the links stay.
    let manifest = pull(&repository, "t").await.unwrap().bytes;
    for (digest, content) in [(layer, "layer of x".into()), (digest, manifest)] {
        other.remove(&paths::blob_data(digest)).await.unwrap();
        let by_tag = pull(&repository, "t").await.is_ok();
        let blob = pull_blob(&repository, layer).await.is_ok();
        assert_eq!(
            (by_tag, blob),
            if digest == layer {
                (true, false)
            } else {
                (false, true)
            }
        );
        assert_eq!(repository.blob_size(layer).await.is_ok(), blob);
        put(&other, &paths::blob_data(digest), content).await;
        both().await;
    }

    // Cut off: as much as there is, as without a cache.
    put(&other, &paths::blob_data(layer), "layer").await;
    assert_eq!(pull_blob(&repository, layer).await.unwrap(), "layer");
    assert_eq!(repository.blob_size(layer).await.unwrap(), 5);
    put(&other, &paths::blob_data(digest), "{").await;
    let error = pull(&repository, "t").await.unwrap_err();
    assert!(matches!(error, Error::ManifestUnknown(_)), "{error:?}");
}

#[tokio::test]
async fn a_tag_that_is_moved_or_removed_is_seen_at_once() {
    let store = counted();
    let repository = keeping(&store);
    let another = crate::fixtures::repository(&store, "a");
    let old = push_image(&repository, "old", "t").await;
    assert_eq!(pull(&repository, "t").await.unwrap().digest, old);
    for by in [&repository, &another] {
        let image = whole_image(by, "new").await;
        try_push(by, &image, "t").await.unwrap();
        let found = pull(&repository, "t").await.unwrap();
        assert_eq!(found.digest, digest_of(&image));
        assert_eq!(found.bytes, encode(&image));
        push_image(by, "old", "t").await;
        assert_eq!(pull(&repository, "t").await.unwrap().digest, old);
    }
    another.delete_tag(&"t".parse().unwrap()).await.unwrap();
    assert!(pull(&repository, "t").await.is_err());
    repository.delete_manifest(old).await.unwrap();
    assert!(pull(&repository, &old.to_string()).await.is_err());
}

#[tokio::test]
async fn damage_that_is_pushed_again_is_mended() {
    let store = counted();
    let repository = keeping(&store);
    let digest = push_image(&repository, "x", "t").await;
    let layer = sha256(b"layer of x");
    let good = pull(&repository, "t").await.unwrap().bytes;
    let bad = String::from_utf8(good.to_vec())
        .unwrap()
        .replace("application", "apllication");
    for reader in [keeping(&store), keeping(&store)] {
        put(store.inner(), &paths::blob_data(layer), "LAYER of x").await;
        put(store.inner(), &paths::blob_data(digest), bad.clone()).await;
        assert_eq!(pull_blob(&reader, layer).await.unwrap(), "LAYER of x");
        _ = pull(&reader, "t").await;
        push_image(&reader, "x", "t").await;
        assert_eq!(pull_blob(&reader, layer).await.unwrap(), "layer of x");
        assert_eq!(pull(&reader, "t").await.unwrap().bytes, good);
    }
}

/// A manifest that is kept because it was read as a blob.
#[tokio::test]
async fn a_manifest_that_is_a_blob_too_is_both() {
    let store = counted();
    let repository = keeping(&store);
    let image = whole_image(&repository, "x").await;
    let digest = push_blob(&repository, encode(&image)).await;
    for _ in 0..2 {
        assert_eq!(
            pull_blob(&repository, digest).await.unwrap(),
            encode(&image)
        );
    }
    try_push(&repository, &image, "t").await.unwrap();
    for _ in 0..2 {
        assert_eq!(
            pull_blob(&repository, digest).await.unwrap(),
            encode(&image)
        );
        assert_eq!(pull(&repository, "t").await.unwrap().bytes, encode(&image));
    }
}
