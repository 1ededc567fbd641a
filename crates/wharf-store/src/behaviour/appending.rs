//! `appender`, and what it gives.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;

use super::{Backing, at, content, put};
use crate::{Appender, Durability, Store};

pub(super) async fn suite<S: Store>(backing: Backing, make: &impl AsyncFn() -> S) {
    frames_are_appended_in_order(&make().await).await;
    appenders_continue_where_the_last_one_ended(&make().await).await;
    syncs_can_be_repeated(&make().await).await;
    large_objects_grow(&make().await).await;
    if backing == Backing::Local {
        opening_creates(&make().await).await;
        abandoned_writes_are_counted(&make().await).await;
    }
}

async fn opening_creates(store: &impl Store) {
    let appender = store.appender(&at("a/b/new")).await.unwrap();
    assert_eq!((appender.len(), appender.is_empty()), (0, true));
    assert_eq!(content(store, "a/b/new").await, "");
    drop(appender);
    assert_eq!(content(store, "a/b/new").await, "");
}

async fn frames_are_appended_in_order(store: &impl Store) {
    let mut appender = store.appender(&at("object")).await.unwrap();
    let mut expected = Vec::new();
    // More frames than one system call takes, and some that are empty.
    for frames in [0, 1, 5000] {
        let frames: Vec<Bytes> = (0..frames)
            .map(|number| "x".repeat(number % 3) + &number.to_string())
            .map(Bytes::from)
            .collect();
        appender.write(&frames).await.unwrap();
        appender
            .write(&[Bytes::new(), "!".into(), Bytes::new()])
            .await
            .unwrap();
        expected.extend_from_slice(&frames.concat());
        expected.push(b'!');
        assert_eq!(
            (appender.len(), appender.is_empty()),
            (expected.len() as u64, false)
        );
        appender.flush().await.unwrap();
        if let Some(here) = appender.content() {
            assert_eq!(here, expected);
        }
        assert_eq!(content(store, "object").await, expected);
    }
    let large = Bytes::from(vec![9; 2 << 20]);
    appender
        .write(&[large.clone(), large.clone()])
        .await
        .unwrap();
    appender.sync().await.unwrap();
    assert_eq!(
        store.size(&at("object")).await.unwrap(),
        (expected.len() + 2 * large.len()) as u64
    );
}

async fn appenders_continue_where_the_last_one_ended(store: &impl Store) {
    for (written, sync) in [("", false), ("a", true), ("ab", false), ("abc", true)] {
        let mut appender = store.appender(&at("object")).await.unwrap();
        assert_eq!(appender.len(), written.len() as u64);
        let next = ["a", "b", "c", "d"].get(written.len()).unwrap();
        appender
            .write(&[Bytes::from_static(next.as_bytes())])
            .await
            .unwrap();
        if sync {
            appender.sync().await.unwrap();
        } else {
            appender.flush().await.unwrap();
        }
    }
    assert_eq!(content(store, "object").await, "abcd");

    put(store, "object", "replaced ").await;
    super::append(store, "object", "and continued").await;
    assert_eq!(content(store, "object").await, "replaced and continued");
    store
        .put(&at("object"), "short".into(), Durability::Lazy)
        .await
        .unwrap();
    assert_eq!(store.appender(&at("object")).await.unwrap().len(), 5);
}

/// Larger than a part of an upload to a bucket, by several appenders.
async fn large_objects_grow(store: &impl Store) {
    let piece = |number: u8| Bytes::from(vec![number; (3 << 20) + usize::from(number)]);
    let mut expected = Vec::new();
    for round in 0..3 {
        let mut appender = store.appender(&at("large")).await.unwrap();
        assert_eq!(appender.len(), expected.len() as u64);
        for number in 0..3 {
            let piece = piece(round * 3 + number);
            expected.extend_from_slice(&piece);
            appender.write(&[piece]).await.unwrap();
        }
        appender.sync().await.unwrap();
        let size = store.size(&at("large")).await.unwrap();
        assert_eq!(size, expected.len() as u64, "round {round}");
        let stat = store.stat(&at("large")).await.unwrap();
        assert_eq!(stat.size, size, "round {round}");
    }
    store.publish(&at("large"), &at("whole")).await.unwrap();
    assert!(content(store, "whole").await == expected);
    // Read before it is published, and continued all the same.
    super::append(store, "other", "begun ").await;
    let mut appender = store.appender(&at("other")).await.unwrap();
    appender
        .write(&[Bytes::from(expected.clone())])
        .await
        .unwrap();
    appender.sync().await.unwrap();
    let begun = [b"begun ", expected.as_slice()].concat();
    assert!(content(store, "other").await == begun);
    super::append(store, "other", " and ended").await;
    let whole = [&begun, b" and ended".as_slice()].concat();
    assert!(content(store, "other").await == whole);
}

async fn syncs_can_be_repeated(store: &impl Store) {
    let mut appender = store.appender(&at("object")).await.unwrap();
    appender.sync().await.unwrap();
    appender.sync().await.unwrap();
    appender.write(&["x".into()]).await.unwrap();
    appender.sync().await.unwrap();
    appender.sync().await.unwrap();
    assert_eq!(
        (appender.len(), content(store, "object").await),
        (1, "x".into())
    );
}

async fn abandoned_writes_are_counted(store: &impl Store) {
    let mut expected = 0;
    for round in 0..20 {
        let mut appender = store.appender(&at("object")).await.unwrap();
        assert_eq!(
            appender.len(),
            expected,
            "round {round}: something changed after it was opened"
        );
        abandon(&mut *appender, &[Bytes::from(vec![round; 300_000])]).await;
        if round % 2 == 0 {
            // The same appender keeps the order, too.
            appender.write(&["|".into()]).await.unwrap();
            expected = appender.len();
        } else {
            drop(appender);
            expected = store.appender(&at("object")).await.unwrap().len();
        }
        assert_eq!(
            content(store, "object").await.len() as u64,
            expected,
            "round {round}"
        );
    }
    let whole = content(store, "object").await;
    let runs: Vec<_> = whole
        .chunk_by(|a, b| a == b)
        .map(|run| (run.first().copied().unwrap(), run.len()))
        .collect();
    assert!(
        runs.iter()
            .all(|(byte, len)| *len == if *byte == b'|' { 1 } else { 300_000 }),
        "torn: {runs:?}"
    );
    let order: Vec<_> = runs
        .iter()
        .map(|(byte, _)| *byte)
        .filter(|byte| *byte != b'|')
        .collect();
    assert!(order.is_sorted(), "reordered: {order:?}");
}

/// Begins a write and no longer waits for it.
async fn abandon(appender: &mut dyn Appender, frames: &[Bytes]) {
    let mut write = pin!(appender.write(frames));
    poll_fn(|context| {
        _ = write.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
}
