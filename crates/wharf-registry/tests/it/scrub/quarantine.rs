//! What was moved aside is looked at again.

use wharf_registry::{FindingKind, Outcome, ScrubMode};
use wharf_store::{MemoryStore, Store};

use super::{kinds, quarantine};
use crate::fixtures::{pull_blob, push_blob, put, repository, sha256};
use crate::paths::blob_data;

/// As a scrub leaves it that is killed before it has looked at what it moved.
#[tokio::test]
async fn what_is_right_is_put_back() {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    let digest = push_blob(&app, "content").await;
    let (data, aside) = (blob_data(digest), quarantine(digest));
    store.publish(&data, &aside).await.unwrap();
    let found = kinds(&store, ScrubMode::Report).await;
    assert_eq!(found[0], (FindingKind::QuarantinedRight, Outcome::Remains));
    for mode in [ScrubMode::Quarantine, ScrubMode::Repair] {
        assert_eq!(
            kinds(&store, mode).await,
            [(FindingKind::QuarantinedRight, Outcome::PutBack)]
        );
        assert_eq!(pull_blob(&app, digest).await.unwrap(), "content");
        store.publish(&data, &aside).await.unwrap();
    }
    // A damaged one that stands in its place gives way.
    put(&store, &data, "rotten").await;
    assert_eq!(
        kinds(&store, ScrubMode::Repair).await,
        [(FindingKind::QuarantinedRight, Outcome::PutBack)]
    );
    assert_eq!(pull_blob(&app, digest).await.unwrap(), "content");
    assert_eq!(kinds(&store, ScrubMode::Report).await, []);
}

#[tokio::test]
async fn a_copy_stays_while_what_was_pushed_again_is_damaged_too() {
    let store = MemoryStore::default();
    let digest = push_blob(&repository(&store, "app"), "content").await;
    put(&store, &quarantine(digest), "rotten").await;
    put(&store, &blob_data(digest), "rotten too").await;
    let found = kinds(&store, ScrubMode::Report).await;
    assert_eq!(
        found[..2],
        [
            (FindingKind::Quarantined, Outcome::Remains),
            (FindingKind::Corrupt, Outcome::Remains)
        ]
    );
    assert_eq!(digest, sha256(b"content"));
    assert!(store.size(&quarantine(digest)).await.is_ok());
}
