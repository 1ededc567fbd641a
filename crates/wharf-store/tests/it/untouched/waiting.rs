//! Who removes waits for who is slow.

use std::time::Duration;

use wharf_store::{FileStore, Removal, Store};

use super::{later, put};
use crate::script::at;

/// The machine or its disk stood still for a moment while somebody touched something else that
/// has the same lock: a client's deletion was refused for it.
#[tokio::test]
async fn a_removal_waits_for_who_needs_long() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    put(&store, "a/object", "old").await;
    store
        .remove_untouched(&at("a/none"), later())
        .await
        .unwrap();
    store.touch(&at("a/object")).await.unwrap();
    let locks = std::fs::read_dir(root.path().join("wharfinger/state/locks")).unwrap();
    let locks: Vec<_> = locks
        .map(|entry| std::fs::File::open(entry.unwrap().path()).unwrap())
        .collect();
    assert!(!locks.is_empty());
    for lock in &locks {
        lock.lock_shared().unwrap();
    }
    let object = at("a/object");
    let mut removal = Box::pin(store.remove_untouched(&object, later()));
    let soon = tokio::time::timeout(Duration::from_millis(300), &mut removal).await;
    assert!(soon.is_err(), "{soon:?}");
    drop(locks);
    assert_eq!(removal.await.unwrap(), Removal::Removed(3));
}
