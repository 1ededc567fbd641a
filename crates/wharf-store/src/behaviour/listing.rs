//! `list`.

use super::{append, assert_not_found, at, names, put};
use crate::Store;

pub(super) async fn suite<S: Store>(make: &impl AsyncFn() -> S) {
    names_are_sorted_bytewise(&make().await).await;
    only_directories_are_listed(&make().await).await;
}

async fn names_are_sorted_bytewise(store: &impl Store) {
    for path in [
        "d/a/z",
        "d/a-b",
        "d/a.b/x/y",
        "d/B",
        "d/10",
        "d/9",
        "d/_x/1",
        "d/_x/2",
        "d/é",
        "d/a/b",
        "d/z",
    ] {
        put(store, path, "x").await;
    }
    append(store, "d/a0", "x").await;
    assert_eq!(
        names(store, "d").await,
        ["10", "9", "B", "_x/", "a/", "a-b", "a.b/", "a0", "z", "é"]
    );
    assert_eq!(names(store, "d/a").await, ["b", "z"]);
    assert_eq!(names(store, "d/a.b").await, ["x/"]);
}

async fn only_directories_are_listed(store: &impl Store) {
    put(store, "a/object", "x").await;
    for path in [
        "missing",
        "a/missing",
        "a/object",
        "a/object/below",
        "a/obj",
    ] {
        assert_not_found(store.list(&at(path)).await, path);
    }
}
