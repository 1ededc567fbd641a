//! `put`.

use std::sync::Arc;

use bytes::Bytes;

use super::{Backing, assert_nothing, at, content, names, put};
use crate::{Durability, Store, StoreError};

pub(super) async fn suite<S: Store>(backing: Backing, make: &impl AsyncFn() -> S) {
    puts_replace(&make().await).await;
    odd_paths_are_taken(&make().await).await;
    if backing == Backing::Local {
        objects_and_directories_exclude_each_other(&make().await).await;
    }
    readers_see_whole_objects(make().await).await;
    neighbours_do_not_disturb(make().await).await;
}

async fn puts_replace(store: &impl Store) {
    for durability in [Durability::Durable, Durability::Lazy] {
        for bytes in ["first", "", "the second one"] {
            store
                .put(&at("a/b"), bytes.into(), durability)
                .await
                .unwrap();
            assert_eq!(content(store, "a/b").await, bytes);
            assert_eq!(names(store, "a").await, ["b"]);
        }
    }
    store
        .put(&at("lazy/new/directory"), "x".into(), Durability::Lazy)
        .await
        .unwrap();
    assert_eq!(content(store, "lazy/new/directory").await, "x");
    let large = Bytes::from(vec![7; 3 << 20]);
    put(store, "large", large.clone()).await;
    assert_eq!(content(store, "large").await, large);
}

async fn odd_paths_are_taken(store: &impl Store) {
    let deep = vec!["directory"; 60].join("/");
    let longest = format!("{}/{}", "d".repeat(255), "o".repeat(255));
    let paths = [
        deep.as_str(),
        longest.as_str(),
        "_uploads/x=1.y-z",
        ".hidden",
        "…/ü ö",
        "tmp.tmp",
        "a.tmp/b",
        "-/~",
        "a\\b",
        "new\nline",
    ];
    for path in paths {
        put(store, path, path.to_owned()).await;
        super::append(store, &format!("appended/{path}"), "x").await;
    }
    for path in paths {
        assert_eq!(content(store, path).await, path);
    }
}

async fn objects_and_directories_exclude_each_other(store: &impl Store) {
    put(store, "object", "x").await;
    put(store, "directory/object", "y").await;
    for path in ["object/below", "object/far/below", "directory"] {
        refused(&store.put(&at(path), "z".into(), Durability::Durable).await);
        refused(&store.put(&at(path), "z".into(), Durability::Lazy).await);
        refused(&store.appender(&at(path)).await.map(|_| ()));
        refused(&store.publish(&at("object"), &at(path)).await);
    }
    assert_eq!(content(store, "object").await, "x");
    assert_eq!(content(store, "directory/object").await, "y");
    assert_eq!(names(store, "directory").await, ["object"]);
    assert_nothing(store, "object/below").await;
}

fn refused(answer: &crate::Result<()>) {
    assert!(
        matches!(answer, Err(StoreError::Io { .. })),
        "Io expected, not {answer:?}"
    );
}

async fn readers_see_whole_objects(store: impl Store) {
    let store = Arc::new(store);
    let whole = |number: u8| Bytes::from(vec![number; 20_000 + usize::from(number)]);
    put(&*store, "a/object", whole(0)).await;
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 1..=4 {
        let store = Arc::clone(&store);
        let durability = if writer % 2 == 0 {
            Durability::Lazy
        } else {
            Durability::Durable
        };
        tasks.spawn(async move {
            for round in 0..10 {
                store
                    .put(&at("a/object"), whole(writer * 10 + round), durability)
                    .await
                    .unwrap();
            }
        });
    }
    for _ in 0..2 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for _ in 0..40 {
                let read = store.read(&at("a/object"), u64::MAX).await.unwrap();
                let number = *read.first().unwrap();
                assert_eq!(read, whole(number), "a mixture of two objects");
                assert_eq!(
                    names(&*store, "a").await,
                    ["object"],
                    "an unfinished write is listed"
                );
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(
        content(&*store, "a/object").await.first().unwrap() % 10,
        9,
        "the last put of one writer"
    );
}

async fn neighbours_do_not_disturb(store: impl Store) {
    let store = Arc::new(store);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..16 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            put(
                &*store,
                &format!("new/{}/{number}", number % 2),
                number.to_string(),
            )
            .await;
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    for number in 0..16 {
        assert_eq!(
            content(&*store, &format!("new/{}/{number}", number % 2)).await,
            number.to_string()
        );
    }
}
