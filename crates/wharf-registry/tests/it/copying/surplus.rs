//! What has gone from the source since.

use std::time::Duration;

use wharf_registry::{Collection, Surplus};
use wharf_store::{MemoryStore, Store as _};

use super::{
    PLAIN, REMOVING, assert_same, copy, estate, pull_all, tag_of, tagged, truth, try_copy,
};
use crate::fixtures::{push_blob, registry, repository};

const APP: &str = "library/app";

#[tokio::test]
async fn a_tag_that_was_deleted_stays_until_it_is_asked_to_go() {
    let (from, to) = (estate().await, MemoryStore::default());
    copy(&from, &to, PLAIN).await;
    repository(&from, APP)
        .delete_tag(&"1.0".parse().unwrap())
        .await
        .unwrap();
    let only_tag = Surplus {
        tags: 1,
        ..Surplus::default()
    };
    let kept = copy(&from, &to, PLAIN).await;
    assert_eq!((kept.changed(), kept.left), (0, only_tag));
    assert!(tag_of(&to, APP, "1.0").await.is_some());

    let removed = copy(&from, &to, REMOVING).await;
    assert_eq!((removed.changed(), removed.removed), (1, only_tag));
    assert_eq!(removed.left.total(), 0);
    assert_eq!(tag_of(&to, APP, "1.0").await, None);
    assert_same(&from, &to, "after it was removed");
    assert_eq!(copy(&from, &to, REMOVING).await.changed(), 0);
}

#[tokio::test]
async fn manifests_layers_and_repositories_that_have_gone_go() {
    let (from, to) = (estate().await, MemoryStore::default());
    let doomed = tagged(&from, APP, "doomed", "doomed").await;
    tagged(&from, "gone", "one", "1").await;
    copy(&from, &to, PLAIN).await;
    repository(&from, APP)
        .delete_manifest(doomed)
        .await
        .unwrap();
    repository(&from, "gone").delete().await.unwrap();
    from.pass(Duration::from_secs(1));
    let collected = registry(&from)
        .collect(&Collection::default(), &mut wharf_registry::Silent)
        .await
        .unwrap();
    assert!(collected.blobs >= 3, "{collected:?}");

    let kept = copy(&from, &to, PLAIN).await;
    assert_eq!(kept.changed(), 0);
    assert!(kept.left.tags == 2 && kept.left.manifests == 2, "{kept:?}");
    assert_eq!(pull_all(&to).await, Ok(7));

    let removed = copy(&from, &to, REMOVING).await;
    assert_eq!(removed.removed, kept.left);
    assert_eq!(pull_all(&to).await, Ok(5));
    let links = |store: &MemoryStore| {
        let mut files = truth(store);
        files.retain(|path, _| !path.contains("/blobs/"));
        files
    };
    assert_eq!(links(&from), links(&to));
    // The bytes are left to a collection there.
    to.pass(Duration::from_secs(1));
    registry(&to)
        .collect(&Collection::default(), &mut wharf_registry::Silent)
        .await
        .unwrap();
    assert_same(&from, &to, "after a collection");
}

/// What the target had before, in the same repository too.
#[tokio::test]
async fn what_others_pushed_to_the_target_stays_unless_asked() {
    let (from, to) = (estate().await, MemoryStore::default());
    let own = tagged(&to, "its/own", "own", "1").await;
    tagged(&to, APP, "own", "own").await;
    push_blob(&repository(&to, APP), "unlinked").await;
    let kept = copy(&from, &to, PLAIN).await;
    assert_eq!((kept.left.tags, kept.left.manifests), (2, 2), "{kept:?}");
    assert_eq!(tag_of(&to, "its/own", "1").await, Some(own));
    assert_eq!(pull_all(&to).await, Ok(7));
    copy(&from, &to, REMOVING).await;
    assert_eq!(tag_of(&to, "its/own", "1").await, None);
    assert_eq!(pull_all(&to).await, Ok(5));
}

/// The wrong directory, most likely.
#[tokio::test]
async fn an_empty_source_takes_nothing_away() {
    let (from, to) = (MemoryStore::default(), estate().await);
    let before = to.snapshot();
    let error = try_copy(&from, &to, REMOVING).await.unwrap_err();
    assert!(error.to_string().contains("holds no repository"), "{error}");
    assert_eq!(to.snapshot(), before);
    from.ping().await.unwrap();
}
