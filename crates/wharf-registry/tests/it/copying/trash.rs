//! What was deleted in the source can be restored in the target.

use std::sync::Arc;
use std::time::Duration;

use wharf_registry::{Collection, Options, ProblemKind, Registry};
use wharf_store::{MemoryStore, StorePath};

use super::{PLAIN, REMOVING, copy, estate, kinds, pull_all, tag_of, tagged};
use crate::fixtures::put;

const APP: &str = "library/app";

fn keeping(store: &MemoryStore) -> Registry {
    let options = Options {
        trash: Duration::from_hours(1),
        ..Options::default()
    };
    Registry::new(Arc::new(store.clone()), options)
}

#[tokio::test]
async fn a_deletion_is_undone_in_the_target() {
    let (from, to) = (estate().await, MemoryStore::default());
    let doomed = tagged(&from, APP, "doomed", "doomed").await;
    let app = keeping(&from).repository(APP.parse().unwrap());
    app.delete_manifest(doomed).await.unwrap();
    let first = copy(&from, &to, PLAIN).await;
    assert_eq!(first.trash, 1);
    assert_eq!(copy(&from, &to, PLAIN).await.changed(), 0);
    // It keeps what it needs there.
    to.pass(Duration::from_secs(1));
    let registry = keeping(&to);
    let collection = Collection::default();
    registry
        .collect(&collection, &mut wharf_registry::Silent)
        .await
        .unwrap();
    let trash = registry.trash().await.unwrap();
    assert_eq!((trash.entries.len(), trash.damaged.len()), (1, 0));
    let restored = registry.restore(trash.entries[0].id).await.unwrap();
    assert!(restored.is_ok(), "{restored:?}");
    assert_eq!(tag_of(&to, APP, "doomed").await, Some(doomed));
    assert_eq!(pull_all(&to).await, Ok(6));
}

#[tokio::test]
async fn what_was_given_up_goes_when_asked() {
    let (from, to) = (estate().await, MemoryStore::default());
    let doomed = tagged(&from, APP, "doomed", "doomed").await;
    let registry = keeping(&from);
    let app = registry.repository(APP.parse().unwrap());
    app.delete_manifest(doomed).await.unwrap();
    copy(&from, &to, PLAIN).await;
    let id = registry.trash().await.unwrap().entries[0].id;
    registry.empty_trash(&[id]).await.unwrap();
    let kept = copy(&from, &to, PLAIN).await;
    assert_eq!((kept.left.trash, kept.changed()), (1, 0));
    assert_eq!(copy(&from, &to, REMOVING).await.removed.trash, 1);
    assert_eq!(keeping(&to).trash().await.unwrap().entries, []);
}

#[tokio::test]
async fn an_entry_that_nobody_understands_stays_behind() {
    let (from, to) = (estate().await, MemoryStore::default());
    let id = "019a8f0e-7c1b-7d3a-9f1e-2b7d0c4e5a60";
    let entry = StorePath::new(format!("wharfinger/state/v1/trash/{id}/0")).unwrap();
    put(&from, &entry, "?").await;
    assert_eq!(kinds(&from, &to).await, [ProblemKind::DamagedTrash]);
    assert_eq!(pull_all(&to).await, Ok(5));
}
