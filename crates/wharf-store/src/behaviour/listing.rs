//! `list`.

use std::time::Duration;

use super::{append, assert_not_found, at, names, put};
use crate::{Listing, Store};

pub(super) async fn suite<S: Store>(make: &impl AsyncFn() -> S) {
    names_are_sorted_bytewise(&make().await).await;
    only_directories_are_listed(&make().await).await;
    listings_show_every_change_at_once(&make().await).await;
    what_was_listed_stays_as_it_was(&make().await).await;
    holders_of_an_object_are_found(&make().await).await;
    directories_are_listed_together(&make().await).await;
    pages_are_those_of_the_whole_list(&make().await).await;
}

/// Names whose keys are in another order, one that holds more than a provider lists at once, and
/// some that do not hold what is asked for.
async fn pages_are_those_of_the_whole_list(store: &impl Store) {
    let mut all = [
        "a", "a-b", "a-b.c", "a.b", "a0", "b-1", "b-1-2", "c", "v1", "v1.0", "v1.0-x",
    ];
    for name in all {
        put(store, &format!("d/{name}/current/link"), "x").await;
        put(store, &format!("d/{name}/index/1"), "x").await;
    }
    for number in 0..1100 {
        put(store, &format!("d/b-1/index/{number}"), "x").await;
    }
    for number in 0..40 {
        put(store, &format!("d/b{number}/index/1"), "x").await;
    }
    all.sort_unstable();
    let afters = all
        .map(Some)
        .into_iter()
        .chain([None, Some("A"), Some("a-"), Some("w")]);
    for after in afters {
        for most in [1, 2, 5, 1000] {
            let page = store
                .page(&at("d"), "current/link", after, most)
                .await
                .unwrap();
            // Others are asked for the whole list.
            let Some((page, has_more)) = page else { return };
            let later: Vec<&str> = all.into_iter().filter(|name| Some(*name) > after).collect();
            let page: Vec<&str> = page.iter().map(|entry| entry.name).collect();
            let expected: Vec<&str> = later.iter().copied().take(most).collect();
            assert_eq!(page, expected, "{most} after {after:?}");
            assert_eq!(has_more, later.len() > most, "{most} after {after:?}");
        }
    }
    let nothing = store.page(&at("e"), "current/link", None, 9).await.unwrap();
    assert!(nothing.is_some_and(|(page, has_more)| page.is_empty() && !has_more));
}

/// Also when nothing was changed for a while, so that a listing may have been kept.
async fn listings_show_every_change_at_once(store: &impl Store) {
    put(store, "d/0", "x").await;
    let mut expected = vec!["0".to_owned()];
    for round in 1..10 {
        for _ in 0..2 {
            assert_eq!(names(store, "d").await, expected, "round {round}");
            if round % 3 == 0 {
                tokio::time::sleep(SETTLED).await;
            }
        }
        put(store, &format!("d/{round}"), "x").await;
        expected.push(round.to_string());
        assert_eq!(names(store, "d").await, expected, "round {round}");
        if round % 2 == 0 {
            store.remove(&at(format!("d/{round}"))).await.unwrap();
            expected.pop();
            assert_eq!(names(store, "d").await, expected, "round {round}");
        }
    }
    // The same name for something else.
    tokio::time::sleep(SETTLED).await;
    assert_eq!(names(store, "d").await, expected);
    store.remove(&at("d/0")).await.unwrap();
    put(store, "d/0/x", "x").await;
    *expected.first_mut().unwrap() = "0/".to_owned();
    assert_eq!(names(store, "d").await, expected);
    // The same directory, made again.
    tokio::time::sleep(SETTLED).await;
    assert_eq!(names(store, "d").await, expected);
    store.remove(&at("d")).await.unwrap();
    assert_not_found(store.list(&at("d")).await, "d");
    put(store, "d/new", "x").await;
    assert_eq!(names(store, "d").await, ["new"]);
}

async fn what_was_listed_stays_as_it_was(store: &impl Store) {
    put(store, "d/a", "x").await;
    let before = store.list(&at("d")).await.unwrap();
    put(store, "d/b", "x").await;
    assert!(before.contains("a") && !before.contains("b"));
}

async fn holders_of_an_object_are_found(store: &impl Store) {
    for path in ["d/a/x/link", "d/c/x/link", "d/d/x", "d/e/x/link/below"] {
        put(store, path, "x").await;
    }
    for number in 0..300 {
        put(store, &format!("d/z{number:03}/x/link"), "x").await;
    }
    put(store, "d/b", "x").await;
    put(store, "d/z007/other", "x").await;
    store.remove(&at("d/z007/x/link")).await.unwrap();
    let listing = store.list(&at("d")).await.unwrap();
    let holding = async |places: std::ops::Range<usize>| {
        let directory = at("d");
        let holding = store.holding(&directory, &listing, places.clone(), "x/link");
        let holding = holding.await.unwrap();
        assert_eq!(holding.len(), places.len());
        let names = listing.range(places).map(|entry| entry.name.to_owned());
        let held = names.zip(holding).filter(|(_, held)| *held);
        held.map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(holding(0..6).await, ["a", "c", "z000"]);
    assert_eq!(holding(3..5).await, [""; 0]);
    assert_eq!(holding(2..2).await, [""; 0]);
    let all = holding(0..listing.len()).await;
    assert_eq!(all.len(), 2 + 299);
    // It is asked now, not when the directory was listed.
    put(store, "d/z007/x/link", "x").await;
    store.remove(&at("d/a/x")).await.unwrap();
    assert_eq!(holding(0..3).await, ["c"]);
    assert_eq!(holding(12..13).await, ["z007"]);
    store.remove(&at("d")).await.unwrap();
    assert_eq!(holding(0..listing.len()).await, [""; 0]);
}

async fn directories_are_listed_together(store: &impl Store) {
    for path in ["d/a/x", "d/b/y/z", "d/c", "d/e/_x/y"] {
        put(store, path, "x").await;
    }
    let listing = store.list(&at("d")).await.unwrap();
    let names = async |places: std::ops::Range<usize>| {
        let listings = store.list_below(&at("d"), &listing, places).await.unwrap();
        let names = |listing: &Listing| listing.iter().map(|it| it.name.to_owned()).collect();
        listings.iter().map(names).collect::<Vec<Vec<_>>>()
    };
    assert_eq!(names(0..2).await, [["x"], ["y"]]);
    assert_eq!(names(3..9).await, [["_x"]]);
    assert!(names(1..1).await.is_empty());
    for _ in 0..2 {
        tokio::time::sleep(SETTLED).await;
        assert_eq!(names(0..1).await, [["x"]]);
    }
    put(store, "d/a/w", "x").await;
    store.remove(&at("d/b")).await.unwrap();
    assert_eq!(
        names(0..2).await,
        [vec!["w".to_owned(), "x".to_owned()], vec![]]
    );
}

/// After so long without a change, a listing may be kept.
const SETTLED: Duration = Duration::from_millis(70);

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
