//! Repositories without anything, with little, or with nothing left.

use wharf_spec::{Algorithm, Page};
use wharf_store::MemoryStore;

use super::{HOUR, at_once, collect, later, truth, with_grace};
use crate::fixtures::{push_blob, registry, repository};
use crate::images::{push_image, whole_image};

#[tokio::test]
async fn an_empty_store_is_collected_and_nothing_is_made() {
    let store = MemoryStore::default();
    let collected = collect(&store, &at_once()).await;
    assert_eq!(
        (collected.marked, collected.blobs, collected.problems),
        (0, 0, 0)
    );
    assert_eq!(store.snapshot().len(), 0);
}

#[tokio::test]
async fn blobs_without_a_directory_of_repositories_go() {
    let store = MemoryStore::default();
    let content = b"of nobody";
    let path = crate::paths::blob_data(crate::fixtures::sha256(content));
    crate::fixtures::put(&store, &path, &content[..]).await;
    later(&store);
    let collected = collect(&store, &at_once()).await;
    assert_eq!((collected.blobs, collected.bytes), (1, 9));
    assert_eq!(store.snapshot().len(), 0);
}

#[tokio::test]
async fn what_a_push_that_failed_has_left_goes_after_the_grace_and_then_the_repository() {
    let store = MemoryStore::default();
    let (failed, other) = (repository(&store, "failed"), repository(&store, "other"));
    whole_image(&failed, "a").await;
    push_image(&other, "b", "1").await;
    store.pass(HOUR / 2);
    let collected = collect(&store, &with_grace(HOUR)).await;
    assert_eq!((collected.blobs, collected.links), (0, 0));
    let waiting = collected.waiting;
    assert_eq!((waiting.blobs, waiting.bytes), (2, 21));
    assert!(waiting.next.is_some());
    store.pass(HOUR);
    let collected = collect(&store, &with_grace(HOUR)).await;
    assert_eq!(
        (collected.blobs, collected.links, collected.repositories),
        (2, 2, 1)
    );
    assert!(!truth(&store).iter().any(|path| path.contains("failed")));
}

#[tokio::test]
async fn a_repository_whose_manifests_were_deleted_leaves_the_catalog_and_those_in_it_stay() {
    let root = tempfile::tempdir().unwrap();
    let store = wharf_store::FileStore::new(root.path()).unwrap();
    let (app, nested) = (repository(&store, "a"), repository(&store, "a/b/c"));
    let digest = push_image(&app, "x", "1").await;
    let inner = push_image(&nested, "x", "1").await;
    let catalog = || async {
        let page = Page {
            n: None,
            last: None,
        };
        let names = registry(&store).catalog(&page).await.unwrap().0;
        names.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    app.delete_manifest(digest).await.unwrap();
    assert_eq!(catalog().await, ["a", "a/b/c"]);
    std::thread::sleep(std::time::Duration::from_millis(20));
    let collected = super::run(&registry(&store), &at_once()).await;
    assert_eq!((collected.repositories, collected.blobs), (1, 0));
    assert_eq!(catalog().await, ["a/b/c"]);
    nested.delete_manifest(inner).await.unwrap();
    std::thread::sleep(std::time::Duration::from_millis(20));
    let collected = super::run(&registry(&store), &at_once()).await;
    assert_eq!((collected.repositories, collected.blobs), (1, 3));
    assert_eq!(catalog().await, [""; 0]);
    let left = root.path().join("docker/registry/v2/repositories/a");
    assert!(!left.exists(), "nor the directories that led there");
}

#[tokio::test]
async fn a_young_upload_holds_the_layers_of_its_repository() {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    push_blob(&app, "first layer").await;
    store.pass(2 * HOUR);
    let upload = app.start_upload(Algorithm::Sha256).await.unwrap();
    let collected = collect(&store, &with_grace(HOUR)).await;
    assert_eq!((collected.blobs, collected.links), (0, 0));
    app.upload(&upload.id)
        .await
        .unwrap()
        .cancel()
        .await
        .unwrap();
    let collected = collect(&store, &with_grace(HOUR)).await;
    assert_eq!((collected.blobs, collected.links), (1, 1));
}
