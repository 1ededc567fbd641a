//! `remove`.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{append, assert_no_object, assert_not_found, assert_nothing, at, content, names, put};
use crate::{Durability, Store, Sweep};

pub(super) async fn suite<S: Store>(make: &impl AsyncFn() -> S) {
    objects_vanish(&make().await).await;
    trees_vanish(&make().await).await;
    nothing_is_not_found(&make().await).await;
    what_is_discarded_vanishes(&make().await).await;
    sweeping_spares_objects(&make().await).await;
    writers_and_removers_do_not_disturb(make().await).await;
}

async fn objects_vanish(store: &impl Store) {
    put(store, "a/one", "1").await;
    put(store, "a/two", "2").await;
    store.remove(&at("a/one")).await.unwrap();
    assert_nothing(store, "a/one").await;
    assert_eq!(names(store, "a").await, ["two"]);
    put(store, "a/one", "again").await;
    assert_eq!(content(store, "a/one").await, "again");
}

async fn trees_vanish(store: &impl Store) {
    for path in ["t/a/b/c", "t/a/b/d", "t/a/x", "t/a-b", "t/a0", "t/a.b/c"] {
        put(store, path, "x").await;
    }
    append(store, "t/a/b/e", "x").await;
    store.remove(&at("t/a")).await.unwrap();
    for path in ["t/a", "t/a/b", "t/a/b/c", "t/a/b/e", "t/a/x"] {
        assert_nothing(store, path).await;
    }
    assert_eq!(names(store, "t").await, ["a-b", "a.b/", "a0"]);
    // What was a directory may come back, as such or as an object.
    put(store, "t/a/b/c", "back").await;
    assert_eq!(content(store, "t/a/b/c").await, "back");
    assert_nothing(store, "t/a/b/d").await;
    store.remove(&at("t/a")).await.unwrap();
    put(store, "t/a", "an object now").await;
    assert_eq!(content(store, "t/a").await, "an object now");
}

async fn nothing_is_not_found(store: &impl Store) {
    put(store, "a/object", "x").await;
    for path in ["missing", "a/missing", "a/object/below", "a/obj"] {
        assert_not_found(store.remove(&at(path)).await, path);
    }
    store.remove(&at("a/object")).await.unwrap();
    assert_not_found(store.remove(&at("a/object")).await, "a/object");
    assert_no_object(store, "a").await;
}

async fn what_is_discarded_vanishes(store: &impl Store) {
    for path in ["t/a/b", "t/a/c/d", "t/b"] {
        put(store, path, "x").await;
    }
    store.discard(&at("t/a")).await.unwrap();
    assert_nothing(store, "t/a").await;
    store.discard(&at("t/b")).await.unwrap();
    assert_nothing(store, "t/b").await;
    for path in ["t/a", "t/b", "t/b/c", "missing"] {
        assert_not_found(store.discard(&at(path)).await, path);
    }
    put(store, "t/a", "again").await;
    assert_eq!(content(store, "t/a").await, "again");
}

async fn sweeping_spares_objects(store: &impl Store) {
    let paths = ["s/a/link", "s/b", "s/c.tmp"];
    for path in paths {
        put(store, path, "x").await;
    }
    append(store, "s/data", "x").await;
    let in_an_hour = SystemTime::now() + Duration::from_secs(3600);
    let swept = store.sweep(&at("s"), in_an_hour, Sweep::Remove).await;
    assert_eq!((swept.found, swept.failed), (0, 0));
    for path in paths.into_iter().chain(["s/data"]) {
        assert_eq!(content(store, path).await, "x");
    }
}

async fn writers_and_removers_do_not_disturb(store: impl Store) {
    let store = Arc::new(store);
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let store = Arc::clone(&store);
        let durability = if writer % 2 == 0 {
            Durability::Lazy
        } else {
            Durability::Durable
        };
        tasks.spawn(async move {
            for round in 0..10 {
                let path = at(format!("t/{}/{writer}/{round}", round % 2));
                store.put(&path, "x".into(), durability).await.unwrap();
                let upload = format!("u/{writer}-{round}");
                append(&*store, &upload, "y").await;
                store.publish(&at(upload), &path).await.unwrap();
            }
        });
    }
    for _ in 0..2 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for _ in 0..10 {
                match store.remove(&at("t/0")).await {
                    Err(error) if !error.is_not_found() => panic!("{error:?}"),
                    _ => tokio::task::yield_now().await,
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    // Nobody touched the odd rounds.
    for writer in 0..4 {
        let directory = format!("t/1/{writer}");
        assert_eq!(names(&*store, &directory).await, ["1", "3", "5", "7", "9"]);
        assert_eq!(content(&*store, &format!("{directory}/9")).await, "y");
    }
    match store.remove(&at("t/0")).await {
        Err(error) if !error.is_not_found() => panic!("{error:?}"),
        _ => assert_nothing(&*store, "t/0").await,
    }
    assert_eq!(names(&*store, "t").await, ["1/"]);
}
