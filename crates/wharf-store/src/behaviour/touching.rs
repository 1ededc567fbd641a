//! `touch`, and removing what nobody has touched.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{
    Backing, append, assert_no_object, assert_not_found, assert_nothing, at, content, names, put,
};
use crate::{Change, Durability, Removal, Store, StorePath};

pub(super) async fn suite<S: Store>(backing: Backing, make: &impl AsyncFn() -> S) {
    time_goes_on(&make().await).await;
    whatever_is_done_touches(&make().await).await;
    the_untouched_go(&make().await).await;
    the_untouched_move(backing, &make().await).await;
    commits_touch(&make().await).await;
    empty_directories_go(&make().await).await;
    names_are_held(&make().await).await;
    who_touches_in_time_keeps_it(make().await).await;
    what_is_written_in_time_stays(make().await).await;
}

async fn touched(store: &impl Store, path: &str) -> SystemTime {
    store.stat(&at(path)).await.unwrap().touched
}

async fn remove(store: &impl Store, path: &str, since: SystemTime) -> Removal {
    store.remove_untouched(&at(path), since).await.unwrap()
}

async fn time_goes_on(store: &impl Store) {
    for path in ["a", "a/b"] {
        assert_not_found(store.touch(&at(path)).await, path);
        assert_not_found(store.stat(&at(path)).await, path);
    }
    put(store, "a/b/c", "123").await;
    assert_eq!(store.stat(&at("a/b/c")).await.unwrap().size, 3);
    for path in ["a", "a/b", "a/b/c/d", "a/b/d"] {
        assert_not_found(store.touch(&at(path)).await, path);
        assert_not_found(store.stat(&at(path)).await, path);
    }
    // Nothing that begins after a question for the time is earlier than its answer.
    for round in 0..100 {
        let now = store.now().await.unwrap();
        let path = format!("a/{round}");
        put(store, &path, "x").await;
        assert!(touched(store, &path).await >= now, "round {round}: put");
        store.touch(&at("a/b/c")).await.unwrap();
        assert!(touched(store, "a/b/c").await >= now, "round {round}: touch");
    }
    assert_eq!(content(store, "a/b/c").await, "123");
}

/// Also what was written long before it got its name, and what is there already.
async fn whatever_is_done_touches(store: &impl Store) {
    append(store, "upload", "bytes").await;
    put(store, "blob", "bytes").await;
    let (from, to) = (at("upload"), at("blob"));
    let keeps = async |how: &str, since: SystemTime| {
        let removal = remove(store, "blob", since).await;
        assert_eq!(removal, Removal::Kept, "{how}");
    };
    let since = store.next_moment().await.unwrap();
    store.publish(&from, &to).await.unwrap();
    keeps("publish", since).await;
    for _ in 0..10 {
        let since = store.next_moment().await.unwrap();
        store.touch(&to).await.unwrap();
        keeps("touch", since).await;
    }
    let put = Change::Put {
        path: to.clone(),
        content: "bytes".into(),
    };
    let since = store.next_moment().await.unwrap();
    store.commit(vec![vec![put]]).await.unwrap();
    keeps("commit of what is there", since).await;
    append(store, "upload", "other").await;
    let since = store.next_moment().await.unwrap();
    let publish = Change::Publish { from, to };
    store.commit(vec![vec![publish]]).await.unwrap();
    keeps("commit of a publication", since).await;
}

async fn the_untouched_go(store: &impl Store) {
    put(store, "d/old/data", "1234").await;
    put(store, "d/touched/data", "x").await;
    put(store, "d/beside/data", "x").await;
    put(store, "d/beside/other", "x").await;
    put(store, "top", "x").await;
    let since = store.next_moment().await.unwrap();
    store.touch(&at("d/touched/data")).await.unwrap();
    put(store, "d/new/data", "x").await;

    let before = touched(store, "d/old/data").await;
    assert_eq!(remove(store, "d/old/data", before).await, Removal::Kept);
    assert_eq!(
        remove(store, "d/old/data", since).await,
        Removal::Removed(4)
    );
    assert_eq!(remove(store, "d/old/data", since).await, Removal::Absent);
    assert_eq!(remove(store, "d/touched/data", since).await, Removal::Kept);
    assert_eq!(remove(store, "d/new/data", since).await, Removal::Kept);
    assert_eq!(
        remove(store, "d/beside/data", since).await,
        Removal::Removed(1)
    );
    assert_eq!(remove(store, "top", since).await, Removal::Removed(1));
    for path in ["d/never", "never/ever", "d", "d/new", "d/new/data/below"] {
        assert_eq!(remove(store, path, since).await, Removal::Absent, "{path}");
    }
    assert_nothing(store, "d/old").await;
    assert_not_found(store.touch(&at("d/old/data")).await, "d/old/data");
    assert_eq!(names(store, "d").await, ["beside/", "new/", "touched/"]);
    assert_eq!(names(store, "d/beside").await, ["other"]);
    // The last of all leaves a store that can be written to.
    let since = store.next_moment().await.unwrap();
    for path in ["d/touched/data", "d/new/data", "d/beside/other"] {
        assert_eq!(remove(store, path, since).await, Removal::Removed(1));
    }
    put(store, "d/old/data", "again").await;
    put(store, "top", "again").await;
    assert_eq!(content(store, "d/old/data").await, "again");
}

async fn the_untouched_move(backing: Backing, store: &impl Store) {
    put(store, "d/old/data", "old").await;
    put(store, "d/young/data", "young").await;
    put(store, "q/young", "stands there").await;
    let since = store.next_moment().await.unwrap();
    store.touch(&at("d/young/data")).await.unwrap();
    let mv = async |from, to| {
        store
            .move_untouched(&at(from), &at(to), since)
            .await
            .unwrap()
    };
    assert_eq!(mv("d/young/data", "q/young").await, Removal::Kept);
    assert_eq!(mv("d/never/data", "q/never").await, Removal::Absent);
    assert_eq!(mv("d/old/data", "q/new/old").await, Removal::Removed(3));
    assert_eq!(mv("d/old/data", "q/new/old").await, Removal::Absent);
    assert_nothing(store, "d/old").await;
    assert_no_object(store, "q/never").await;
    assert_eq!(content(store, "q/new/old").await, "old");
    assert_eq!(content(store, "q/young").await, "stands there");
    // What was moved is as old as it was, but in a bucket, where it was written anew.
    if backing == Backing::Local {
        assert_eq!(mv("q/new/old", "q/young").await, Removal::Removed(3));
        assert_eq!(content(store, "q/young").await, "old");
    }
    // Whatever the two places are: some share what keeps others away, and most do not.
    for place in 0..100 {
        let (from, to) = (format!("m/{place}"), format!("n/{place}"));
        put(store, &from, "x").await;
        let since = later_than(store, &from).await;
        let moved = store.move_untouched(&at(from), &at(to), since).await;
        assert_eq!(moved.unwrap(), Removal::Removed(1));
    }
    assert_eq!(names(store, "n").await.len(), 100);
}

/// As if a second had passed.
async fn later_than(store: &impl Store, path: &str) -> SystemTime {
    touched(store, path).await + Duration::from_secs(1)
}

async fn commits_touch(store: &impl Store) {
    let touch = |path: &str| Change::Touch { path: at(path) };
    let link = |path: &str| Change::Put {
        path: at(path),
        content: "link".into(),
    };
    put(store, "data", "x").await;
    append(store, "upload", "y").await;
    let since = store.next_moment().await.unwrap();
    let steps = vec![
        vec![link("links/a")],
        vec![touch("data"), touch("upload")],
        vec![Change::Publish {
            from: at("upload"),
            to: at("published"),
        }],
        vec![touch("links/a")],
    ];
    store.commit(steps).await.unwrap();
    for path in ["data", "published", "links/a"] {
        assert!(touched(store, path).await >= since, "{path}");
    }
    // What is there already is touched all the same.
    let since = store.next_moment().await.unwrap();
    let again = vec![vec![link("links/a")], vec![touch("links/a"), touch("data")]];
    store.commit(again).await.unwrap();
    store.commit(vec![vec![touch("published")]]).await.unwrap();
    for path in ["data", "published", "links/a"] {
        assert!(touched(store, path).await >= since, "{path}");
    }
    // It ends where there is nothing to be touched, and not before.
    let missing = vec![
        vec![link("links/b")],
        vec![touch("missing")],
        vec![link("links/c")],
    ];
    assert_not_found(store.commit(missing).await, "missing");
    assert_eq!(names(store, "links").await, ["a", "b"]);
    let nothing = vec![vec![link("links/b")], vec![touch("missing")]];
    assert_not_found(store.commit(nothing).await, "missing");
    assert_nothing(store, "missing").await;
}

async fn empty_directories_go(store: &impl Store) {
    for path in ["r/a/b/c/d", "r/a/x", "r/b/y", "r-b/c"] {
        put(store, path, "x").await;
    }
    let since = store.next_moment().await.unwrap();
    for path in ["r/a/b/c/d", "r/a/x"] {
        assert_eq!(remove(store, path, since).await, Removal::Removed(1));
    }
    store.prune(&at("r")).await.unwrap();
    assert_eq!(names(store, "r").await, ["b/"]);
    assert_eq!(names(store, "r/b").await, ["y"]);
    assert_eq!(remove(store, "r/b/y", since).await, Removal::Removed(1));
    for path in ["r", "r", "never/there", "r-b/c"] {
        store.prune(&at(path)).await.unwrap();
        store.settle_all(&at(path)).await.unwrap();
    }
    assert_nothing(store, "r").await;
    assert_eq!(content(store, "r-b/c").await, "x");
}

async fn names_are_held(store: &impl Store) {
    let is_held = async |path: &str| store.is_held(&at(path)).await.unwrap();
    assert!(!is_held("serving/a").await);
    let first = store.hold(&at("serving/a")).await.unwrap();
    let second = store.hold(&at("serving/a")).await.unwrap();
    assert!(is_held("serving/a").await);
    for other in ["serving", "serving/b", "serving/a/b", "serving%2fa"] {
        assert!(!is_held(other).await, "{other}");
    }
    assert_nothing(store, "serving").await;
    drop(first);
    assert!(is_held("serving/a").await);
    drop(second);
    assert!(!is_held("serving/a").await);
    let again = store.hold(&at("serving/a")).await.unwrap();
    assert!(is_held("serving/a").await);
    drop(again);
}

/// Who was told that an object is touched finds it there, whoever removes at that moment.
async fn who_touches_in_time_keeps_it(store: impl Store) {
    let store = Arc::new(store);
    let paths: Vec<_> = (0..ROUNDS)
        .map(|round| at(format!("t/{round}/data")))
        .collect();
    for path in &paths {
        put_lazily(&*store, path, "x").await;
    }
    let since = store.next_moment().await.unwrap();
    let removers = removers(&store, &paths, since);
    let mut touchers = tokio::task::JoinSet::new();
    for toucher in 0..2 {
        let (store, paths) = (Arc::clone(&store), paths.clone());
        touchers.spawn(async move {
            let mut kept = Vec::new();
            for (number, path) in paths.into_iter().enumerate() {
                let done = if (number + toucher) % 2 == 0 {
                    store.touch(&path).await
                } else {
                    store
                        .commit(vec![vec![Change::Touch { path: path.clone() }]])
                        .await
                };
                match done {
                    Ok(()) => kept.push(path),
                    Err(error) => assert!(error.is_not_found(), "{error:?}"),
                }
            }
            kept
        });
    }
    let removed = all(removers).await;
    for path in all(touchers).await {
        assert!(!removed.contains(&path), "{path} was touched, and is gone");
        assert_eq!(content(&*store, path.as_str()).await, "x");
    }
}

/// What is put, or published and touched, over what may go is there afterwards.
async fn what_is_written_in_time_stays(store: impl Store) {
    let store = Arc::new(store);
    let paths: Vec<_> = (0..ROUNDS / 4)
        .map(|round| at(format!("t/{round}/data")))
        .collect();
    for path in &paths {
        put_lazily(&*store, path, "old").await;
        put_lazily(&*store, &at(format!("u/{path}")), "new").await;
    }
    let since = store.next_moment().await.unwrap();
    let removers = removers(&store, &paths, since);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..2 {
        let (store, paths) = (Arc::clone(&store), paths.clone());
        writers.spawn(async move {
            let mut written = Vec::new();
            for (number, path) in paths.into_iter().enumerate().skip(writer).step_by(2) {
                let (to, touch) = (path.clone(), Change::Touch { path: path.clone() });
                let put = Change::Put {
                    path: to.clone(),
                    content: "new".into(),
                };
                let from = at(format!("u/{path}"));
                let done = match number / 2 % 3 {
                    0 => store.put(&path, "new".into(), Durability::Durable).await,
                    1 => store.commit(vec![vec![put], vec![touch]]).await,
                    // Its bytes are old.
                    _ => {
                        store
                            .commit(vec![vec![Change::Publish { from, to }], vec![touch]])
                            .await
                    }
                };
                match done {
                    Ok(()) => written.push(path),
                    Err(error) => assert!(error.is_not_found(), "{error:?}"),
                }
            }
            written
        });
    }
    all(removers).await;
    let written = all(writers).await;
    // Only what was published with old bytes may have gone before it was touched.
    assert!(written.len() > paths.len() / 2);
    for path in written {
        assert_eq!(content(&*store, path.as_str()).await, "new", "{path}");
    }
}

/// There are many.
async fn put_lazily(store: &impl Store, path: &StorePath, content: &'static str) {
    let put = store.put(path, content.into(), Durability::Lazy);
    put.await.unwrap();
}

/// They answer what they removed.
fn removers<S: Store>(
    store: &Arc<S>,
    paths: &[StorePath],
    since: SystemTime,
) -> tokio::task::JoinSet<Vec<StorePath>> {
    let mut removers = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let (store, paths) = (Arc::clone(store), paths.to_vec());
        removers.spawn(async move {
            let mut removed = Vec::new();
            for path in paths {
                match store.remove_untouched(&path, since).await.unwrap() {
                    Removal::Removed(_) => removed.push(path),
                    Removal::Kept | Removal::Absent => {}
                }
            }
            removed
        });
    }
    removers
}

async fn all(mut tasks: tokio::task::JoinSet<Vec<StorePath>>) -> Vec<StorePath> {
    let mut found = Vec::new();
    while let Some(done) = tasks.join_next().await {
        found.extend(done.unwrap());
    }
    found
}

/// Objects that are fought for.
const ROUNDS: usize = 400;
