//! Links that lead nowhere.

use wharf_registry::{Finding, FindingKind, Outcome, ScrubMode};
use wharf_store::{MemoryStore, Store, StorePath};

use super::{GRACE, kinds, quarantine, scrub};
use crate::fixtures::{pull, push_blob, put, repository, sha256};
use crate::images::push_image;
use crate::paths::{blob_data, layer_link, revision_link, tag, tag_current_link};

/// A store with an image whose parts have nothing to do with what tests break.
async fn estate() -> MemoryStore {
    let store = MemoryStore::default();
    push_image(&repository(&store, "app"), "sound", "sound").await;
    store
}

fn history(content: &[u8]) -> StorePath {
    let index = format!("index/sha256/{}/link", sha256(content).hex());
    tag("app", "sound").join(&index).unwrap()
}

/// Places for links of all kinds to what is not there.
fn places() -> [StorePath; 4] {
    [
        layer_link("app", sha256(b"gone")),
        revision_link("app", sha256(b"gone")),
        tag_current_link("app", "broken"),
        history(b"gone"),
    ]
}

fn one(findings: &[Finding]) -> (FindingKind, Outcome, &str) {
    assert_eq!(findings.len(), 1, "{findings:#?}");
    let finding = &findings[0];
    assert_eq!(finding.repository.as_deref(), Some("app"));
    (finding.kind, finding.outcome, &finding.path)
}

#[tokio::test]
async fn a_link_without_a_digest_goes_with_repair_once_it_is_old() {
    let sound = estate().await.snapshot();
    let long = "x".repeat(5000);
    for bad in ["", "sha256:", "nonsense", "\u{0}\u{0}", long.as_str()] {
        for place in places() {
            let store = MemoryStore::from_snapshot(sound.clone());
            put(&store, &place, bad.to_owned()).await;
            for (mode, outcome) in [
                (ScrubMode::Report, Outcome::Remains),
                (ScrubMode::Quarantine, Outcome::Remains),
                // It is too young.
                (ScrubMode::Repair, Outcome::Remains),
            ] {
                let found = scrub(&store, mode).await;
                let expected = (FindingKind::BrokenLink, outcome, place.as_str());
                assert_eq!(one(&found), expected);
            }
            store.pass(2 * GRACE);
            let found = scrub(&store, ScrubMode::Repair).await;
            let expected = (FindingKind::BrokenLink, Outcome::Removed, place.as_str());
            assert_eq!(one(&found), expected);
            assert!(store.snapshot() == sound);
            assert_eq!(kinds(&store, ScrubMode::Report).await, []);
        }
    }
}

#[tokio::test]
async fn a_link_to_nothing_goes_with_repair_once_it_is_old() {
    let sound = estate().await.snapshot();
    let kinds = [
        FindingKind::DanglingLink,
        FindingKind::DanglingLink,
        FindingKind::DanglingTag,
        FindingKind::StaleHistory,
    ];
    let target = sha256(b"gone").to_string();
    for (place, kind) in places().into_iter().zip(kinds) {
        let store = MemoryStore::from_snapshot(sound.clone());
        put(&store, &place, target.clone()).await;
        for mode in [ScrubMode::Report, ScrubMode::Repair] {
            let found = scrub(&store, mode).await;
            assert_eq!(one(&found), (kind, Outcome::Remains, place.as_str()));
            assert!(found[0].detail.contains(&target), "{found:?}");
            assert_eq!(found[0].remains(), kind != FindingKind::StaleHistory);
        }
        store.pass(2 * GRACE);
        let found = scrub(&store, ScrubMode::Repair).await;
        assert_eq!(one(&found), (kind, Outcome::Removed, place.as_str()));
        assert!(found[0].detail.contains(&target), "{found:?}");
        assert!(store.snapshot() == sound);
    }
}

#[tokio::test]
async fn a_link_that_somebody_relies_on_stays() {
    for place in places() {
        let store = estate().await;
        put(&store, &place, sha256(b"gone").to_string()).await;
        store.pass(2 * GRACE);
        store.touch(&place).await.unwrap();
        let found = scrub(&store, ScrubMode::Repair).await;
        assert_eq!(one(&found).1, Outcome::Remains);
    }
}

#[tokio::test]
async fn a_link_to_what_was_moved_aside_stays() {
    for place in places() {
        let store = estate().await;
        put(&store, &place, sha256(b"gone").to_string()).await;
        put(&store, &quarantine(sha256(b"gone")), "rotten").await;
        store.pass(2 * GRACE);
        let found = scrub(&store, ScrubMode::Repair).await;
        assert_eq!(found[0].kind, FindingKind::Quarantined);
        assert_eq!(one(&found[1..]).1, Outcome::Remains);
    }
}

#[tokio::test]
async fn a_tag_whose_manifest_another_repository_holds_dangles() {
    let store = estate().await;
    let other = push_image(&repository(&store, "other"), "other", "latest").await;
    let place = tag_current_link("app", "broken");
    put(&store, &place, other.to_string()).await;
    store.pass(2 * GRACE);
    let found = scrub(&store, ScrubMode::Repair).await;
    let expected = (FindingKind::DanglingTag, Outcome::Removed, place.as_str());
    assert_eq!(one(&found), expected);
    assert_eq!(found[0].tag.as_deref(), Some("broken"));
    assert!(found[0].detail.contains(&other.to_string()));
}

#[tokio::test]
async fn a_manifest_without_bytes_takes_its_link_and_then_its_tag() {
    let store = estate().await;
    let app = repository(&store, "app");
    let digest = push_image(&app, "lost", "lost").await;
    store.remove(&blob_data(digest)).await.unwrap();
    store.pass(2 * GRACE);
    assert_eq!(
        kinds(&store, ScrubMode::Repair).await,
        [
            (FindingKind::DanglingLink, Outcome::Removed),
            (FindingKind::DanglingTag, Outcome::Removed),
            (FindingKind::StaleHistory, Outcome::Removed),
        ]
    );
    assert!(pull(&app, "lost").await.is_err());
    pull(&app, "sound").await.unwrap();
    assert_eq!(kinds(&store, ScrubMode::Repair).await, []);
}

#[tokio::test]
async fn a_link_to_other_content_than_its_name_says_is_told_and_stays() {
    let store = estate().await;
    let other = push_blob(&repository(&store, "app"), "other").await;
    let place = layer_link("app", sha256(b"named"));
    put(&store, &place, other.to_string()).await;
    store.pass(2 * GRACE);
    let found = scrub(&store, ScrubMode::Repair).await;
    let expected = (FindingKind::WrongLink, Outcome::Remains, place.as_str());
    assert_eq!(one(&found), expected);
    // As distribution links what was pushed by its sha512.
    store.remove(&place).await.unwrap();
    let place = layer_link("app", crate::fixtures::sha512(b"other"));
    put(&store, &place, other.to_string()).await;
    assert_eq!(kinds(&store, ScrubMode::Report).await, []);
}

#[tokio::test]
async fn a_tag_of_an_interrupted_push_is_no_damage() {
    let store = estate().await;
    let index = format!("index/sha256/{}/link", sha256(b"x").hex());
    let index = tag("app", "new").join(&index).unwrap();
    let image = push_image(&repository(&store, "app"), "other", "other").await;
    put(&store, &index, image.to_string()).await;
    let found = scrub(&store, ScrubMode::Report).await;
    // The name of the link was made up.
    assert_eq!(one(&found).0, FindingKind::WrongLink);
}
