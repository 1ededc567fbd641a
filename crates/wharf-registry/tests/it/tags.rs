//! Lists of tags.

use std::time::Duration;

use wharf_registry::{Error, Repository};
use wharf_spec::Page;
use wharf_store::{MemoryStore, Store};

use crate::fixtures::{empty_repository, pull, put, repository, sha256};
use crate::images::{push, push_image, try_push, whole_image};
use crate::paths;

async fn list(
    repository: &Repository,
    n: Option<usize>,
    last: Option<&str>,
) -> (Vec<String>, bool) {
    let page = Page {
        n,
        last: last.map(str::to_owned),
    };
    let (tags, more) = repository.tags(&page).await.unwrap();
    (tags.iter().map(ToString::to_string).collect(), more)
}

/// A repository with these tags, set in this order.
async fn tagged(tags: &[&str]) -> Repository {
    let repository = empty_repository();
    let image = whole_image(&repository, "x").await;
    for tag in tags {
        try_push(&repository, &image, tag).await.unwrap();
    }
    repository
}

#[tokio::test]
async fn tags_are_sorted_bytewise() {
    let repository = tagged(&["b", "a", "_", "B", "1.10", "1.9", "a.b", "a-b", "a_b", "10"]).await;
    let expected = ["1.10", "1.9", "10", "B", "_", "a", "a-b", "a.b", "a_b", "b"];
    assert_eq!(
        list(&repository, None, None).await,
        (expected.map(str::to_owned).to_vec(), false)
    );
}

#[tokio::test]
async fn pages_follow_each_other() {
    let repository = tagged(&["a", "b", "c", "d"]).await;
    for (n, last, expected, more) in [
        (Some(0), None, "", false),
        (Some(0), Some("b"), "", false),
        (Some(1), None, "a", true),
        (Some(2), None, "ab", true),
        (Some(2), Some("b"), "cd", false),
        (Some(3), Some("a"), "bcd", false),
        (Some(4), None, "abcd", false),
        (Some(9), None, "abcd", false),
        (None, Some("b"), "cd", false),
        // `last` need not be there: it may have been deleted since.
        (Some(1), Some("bb"), "c", true),
        (None, Some("A"), "abcd", false),
        (None, Some("d"), "", false),
        (Some(1), Some("zzz"), "", false),
        (None, Some("no/tag"), "", false),
    ] {
        let expected = expected.chars().map(String::from).collect();
        assert_eq!(
            list(&repository, n, last).await,
            (expected, more),
            "n={n:?} last={last:?}"
        );
    }
}

/// What an interrupted push, or the removal of a tag, leaves behind.
#[tokio::test]
async fn a_tag_without_a_current_link_is_none_yet() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let digest = push_image(&repository, "x", "b").await;
    for tag in ["a", "c"] {
        put(
            &store,
            &paths::tag_index_link("a", tag, digest),
            digest.to_string(),
        )
        .await;
    }
    // Not what a tag looks like: somebody's notes.
    put(&store, &paths::tag("a", "-x"), "").await;
    assert_eq!(
        list(&repository, None, None).await,
        (vec!["b".to_owned()], false)
    );
    let missing = pull(&repository, "a").await;
    assert!(
        matches!(missing, Err(Error::ManifestUnknown(_))),
        "{missing:?}"
    );
    let deleted = repository.delete_tag(&"c".parse().unwrap()).await;
    assert!(
        matches!(deleted, Err(Error::ManifestUnknown(_))),
        "{deleted:?}"
    );
}

#[tokio::test]
async fn a_repository_with_digests_only_has_no_tags() {
    let repository = empty_repository();
    let image = whole_image(&repository, "x").await;
    push(&repository, &image).await;
    assert_eq!(list(&repository, None, None).await, (vec![], false));
    assert_eq!(list(&repository, Some(1), Some("a")).await, (vec![], false));
}

#[tokio::test]
async fn a_repository_to_which_nobody_pushed_a_manifest_is_unknown() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let unknown = async || {
        let listed = repository.tags(&Page::default()).await;
        assert!(
            matches!(&listed, Err(Error::RepositoryUnknown(it)) if it == repository.name()),
            "{listed:?}"
        );
    };
    unknown().await;
    let image = whole_image(&repository, "x").await;
    unknown().await;
    // One nested in it does not make it known.
    let nested = crate::fixtures::repository(&store, "a/b");
    push_image(&nested, "x", "t").await;
    unknown().await;
    try_push(&repository, &image, "t").await.unwrap();
    assert_eq!(list(&repository, None, None).await.0, ["t"]);
    store.remove(&paths::tag("a", "t")).await.unwrap();
    assert_eq!(list(&repository, None, None).await.0, [""; 0]);
    assert!(repository.blob_size(sha256(b"layer of x")).await.is_ok());
}

/// As when a machine's clock is put right: what was pushed just before seems to be touched by
/// somebody after the deletion has begun.
#[tokio::test]
async fn what_was_pushed_before_the_clock_was_set_back_can_be_deleted() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    push_image(&repository, "x", "t").await;
    let digest = push_image(&repository, "y", "u").await;
    store.set_back(Duration::from_millis(500));
    repository.delete_tag(&"t".parse().unwrap()).await.unwrap();
    store.set_back(Duration::from_millis(500));
    repository.delete_manifest(digest).await.unwrap();
    assert_eq!(list(&repository, None, None).await.0, [""; 0]);
}
