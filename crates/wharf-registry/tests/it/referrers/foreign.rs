//! Manifests that another registry stored or removed in the same tree.

use serde_json::{Value, json};
use wharf_spec::Digest;
use wharf_store::{FaultPlan, Faulty, MemoryStore, Store, StorePath};

use super::{digests, sign, signature_of, sorted};
use crate::fixtures::{paths_with, pull, put, registry, repository, sha512};
use crate::images::{about, digest_of, encode, image, index, push, push_image};
use crate::paths;

/// As distribution stores a manifest: it knows nothing of subjects.
async fn store_as_distribution(store: &MemoryStore, name: &str, manifest: &Value, digest: Digest) {
    put(store, &paths::blob_data(digest), encode(manifest)).await;
    put(
        store,
        &paths::revision_link(name, digest),
        digest.to_string(),
    )
    .await;
}

async fn delete_derived_data(store: &MemoryStore) {
    assert!(!paths_with(store, "wharfinger").is_empty());
    store
        .remove(&StorePath::new("wharfinger").unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn what_somebody_else_stored_is_found_by_the_first_question() {
    let store = MemoryStore::default();
    let subject = image(b"", &[]);
    let signature = signature_of(&subject, "x", "text/signature");
    let bundle = about(index(&[]), &subject);
    store_as_distribution(&store, "a/b", &subject, digest_of(&subject)).await;
    store_as_distribution(&store, "a/b", &signature, digest_of(&signature)).await;
    store_as_distribution(&store, "a/b", &bundle, sha512(&encode(&bundle))).await;
    let expected = sorted([digest_of(&signature), sha512(&encode(&bundle))]);

    let repository = repository(&store, "a/b");
    assert_eq!(digests(&repository, &subject).await, expected);
    assert_eq!(digests(&repository, &subject).await, expected, "once more");
    let other = crate::fixtures::repository(&store, "a");
    assert!(digests(&other, &subject).await.is_empty());
}

#[tokio::test]
async fn the_first_questions_share_one_search() {
    let store = MemoryStore::default();
    let subject = json!({});
    let signature = signature_of(&subject, "x", "text/signature");
    let digest = digest_of(&signature);
    store_as_distribution(&store, "a", &signature, digest).await;
    let plan = FaultPlan::default();
    let repository = repository(&Faulty::new(store, plan.clone()), "a");
    let ask = || digests(&repository, &subject);
    let answers = tokio::join!(ask(), ask(), ask());
    assert_eq!(answers, (vec![digest], vec![digest], vec![digest]));
    let calls = plan.calls();
    let reads = calls
        .iter()
        .filter(|call| call.path == paths::blob_data(digest));
    assert_eq!(reads.count(), 1);
}

#[tokio::test]
async fn ours_and_theirs_are_listed_together_and_nothing_is_searched_twice() {
    let store = MemoryStore::default();
    let subject = json!({});
    let ours = sign(&repository(&store, "a"), &subject, "ours", "text/signature").await;
    let theirs = signature_of(&subject, "theirs", "text/signature");
    store_as_distribution(&store, "a", &theirs, digest_of(&theirs)).await;
    let expected = sorted([ours, digest_of(&theirs)]);
    assert_eq!(digests(&repository(&store, "a"), &subject).await, expected);
    let after = store.snapshot();
    assert_eq!(digests(&repository(&store, "a"), &subject).await, expected);
    assert_eq!(store.snapshot(), after, "a new process finds nothing to do");
}

#[tokio::test]
async fn derived_data_can_be_deleted() {
    let store = MemoryStore::default();
    let subject = json!({});
    let expected = {
        let repository = repository(&store, "a");
        push_image(&repository, "plain", "t").await;
        let one = sign(&repository, &subject, "one", "text/signature").await;
        let two = sign(&repository, &subject, "two", "text/signature").await;
        sorted([one, two])
    };
    let whole = store.snapshot();
    for _ in 0..2 {
        delete_derived_data(&store).await;
        assert_eq!(digests(&repository(&store, "a"), &subject).await, expected);
    }
    let mut found = store.snapshot();
    found.retain(|path, _| whole.contains_key(path));
    assert_eq!(found, whole, "it is the same as before");
}

/// ARCHITECTURE.md: it can be deleted at any time, so also under a running process.
#[tokio::test]
async fn derived_data_can_be_deleted_under_a_running_registry() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let subject = json!({});
    let one = sign(&repository, &subject, "one", "text/signature").await;
    assert_eq!(digests(&repository, &subject).await, [one]);
    delete_derived_data(&store).await;
    assert_eq!(digests(&repository, &subject).await, [one]);
}

#[tokio::test]
async fn garbled_derived_data_is_made_again() {
    let store = MemoryStore::default();
    let subject = json!({});
    let one = sign(&repository(&store, "a"), &subject, "one", "text/signature").await;
    push_image(&repository(&store, "a"), "plain", "t").await;
    assert_eq!(digests(&repository(&store, "a"), &subject).await, [one]);
    for path in paths_with(&store, "wharfinger") {
        for garbage in [&b""[..], b"\0\0\0", b"{", b"\xff\n\xff", b"[]"] {
            let path = StorePath::new(path.clone()).unwrap();
            put(&store, &path, garbage).await;
            let found = digests(&repository(&store, "a"), &subject).await;
            assert_eq!(found, [one], "{garbage:?} in {path}");
        }
    }
}

#[tokio::test]
async fn what_somebody_else_deleted_is_not_listed() {
    let store = MemoryStore::default();
    let registry = registry(&store);
    let repository = registry.repository("a".parse().unwrap());
    let subject = json!({});
    let one = sign(&repository, &subject, "one", "text/signature").await;
    let two = sign(&repository, &subject, "two", "text/signature").await;
    assert_eq!(digests(&repository, &subject).await, sorted([one, two]));
    store.remove(&paths::revision_link("a", one)).await.unwrap();
    assert_eq!(digests(&repository, &subject).await, [two]);
    assert_eq!(
        digests(&crate::fixtures::repository(&store, "a"), &subject).await,
        [two]
    );
    assert!(pull(&repository, &one.to_string()).await.is_err());
}

#[tokio::test]
async fn what_cannot_be_read_does_not_hide_the_rest() {
    let store = MemoryStore::default();
    let subject = json!({});
    let lost = signature_of(&subject, "lost", "text/signature");
    store_as_distribution(&store, "a", &lost, digest_of(&lost)).await;
    store
        .remove(&paths::blob_data(digest_of(&lost)))
        .await
        .unwrap();
    let schema1 = json!({ "schemaVersion": 1 });
    store_as_distribution(&store, "a", &schema1, digest_of(&schema1)).await;
    let empty_link = signature_of(&subject, "empty", "text/signature");
    store_as_distribution(&store, "a", &empty_link, digest_of(&empty_link)).await;
    put(
        &store,
        &paths::revision_link("a", digest_of(&empty_link)),
        "",
    )
    .await;
    let good = signature_of(&subject, "good", "text/signature");
    store_as_distribution(&store, "a", &good, digest_of(&good)).await;
    let first = repository(&store, "a");
    assert_eq!(digests(&first, &subject).await, [digest_of(&good)]);

    // What has come back by the next start is found then.
    put(&store, &paths::blob_data(digest_of(&lost)), encode(&lost)).await;
    let expected = sorted([digest_of(&good), digest_of(&lost)]);
    assert_eq!(digests(&repository(&store, "a"), &subject).await, expected);
}

#[tokio::test]
async fn a_new_registry_lists_what_the_old_one_listed() {
    let store = MemoryStore::default();
    let subject = image(b"c", &[]);
    let mut expected = Vec::new();
    for name in ["one", "two", "three"] {
        let repository = repository(&store, "a");
        expected.push(sign(&repository, &subject, name, "text/signature").await);
        expected.sort_unstable();
        assert_eq!(digests(&repository, &subject).await, expected);
    }
    assert_eq!(digests(&repository(&store, "a"), &subject).await, expected);
    // Derived data of one repository says nothing about another one.
    let other = repository(&store, "b");
    push(&other, &index(&[])).await;
    assert!(digests(&other, &subject).await.is_empty());
}
