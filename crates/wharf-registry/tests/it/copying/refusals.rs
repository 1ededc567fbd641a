//! When a pass does not begin, and what waits for its end.

use wharf_registry::{Collection, CopyError};
use wharf_store::{MemoryStore, Store as _, StorePath};

use super::{PLAIN, copy, estate, try_copy};
use crate::fixtures::registry;

#[tokio::test]
async fn to_itself() {
    let store = estate().await;
    let refused = try_copy(&store, &store, PLAIN).await;
    assert!(
        matches!(refused, Err(CopyError::SameStorage)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn to_where_clients_push() {
    let (from, to) = (estate().await, MemoryStore::default());
    let serving = registry(&to).serving().await.unwrap();
    let refused = try_copy(&from, &to, PLAIN).await;
    assert!(
        matches!(refused, Err(CopyError::TargetServed)),
        "{refused:?}"
    );
    drop(serving);
    // From where they push is another matter.
    let _serving = registry(&from).serving().await.unwrap();
    copy(&from, &to, PLAIN).await;
}

#[tokio::test]
async fn to_where_another_one_copies_and_then_nothing_is_collected() {
    let (from, to) = (estate().await, MemoryStore::default());
    let name = StorePath::new("wharfinger/state/v1/copying").unwrap();
    let held = to.hold(&name).await.unwrap();
    let refused = try_copy(&from, &to, PLAIN).await;
    assert!(matches!(refused, Err(CopyError::Busy)), "{refused:?}");
    let collect = async || {
        let registry = registry(&to);
        let collection = Collection::default();
        registry
            .collect(&collection, &mut wharf_registry::Silent)
            .await
    };
    let error = collect().await.unwrap_err();
    assert!(error.to_string().contains("collect"), "{error}");
    drop(held);
    assert!(collect().await.is_ok());
    copy(&from, &to, PLAIN).await;
}
