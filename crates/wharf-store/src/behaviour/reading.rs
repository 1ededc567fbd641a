//! `read`, `open`, `size`, and slices of payloads.

use super::{Backing, assert_no_object, assert_nothing, at, bytes_of, content, put};
use crate::{Payload, Store, StoreError};

pub(super) async fn suite<S: Store>(backing: Backing, make: &impl AsyncFn() -> S) {
    what_is_missing_is_not_found(&make().await).await;
    directories_are_not_objects(&make().await).await;
    reads_are_limited(&make().await).await;
    payloads_can_be_sliced(&make().await).await;
    if backing == Backing::Local {
        payloads_keep_what_was_there(&make().await).await;
    }
    make().await.ping().await.unwrap();
}

async fn what_is_missing_is_not_found(store: &impl Store) {
    for path in ["missing", "missing/deep/path", "an..odd/.name"] {
        assert_nothing(store, path).await;
    }
    put(store, "object", "x").await;
    assert_nothing(store, "object/below").await;
    assert_nothing(store, "objec").await;
    assert_nothing(store, "object2").await;
}

async fn directories_are_not_objects(store: &impl Store) {
    put(store, "a/b/c", "x").await;
    assert_no_object(store, "a").await;
    assert_no_object(store, "a/b").await;
}

async fn reads_are_limited(store: &impl Store) {
    put(store, "five", "12345").await;
    put(store, "empty", "").await;
    assert_eq!(store.read(&at("five"), 5).await.unwrap(), "12345");
    assert_eq!(store.read(&at("five"), u64::MAX).await.unwrap(), "12345");
    assert_eq!(store.read(&at("empty"), 0).await.unwrap(), "");
    for limit in [0, 1, 4] {
        match store.read(&at("five"), limit).await {
            Err(StoreError::TooLarge {
                path,
                size,
                limit: told,
            }) => {
                assert_eq!((path, size, told), (at("five"), 5, limit));
            }
            other => panic!("TooLarge expected, not {other:?}"),
        }
    }
}

async fn payloads_can_be_sliced(store: &impl Store) {
    let text: String = (0..5000).map(|number| format!("{number} ")).collect();
    put(store, "text", text.clone()).await;
    let payload = store.open(&at("text")).await.unwrap();
    let len = payload.len();
    let check = async |payload: &Payload, expect: &str| {
        assert_eq!(payload.len(), expect.len() as u64);
        assert_eq!(payload.is_empty(), expect.is_empty());
        assert_eq!(bytes_of(payload.clone()).await, expect.as_bytes());
    };
    check(&payload, &text).await;
    check(&payload.slice(0..len), &text).await;
    check(&payload.slice(0..u64::MAX), &text).await;
    check(&payload.slice(2..7), "1 2 3").await;
    check(&payload.slice(2..7).slice(2..4), "2 ").await;
    check(&payload.slice(2..7).slice(2..100), "2 3").await;
    check(&payload.slice(len - 3..len), "99 ").await;
    for empty in [0..0, 7..7, len..len, len..len + 9, u64::MAX..u64::MAX] {
        check(&payload.slice(empty), "").await;
    }
    put(store, "empty", "").await;
    check(&store.open(&at("empty")).await.unwrap(), "").await;
}

async fn payloads_keep_what_was_there(store: &impl Store) {
    put(store, "object", "old").await;
    let old = store.open(&at("object")).await.unwrap();
    put(store, "object", "newer").await;
    let newer = store.open(&at("object")).await.unwrap();
    super::append(store, "object", "+").await;
    assert_eq!(content(store, "object").await, "newer+");
    store.remove(&at("object")).await.unwrap();
    assert_eq!(bytes_of(old).await, "old");
    assert_eq!(bytes_of(newer).await, "newer");
}
