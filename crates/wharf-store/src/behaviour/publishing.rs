//! `publish`.

use std::sync::Arc;

use super::{Backing, append, assert_not_found, assert_nothing, at, bytes_of, content, names, put};
use crate::Store;

pub(super) async fn suite<S: Store>(backing: Backing, make: &impl AsyncFn() -> S) {
    objects_move(&make().await).await;
    what_stands_there_is_replaced(backing, &make().await).await;
    nothing_comes_of_nothing(&make().await).await;
    rivals_may_publish_the_same(make().await).await;
}

async fn objects_move(store: &impl Store) {
    append(store, "uploads/1/data", "content").await;
    put(store, "uploads/1/startedat", "now").await;
    store
        .publish(&at("uploads/1/data"), &at("blobs/aa/data"))
        .await
        .unwrap();
    assert_eq!(content(store, "blobs/aa/data").await, "content");
    assert_nothing(store, "uploads/1/data").await;
    assert_eq!(names(store, "uploads/1").await, ["startedat"]);
    assert_eq!(names(store, "blobs/aa").await, ["data"]);

    // The old path is free again, and has nothing to do with the new one.
    append(store, "uploads/1/data", "other").await;
    assert_eq!(content(store, "blobs/aa/data").await, "content");
    // Within a directory, and to where it is.
    store
        .publish(&at("uploads/1/data"), &at("uploads/1/moved"))
        .await
        .unwrap();
    store
        .publish(&at("uploads/1/moved"), &at("uploads/1/moved"))
        .await
        .unwrap();
    assert_eq!(content(store, "uploads/1/moved").await, "other");
}

async fn what_stands_there_is_replaced(backing: Backing, store: &impl Store) {
    put(store, "blobs/aa/data", "the old one").await;
    let old = store.open(&at("blobs/aa/data")).await.unwrap();
    append(store, "new", "the new").await;
    store
        .publish(&at("new"), &at("blobs/aa/data"))
        .await
        .unwrap();
    assert_eq!(content(store, "blobs/aa/data").await, "the new");
    if backing == Backing::Local {
        assert_eq!(bytes_of(old).await, "the old one");
    }
    assert_nothing(store, "new").await;
}

async fn nothing_comes_of_nothing(store: &impl Store) {
    put(store, "there", "x").await;
    put(store, "directory/object", "x").await;
    for from in ["missing", "there/below", "directory"] {
        assert_not_found(store.publish(&at(from), &at("there")).await, from);
        assert_not_found(store.publish(&at(from), &at("new/place")).await, from);
    }
    assert_eq!(content(store, "there").await, "x");
    assert_nothing(store, "new").await;
}

async fn rivals_may_publish_the_same(store: impl Store) {
    let store = Arc::new(store);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let upload = format!("uploads/{number}/data");
            append(&*store, &upload, "the same").await;
            store
                .publish(&at(upload), &at("blobs/bb/data"))
                .await
                .unwrap();
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(content(&*store, "blobs/bb/data").await, "the same");
    assert_eq!(names(&*store, "blobs/bb").await, ["data"]);
}
