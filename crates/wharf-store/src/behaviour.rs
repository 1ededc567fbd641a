//! What every driver must do: each sentence of the documentation of [`Store`] and
//! [`Appender`](crate::Appender) as a check. A driver's test calls [`suite`].

#![expect(
    clippy::unwrap_used,
    reason = "it is a test suite that drivers call: it panics on violation"
)]

mod appending;
mod listing;
mod publishing;
mod reading;
mod removing;
mod touching;
mod writing;

use std::fmt::Debug;

use bytes::{Bytes, BytesMut};

use crate::{Durability, Payload, Result, Store, StoreError, StorePath};

/// Where a driver keeps objects.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Backing {
    /// On this machine, where files show the following by themselves.
    Local,
    /// In a bucket. There an object and a directory may have one name, a payload of what was
    /// replaced ends with an error, an object need not be there before something is appended,
    /// what is moved is touched by that, and what is appended can be seen, and stays, from the next [`Appender::sync`] on.
    ///
    /// [`Appender::sync`]: crate::Appender::sync
    Bucket,
}

/// Checks a driver, each time on a fresh, empty store from `make`. It needs a
/// multi-threaded tokio runtime.
///
/// # Panics
/// When the driver does anything that the contract does not allow.
pub async fn suite<S: Store>(backing: Backing, make: impl AsyncFn() -> S) {
    reading::suite(backing, &make).await;
    writing::suite(backing, &make).await;
    appending::suite(backing, &make).await;
    publishing::suite(backing, &make).await;
    listing::suite(&make).await;
    removing::suite(&make).await;
    touching::suite(backing, &make).await;
}

fn at(path: impl Into<String>) -> StorePath {
    StorePath::new(path).unwrap()
}

async fn put(store: &impl Store, path: &str, content: impl Into<Bytes>) {
    store
        .put(&at(path), content.into(), Durability::Durable)
        .await
        .unwrap();
}

async fn append(store: &impl Store, path: &str, content: &'static str) {
    let mut appender = store.appender(&at(path)).await.unwrap();
    appender.write(&[content.into()]).await.unwrap();
    appender.sync().await.unwrap();
}

/// The object, read in both ways and asked for its size.
async fn content(store: &impl Store, path: &str) -> Bytes {
    let whole = store.read(&at(path), u64::MAX).await.unwrap();
    assert_eq!(
        store.size(&at(path)).await.unwrap(),
        whole.len() as u64,
        "{path}: size"
    );
    let payload = store.open(&at(path)).await.unwrap();
    assert_eq!(
        payload.len(),
        whole.len() as u64,
        "{path}: length of the payload"
    );
    assert_eq!(
        bytes_of(payload).await,
        whole,
        "{path}: content of the payload"
    );
    whole
}

async fn bytes_of(payload: Payload) -> Bytes {
    let mut all = BytesMut::new();
    match payload {
        Payload::Bytes(bytes) => return bytes,
        Payload::File(mut span) => {
            while !span.is_empty() {
                // Small reads show whether the span moves on.
                all.extend_from_slice(&span.read_front(1000).unwrap());
            }
        }
        Payload::Remote(mut span) => {
            let (clone, len) = (span.clone(), span.len());
            while let Some(frame) = span.next().await {
                all.extend_from_slice(&frame.unwrap());
            }
            assert_eq!((clone.len(), span.len()), (len, 0));
        }
    }
    all.freeze()
}

async fn assert_no_object(store: &impl Store, path: &str) {
    assert_not_found(store.read(&at(path), u64::MAX).await, path);
    assert_not_found(store.open(&at(path)).await, path);
    assert_not_found(store.size(&at(path)).await, path);
}

async fn assert_nothing(store: &impl Store, path: &str) {
    assert_no_object(store, path).await;
    assert_not_found(store.list(&at(path)).await, path);
}

fn assert_not_found<T: Debug>(answer: Result<T>, path: &str) {
    match answer {
        Err(StoreError::NotFound(missing)) => assert_eq!(missing.as_str(), path),
        other => panic!("{path}: NotFound expected, not {other:?}"),
    }
}

/// The names below a directory, with a slash after those of directories.
async fn names(store: &impl Store, path: &str) -> Vec<String> {
    let listing = store.list(&at(path)).await.unwrap();
    let name = |entry: crate::Entry<'_>| match entry.kind {
        crate::EntryKind::Directory => format!("{}/", entry.name),
        crate::EntryKind::Object => entry.name.to_owned(),
    };
    listing.iter().map(name).collect()
}
