//! A blob that a manifest of another repository needs, and children that are blobs.

use wharf_store::MemoryStore;

use super::{at_once, collect, data, later, untagged_too};
use crate::fixtures::{push_blob, repository, sha256};
use crate::images::{descriptor, digest_of, index, try_push};

#[tokio::test]
async fn a_child_of_an_index_may_be_a_blob() {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    push_blob(&app, "no manifest").await;
    let mut manifest = index(&[]);
    manifest["manifests"] = serde_json::json!([descriptor("text/plain", b"no manifest")]);
    try_push(&app, &manifest, "1").await.unwrap();
    later(&store);
    for options in [at_once(), untagged_too()] {
        let collected = collect(&store, &options).await;
        assert_eq!((collected.blobs, collected.links), (0, 0));
    }
    let left = [digest_of(&manifest), sha256(b"no manifest")];
    assert_eq!(data(&store), left.into());
}
