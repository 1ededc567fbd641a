//! What was written or touched not long ago stays.

use wharf_store::{MemoryStore, Store as _};

use super::{HOUR, at_once, collect, data, later, with_grace};
use crate::fixtures::{push_blob, registry, repository, sha256};
use crate::paths;

#[tokio::test]
async fn a_touched_link_keeps_its_data_however_old_that_is() {
    let store = MemoryStore::default();
    push_blob(&repository(&store, "app"), "layer").await;
    store.pass(2 * HOUR);
    let digest = sha256(b"layer");
    store
        .touch(&paths::layer_link("app", digest))
        .await
        .unwrap();
    let collected = collect(&store, &with_grace(HOUR)).await;
    assert_eq!(
        (collected.blobs, collected.links, collected.waiting.blobs),
        (0, 0, 1)
    );
    assert_eq!(data(&store), [digest].into());
    store.pass(HOUR + HOUR);
    assert_eq!(collect(&store, &with_grace(HOUR)).await.blobs, 1);
}

#[tokio::test]
async fn touched_data_stays_without_a_link() {
    let store = MemoryStore::default();
    push_blob(&repository(&store, "app"), "layer").await;
    store.pass(2 * HOUR);
    store
        .touch(&paths::blob_data(sha256(b"layer")))
        .await
        .unwrap();
    let collected = collect(&store, &with_grace(HOUR)).await;
    assert_eq!(
        (collected.blobs, collected.links, collected.waiting.blobs),
        (0, 1, 1)
    );
    assert_eq!(collected.waiting.bytes, 5);
    store.pass(HOUR);
    assert_eq!(collect(&store, &with_grace(HOUR)).await.blobs, 1);
}

#[tokio::test]
async fn a_run_that_is_stopped_says_so_and_removes_nothing_more() {
    let store = MemoryStore::default();
    push_blob(&repository(&store, "app"), "layer").await;
    later(&store);
    let options = at_once();
    options.stop.cancel();
    let collected = super::run(&registry(&store), &options).await;
    assert_eq!(collected.end, wharf_registry::CollectionEnd::Stopped);
    assert_eq!((collected.blobs, collected.links), (0, 0));
    assert_eq!(data(&store).len(), 1);
}
