//! Manifests without a tag, where they may go.

use std::time::Duration;

use wharf_registry::{Collection, Untagged, UntaggedRule};
use wharf_store::{MemoryStore, Store as _};

use super::{HOUR, at_once, collect, data, later, untagged_too};
use crate::fixtures::{paths_with, pull, put, repository};
use crate::images::{digest_of, index, push, push_image, try_push, whole_image};
use crate::paths;

fn rules() -> Collection {
    Collection {
        grace: HOUR,
        untagged: Untagged::Rules(vec![UntaggedRule {
            repositories: vec!["ci/**".to_owned()],
            age: 24 * HOUR,
        }]),
        ..Collection::default()
    }
}

#[tokio::test]
async fn they_go_after_their_age_where_a_rule_says_so() {
    let store = MemoryStore::default();
    let (ci, app) = (repository(&store, "ci/app"), repository(&store, "app"));
    let mut old = Vec::new();
    for repository in [&ci, &app] {
        old.push(push_image(repository, "old", "1").await);
        push_image(repository, "new", "1").await;
    }
    store.pass(23 * HOUR);
    let collected = collect(&store, &rules()).await;
    assert_eq!((collected.manifests, collected.links), (0, 0));
    store.pass(2 * HOUR);
    let collected = collect(&store, &rules()).await;
    assert_eq!(
        (collected.manifests, collected.links, collected.blobs),
        (1, 2, 0)
    );
    assert!(pull(&ci, &old[0].to_string()).await.is_err());
    pull(&app, &old[1].to_string()).await.unwrap();
    let history = paths_with(&store, "ci/app/_manifests/tags/1/index");
    assert_eq!(history.len(), 1, "{history:?}");
}

#[tokio::test]
async fn one_that_is_touched_begins_anew() {
    let store = MemoryStore::default();
    let ci = repository(&store, "ci/app");
    let old = push_image(&ci, "old", "1").await;
    push_image(&ci, "new", "1").await;
    store.pass(25 * HOUR);
    let link = paths::revision_link("ci/app", old);
    store.touch(&link).await.unwrap();
    store.pass(23 * HOUR);
    assert_eq!(collect(&store, &rules()).await.manifests, 0);
    store.pass(2 * HOUR);
    assert_eq!(collect(&store, &rules()).await.manifests, 1);
}

#[tokio::test]
async fn a_tag_that_cannot_be_read_keeps_all_manifests_of_its_repository() {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    let old = push_image(&app, "old", "1").await;
    push_image(&app, "new", "1").await;
    push_image(&app, "other", "2").await;
    put(&store, &paths::tag_current_link("app", "2"), "").await;
    later(&store);
    let collected = collect(&store, &untagged_too()).await;
    assert_eq!((collected.manifests, collected.problems), (0, 1));
    pull(&app, &old.to_string()).await.unwrap();
}

#[tokio::test]
async fn they_stay_without_being_asked_to_go() {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    let manifest = whole_image(&app, "a").await;
    push(&app, &manifest).await;
    store.pass(Duration::from_secs(1 << 30));
    let collected = collect(&store, &at_once()).await;
    assert_eq!((collected.manifests, collected.blobs), (0, 0));
    let collected = collect(&store, &untagged_too()).await;
    let collected = (collected.manifests, collected.blobs, collected.repositories);
    assert_eq!(collected, (1, 3, 1), "also where there never was a tag");
}

#[tokio::test]
async fn a_child_that_an_index_with_a_tag_shares_with_one_without_stays() {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    let (shared, own) = (
        whole_image(&app, "shared").await,
        whole_image(&app, "own").await,
    );
    push(&app, &shared).await;
    push(&app, &own).await;
    try_push(&app, &index(&[&shared, &own]), "1").await.unwrap();
    try_push(&app, &index(&[&shared]), "1").await.unwrap();
    later(&store);
    let collected = collect(&store, &untagged_too()).await;
    assert_eq!(
        (collected.manifests, collected.links, collected.blobs),
        (2, 2, 4)
    );
    assert!(data(&store).contains(&digest_of(&shared)));
    assert!(!data(&store).contains(&digest_of(&own)));
}

#[tokio::test]
async fn they_stay_for_their_least_age_however_short_the_grace_and_the_rule_are() {
    let all = Untagged::All;
    let soon = Untagged::Rules(vec![UntaggedRule {
        repositories: vec!["**".to_owned()],
        age: Duration::from_secs(1),
    }]);
    for untagged in [all, soon] {
        let options = Collection {
            untagged,
            untagged_age: HOUR,
            ..Collection::default()
        };
        let store = MemoryStore::default();
        let app = repository(&store, "app");
        push_image(&app, "old", "1").await;
        push_image(&app, "new", "1").await;
        store.pass(HOUR / 2);
        let collected = collect(&store, &options).await;
        assert_eq!((collected.manifests, collected.blobs), (0, 0));
        store.pass(HOUR);
        let collected = collect(&store, &options).await;
        assert_eq!((collected.manifests, collected.blobs), (1, 3));
    }
}
