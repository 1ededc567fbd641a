//! What goes with a blob, a manifest or a tag, and what stays.

use std::sync::Arc;

use wharf_registry::{Deletion, Error, Options, Registry};
use wharf_spec::Reference;
use wharf_store::{MemoryStore, Store};

use crate::fixtures::{
    empty_repository, paths_with, pull, pull_blob, push_blob, put, repository, sha256,
};
use crate::images::{push_image, try_push, whole_image};
use crate::paths;

#[tokio::test]
async fn a_manifest_goes_with_the_tags_that_point_to_it_and_no_others() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let old = push_image(&repository, "old", "old").await;
    push_image(&repository, "old", "also-old").await;
    // It has pointed there, and no longer does.
    push_image(&repository, "old", "moved").await;
    let new = push_image(&repository, "new", "moved").await;
    let before = store.snapshot();

    repository.delete_manifest(old).await.unwrap();
    for reference in ["old", "also-old", &old.to_string()] {
        let error = pull(&repository, reference).await.unwrap_err();
        assert!(matches!(error, Error::ManifestUnknown(_)), "{error:?}");
    }
    for reference in ["moved", &new.to_string()] {
        assert_eq!(pull(&repository, reference).await.unwrap().digest, new);
    }
    let (tags, _) = repository.tags(&Default::default()).await.unwrap();
    assert_eq!(tags.iter().collect::<Vec<_>>(), ["moved"]);

    let mut expected = before;
    let gone = [
        paths::tag("a", "old"),
        paths::tag("a", "also-old"),
        paths::revision_link("a", old),
    ];
    expected.retain(|path, _| !gone.iter().any(|gone| path.starts_with(gone.as_str())));
    assert_eq!(
        store.snapshot(),
        expected,
        "the blobs stay, and the history of other tags"
    );
}

#[tokio::test]
async fn a_tag_goes_alone() {
    let repository = empty_repository();
    let digest = push_image(&repository, "x", "one").await;
    push_image(&repository, "x", "two").await;
    repository
        .delete_tag(&"one".parse().unwrap())
        .await
        .unwrap();
    assert!(pull(&repository, "one").await.is_err());
    for reference in ["two", &digest.to_string()] {
        assert_eq!(pull(&repository, reference).await.unwrap().digest, digest);
    }
}

#[tokio::test]
async fn a_blob_goes_from_this_repository_and_can_come_back() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let digest = push_blob(&repository, "hello").await;
    let whole = store.snapshot();
    repository.delete_blob(digest).await.unwrap();
    assert!(matches!(
        pull_blob(&repository, digest).await,
        Err(Error::BlobUnknown(_))
    ));
    assert_eq!(paths_with(&store, "/blobs/").len(), 1, "its bytes stay");
    push_blob(&repository, "hello").await;
    assert_eq!(store.snapshot(), whole);
}

#[tokio::test]
async fn what_is_not_there_cannot_be_deleted() {
    let repository = empty_repository();
    let digest = push_image(&repository, "x", "t").await;
    let (other, tag) = (sha256(b"other"), "other".parse().unwrap());
    let error = repository.delete_manifest(other).await.unwrap_err();
    let expected = Reference::Digest(other);
    assert!(
        matches!(&error, Error::ManifestUnknown(it) if *it == expected),
        "{error:?}"
    );
    let error = repository.delete_tag(&tag).await.unwrap_err();
    assert!(
        matches!(&error, Error::ManifestUnknown(Reference::Tag(it)) if *it == tag),
        "{error:?}"
    );
    let error = repository.delete_blob(other).await.unwrap_err();
    assert!(
        matches!(error, Error::BlobUnknown(it) if it == other),
        "{error:?}"
    );

    repository.delete_manifest(digest).await.unwrap();
    let error = repository.delete_manifest(digest).await.unwrap_err();
    assert!(matches!(error, Error::ManifestUnknown(_)), "{error:?}");
    let error = repository
        .delete_tag(&"t".parse().unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::ManifestUnknown(_)), "{error:?}");
}

#[tokio::test]
async fn nothing_can_be_deleted_where_deletion_is_disabled() {
    let store = MemoryStore::default();
    let options = Options {
        deletion: Deletion::Disabled,
        ..Options::default()
    };
    let registry = Registry::new(Arc::new(store.clone()), options);
    let repository = registry.repository("a".parse().unwrap());
    let digest = push_image(&repository, "x", "t").await;
    let before = store.snapshot();
    for refused in [
        repository.delete_manifest(digest).await,
        repository.delete_manifest(sha256(b"other")).await,
        repository.delete_tag(&"t".parse().unwrap()).await,
        repository.delete_blob(sha256(b"layer of x")).await,
    ] {
        assert!(
            matches!(refused, Err(Error::DeletionDisabled)),
            "{refused:?}"
        );
    }
    assert_eq!(store.snapshot(), before);
}

#[tokio::test]
async fn a_manifest_without_its_bytes_can_be_deleted() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let digest = push_image(&repository, "x", "t").await;
    store.remove(&paths::blob_data(digest)).await.unwrap();
    repository.delete_manifest(digest).await.unwrap();
    assert!(paths_with(&store, "/_manifests/").is_empty());
}

/// A garbled tag must not stand in the way.
#[tokio::test]
async fn tags_without_a_target_are_left_alone() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let image = whole_image(&repository, "x").await;
    let digest = try_push(&repository, &image, "t").await.unwrap().digest;
    put(&store, &paths::tag_current_link("a", "empty"), "").await;
    let of_a_push = paths::tag_index_link("a", "unfinished", digest);
    put(&store, &of_a_push, digest.to_string()).await;
    repository.delete_manifest(digest).await.unwrap();
    let left = [paths::tag_current_link("a", "empty"), of_a_push];
    assert_eq!(
        paths_with(&store, "/_manifests/"),
        left.map(|path| path.to_string())
    );
}
