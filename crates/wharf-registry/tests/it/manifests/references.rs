//! Manifests whose parts are missing.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use wharf_registry::{Error, Options, Registry, Repository, SparseManifests};
use wharf_spec::{Digest, media_type};
use wharf_store::{FaultPlan, Faulty, MemoryStore, Operation, Store, StorePath};

use crate::fixtures::{empty_repository, pull, push_blob, registry, repository, sha256};
use crate::images::{about, descriptor, digest_of, image, index, push, try_push, whole_image};
use crate::paths;

#[tokio::test]
async fn everything_that_is_missing_is_listed() {
    let repository = empty_repository();
    push_blob(&repository, "there").await;
    let image = image(b"config", &[b"one", b"there", b"two"]);
    let missing = [&b"config"[..], b"one", b"two"].map(sha256);
    assert_eq!(missing_of(&repository, &image).await, missing);

    let child = whole_image(&repository, "child").await;
    push(&repository, &child).await;
    let index = index(&[&image, &child, &json!({})]);
    let missing = [digest_of(&image), sha256(b"{}")];
    assert_eq!(missing_of(&repository, &index).await, missing);
}

#[tokio::test]
async fn what_another_repository_holds_is_missing_here() {
    let registry = registry(&MemoryStore::default());
    let [here, there] = ["a", "b"].map(|name| registry.repository(name.parse().unwrap()));
    let image = whole_image(&there, "x").await;
    push(&there, &image).await;
    let missing = [&b"config of x"[..], b"layer of x"].map(sha256);
    assert_eq!(missing_of(&here, &image).await, missing);
    assert_eq!(
        missing_of(&here, &index(&[&image])).await,
        [digest_of(&image)]
    );
}

#[tokio::test]
async fn what_lost_its_data_or_its_link_is_missing() {
    let (config, layer) = (sha256(b"config of x"), sha256(b"layer of x"));
    for (lost, missing) in [
        (paths::blob_data(config), config),
        (paths::blob_data(layer), layer),
        (paths::layer_link("a", config), config),
        (paths::layer_link("a", layer), layer),
    ] {
        let store = MemoryStore::default();
        let repository = repository(&store, "a");
        let image = whole_image(&repository, "x").await;
        store.remove(&lost).await.unwrap();
        assert_eq!(missing_of(&repository, &image).await, [missing]);
    }
}

/// As after a push of the child that was cut short: its client would skip it when it pushes again.
#[tokio::test]
async fn a_child_that_lacks_something_is_missing_itself() {
    let layer = sha256(b"layer of x");
    for lost in [paths::blob_data(layer), paths::layer_link("a", layer)] {
        let store = MemoryStore::default();
        let repository = repository(&store, "a");
        let image = whole_image(&repository, "x").await;
        push(&repository, &image).await;
        let inner = index(&[&image]);
        push(&repository, &inner).await;
        store.remove(&lost).await.unwrap();
        let missing = missing_of(&repository, &index(&[&image])).await;
        assert_eq!(missing, [digest_of(&image)]);
        let missing = missing_of(&repository, &index(&[&inner])).await;
        assert_eq!(missing, [digest_of(&inner)], "nested");
    }
}

/// Another request may have written it a moment ago, and the power fail a moment later.
#[tokio::test]
async fn what_a_manifest_relies_on_is_durable_before_it_is_acknowledged() {
    let plan = FaultPlan::default();
    let repository = repository(&Faulty::new(MemoryStore::default(), plan.clone()), "a");
    let image = whole_image(&repository, "x").await;
    push(&repository, &image).await;
    let (config, layer) = (sha256(b"config of x"), sha256(b"layer of x"));
    let parts = [config, layer]
        .map(|digest| [paths::layer_link("a", digest), paths::blob_data(digest)])
        .concat();
    let mut expected = BTreeSet::from_iter(parts);
    assert_eq!(settled(&plan, 0), expected);

    let before = plan.count();
    push(&repository, &index(&[&image])).await;
    // What its child relies on, it relies on as well.
    let image = digest_of(&image);
    expected.extend([paths::revision_link("a", image), paths::blob_data(image)]);
    assert_eq!(settled(&plan, before), expected);

    let before = plan.count();
    let other =
        crate::fixtures::repository(&Faulty::new(MemoryStore::default(), plan.clone()), "b");
    push_blob(&other, "hello").await;
    other
        .mount(sha256(b"hello"), Some(other.name()))
        .await
        .unwrap();
    let data = paths::blob_data(sha256(b"hello"));
    assert_eq!(
        settled(&plan, before),
        [data].into(),
        "a mount relies on the data alone"
    );
}

/// What was settled after so many calls.
fn settled(plan: &FaultPlan, before: usize) -> BTreeSet<StorePath> {
    let calls = plan.calls().into_iter().skip(before);
    let settled = calls.filter(|call| call.operation == Operation::Settle);
    settled.map(|call| call.path).collect()
}

/// image-spec, "Image Index": unknown media types are no reason to refuse.
#[tokio::test]
async fn a_child_of_an_index_may_be_any_blob() {
    let repository = empty_repository();
    push_blob(&repository, "anything").await;
    let mut index = index(&[]);
    index["manifests"] = json!([descriptor("text/plain", b"anything")]);
    try_push(&repository, &index, "index").await.unwrap();
}

#[tokio::test]
async fn layers_that_are_not_distributable_and_subjects_may_be_missing() {
    let repository = empty_repository();
    push_blob(&repository, "config").await;
    let mut image = image(b"config", &[b"1", b"2", b"3", b"4", b"5"]);
    for (number, media_type) in [
        media_type::DOCKER_FOREIGN_LAYER,
        media_type::OCI_NONDISTRIBUTABLE_LAYER,
        media_type::OCI_NONDISTRIBUTABLE_LAYER_GZIP,
        media_type::OCI_NONDISTRIBUTABLE_LAYER_ZSTD,
    ]
    .into_iter()
    .enumerate()
    {
        image["layers"][number]["mediaType"] = media_type.into();
    }
    let image = about(image, &json!({}));
    assert_eq!(missing_of(&repository, &image).await, [sha256(b"5")]);
    let mut image = image;
    image["layers"][4]["urls"] = json!(["https://example.com/layer"]);
    try_push(&repository, &image, "windows").await.unwrap();
}

#[tokio::test]
async fn the_operator_chooses_what_may_be_missing() {
    let image = image(b"config", &[b"layer"]);
    let index = index(&[&image]);
    for (sparse, takes_index, takes_image) in [
        (SparseManifests::Refused, false, false),
        (SparseManifests::Indexes, true, false),
        (SparseManifests::All, true, true),
    ] {
        let options = Options {
            sparse: sparse.clone(),
            ..Options::default()
        };
        let registry = Registry::new(Arc::new(MemoryStore::default()), options);
        assert_eq!(registry.options().sparse, sparse);
        let repository = registry.repository("a".parse().unwrap());
        for (manifest, takes) in [(&index, takes_index), (&image, takes_image)] {
            let pushed = try_push(&repository, manifest, "t").await;
            assert_eq!(pushed.is_ok(), takes, "{sparse:?}: {pushed:?}");
            let refused = matches!(pushed, Err(Error::ReferencesUnknown(_)));
            assert_eq!(refused, !takes, "{sparse:?}: {pushed:?}");
            let reference = digest_of(manifest).to_string();
            assert_eq!(pull(&repository, &reference).await.is_ok(), takes);
        }
    }
}

async fn missing_of(repository: &Repository, manifest: &Value) -> Vec<Digest> {
    match try_push(repository, manifest, "t").await {
        Err(Error::ReferencesUnknown(missing)) => missing,
        other => panic!("{other:?}"),
    }
}
