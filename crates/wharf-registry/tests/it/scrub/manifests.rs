//! Manifests that do not fit what they refer to.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_registry::{FindingKind, Options, Outcome, Registry, ScrubMode, SparseManifests};
use wharf_spec::media_type;
use wharf_store::{MemoryStore, Store};

use super::{GRACE, scrub, scrub_by};
use crate::fixtures::{push_blob, put, repository, sha256};
use crate::images::{about, digest_of, encode, image, index, push, whole_image};
use crate::paths::{blob_data, layer_link, revision_link};

/// Stores a manifest behind the registry's back.
async fn leave(store: &MemoryStore, bytes: Bytes) {
    let digest = sha256(&bytes);
    put(store, &blob_data(digest), bytes).await;
    put(store, &revision_link("app", digest), digest.to_string()).await;
}

/// Leaves it beside a sound image, and says what is found about it.
async fn finding(bend: impl FnOnce(&mut Value)) -> (FindingKind, String) {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    let mut manifest = whole_image(&app, "one").await;
    let child = whole_image(&app, "child").await;
    push(&app, &child).await;
    bend(&mut manifest);
    leave(&store, encode(&manifest)).await;
    store.pass(2 * GRACE);
    let before = store.snapshot();
    let findings = scrub(&store, ScrubMode::Repair).await;
    assert!(store.snapshot() == before);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    let finding = &findings[0];
    assert_eq!(finding.outcome, Outcome::Remains);
    assert_eq!(finding.digest, Some(digest_of(&manifest)));
    assert_eq!(finding.repository.as_deref(), Some("app"));
    (finding.kind, finding.detail.clone())
}

fn child() -> Value {
    image(b"config of child", &[b"layer of child"])
}

#[tokio::test]
async fn a_size_that_is_not_that_of_the_blob() {
    let (kind, detail) = finding(|image| image["layers"][0]["size"] = json!(99)).await;
    assert_eq!(kind, FindingKind::WrongSize);
    assert!(detail.ends_with("has 12 bytes, not 99"), "{detail}");
    let (kind, _) = finding(|image| image["config"]["size"] = json!(1)).await;
    assert_eq!(kind, FindingKind::WrongSize);
    let wrong = |image: &mut Value| {
        *image = index(&[&child()]);
        image["manifests"][0]["size"] = json!(7);
    };
    assert_eq!(finding(wrong).await.0, FindingKind::WrongSize);
    let wrong = |image: &mut Value| {
        *image = about(image.clone(), &child());
        image["subject"]["size"] = json!(7);
    };
    assert_eq!(finding(wrong).await.0, FindingKind::WrongSize);
}

#[tokio::test]
async fn a_child_of_another_media_type_than_its_index_says() {
    let wrong = |image: &mut Value| {
        *image = index(&[&child()]);
        image["manifests"][0]["mediaType"] = json!(media_type::DOCKER_MANIFEST);
    };
    let (kind, detail) = finding(wrong).await;
    assert_eq!(kind, FindingKind::WrongMediaType);
    assert!(detail.contains(media_type::OCI_MANIFEST), "{detail}");
}

#[tokio::test]
async fn a_manifest_that_says_something_else_of_itself_than_it_is() {
    let wrong = |image: &mut Value| image["mediaType"] = json!(media_type::OCI_INDEX);
    assert_eq!(finding(wrong).await.0, FindingKind::ManifestInvalid);
    let wrong = |image: &mut Value| *image = json!({"schemaVersion": 1, "fsLayers": []});
    assert_eq!(finding(wrong).await.0, FindingKind::ManifestInvalid);
    let wrong = |image: &mut Value| *image = json!("no manifest");
    assert_eq!(finding(wrong).await.0, FindingKind::ManifestInvalid);
}

#[tokio::test]
async fn something_that_the_repository_does_not_hold() {
    let wrong = |image: &mut Value| {
        image["layers"][0]["digest"] = json!(sha256(b"elsewhere").to_string());
    };
    let (kind, detail) = finding(wrong).await;
    assert_eq!(kind, FindingKind::MissingPart);
    assert!(detail.contains("is missing"), "{detail}");
    let wrong = |image: &mut Value| *image = index(&[&image.clone()]);
    assert_eq!(finding(wrong).await.0, FindingKind::MissingPart);
}

#[tokio::test]
async fn what_the_operator_lets_be_missing_is_no_damage() {
    let store = MemoryStore::default();
    let missing = image(b"nowhere", &[]);
    leave(&store, encode(&index(&[&missing]))).await;
    let options = |sparse| Options {
        sparse,
        ..Options::default()
    };
    for (sparse, found) in [
        (SparseManifests::Refused, 1),
        (SparseManifests::Indexes, 0),
        (SparseManifests::All, 0),
    ] {
        let registry = Registry::new(Arc::new(store.clone()), options(sparse));
        let (scrubbed, _) = scrub_by(&registry, ScrubMode::Report, GRACE).await;
        assert_eq!(scrubbed.findings, found);
    }
}

/// Only where the repository has no link: bytes that others hold do not help.
#[tokio::test]
async fn a_layer_whose_link_is_missing_is_missing() {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    let image = whole_image(&app, "one").await;
    push(&app, &image).await;
    push_blob(&repository(&store, "other"), "layer of one").await;
    let link = layer_link("app", sha256(b"layer of one"));
    store.remove(&link).await.unwrap();
    let found = scrub(&store, ScrubMode::Report).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, FindingKind::MissingPart);
}
