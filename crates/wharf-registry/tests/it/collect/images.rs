//! What belongs to an image, of whatever kind, stays.

use serde_json::json;
use wharf_registry::Mount;
use wharf_spec::Digest;
use wharf_store::MemoryStore;

use super::{at_once, collect, data, later, untagged_too};
use crate::fixtures::{paths_with, pull, pull_blob, push_blob, put, repository, sha256, sha512};
use crate::images::{about, digest_of, image, index, push, push_image, try_push, whole_image};
use crate::paths;

#[tokio::test]
async fn children_of_an_index_stay_and_so_do_those_of_nested_indexes() {
    for options in [at_once(), untagged_too()] {
        let store = MemoryStore::default();
        let app = repository(&store, "library/app");
        let (amd, arm) = (
            whole_image(&app, "amd64").await,
            whole_image(&app, "arm64").await,
        );
        for child in [&amd, &arm] {
            push(&app, child).await;
        }
        let inner = index(&[&amd, &arm]);
        push(&app, &inner).await;
        let outer = index(&[&inner]);
        try_push(&app, &outer, "latest").await.unwrap();
        later(&store);
        let before = store.snapshot();
        let collected = collect(&store, &options).await;
        assert_eq!((collected.blobs, collected.problems), (0, 0));
        assert_eq!(collected.marked, 8);
        assert_eq!(store.snapshot(), before);

        app.delete_tag(&"latest".parse().unwrap()).await.unwrap();
        later(&store);
        let collected = collect(&store, &options).await;
        let expected = match options.untagged {
            wharf_registry::Untagged::All => (4, 8, 4, 1),
            _ => (0, 0, 0, 0),
        };
        let collected = (
            collected.manifests,
            collected.blobs,
            collected.links,
            collected.repositories,
        );
        assert_eq!(collected, expected);
    }
}

#[tokio::test]
async fn referrers_of_what_stays_stay_nested_and_with_what_they_list() {
    let store = MemoryStore::default();
    let app = repository(&store, "library/app");
    let subject = whole_image(&app, "subject").await;
    try_push(&app, &subject, "latest").await.unwrap();
    let signature = about(whole_image(&app, "signature").await, &subject);
    push(&app, &signature).await;
    let of_signature = about(whole_image(&app, "of the signature").await, &signature);
    push(&app, &of_signature).await;
    let part = whole_image(&app, "part").await;
    push(&app, &part).await;
    let report = about(index(&[&part]), &subject);
    push(&app, &report).await;
    let orphan = about(whole_image(&app, "orphan").await, &image(b"nobody", &[]));
    push(&app, &orphan).await;
    later(&store);
    let collected = collect(&store, &untagged_too()).await;
    assert_eq!((collected.manifests, collected.blobs), (1, 3));
    for kept in [&signature, &of_signature, &part, &report] {
        pull(&app, &digest_of(kept).to_string()).await.unwrap();
    }
    assert!(!data(&store).contains(&digest_of(&orphan)));
    let listed = app
        .referrers(digest_of(&subject), None, None)
        .await
        .unwrap();
    assert_eq!(listed.0.len(), 2);

    app.delete_tag(&"latest".parse().unwrap()).await.unwrap();
    later(&store);
    collect(&store, &untagged_too()).await;
    assert_eq!(data(&store).len(), 0);
    assert_eq!(
        paths_with(&store, "library/app"),
        [""; 0],
        "nor anything derived"
    );
}

#[tokio::test]
async fn a_layer_that_two_images_share_stays_while_one_of_them_does() {
    let store = MemoryStore::default();
    let app = repository(&store, "library/app");
    for content in ["config", "shared", "own"] {
        push_blob(&app, content).await;
    }
    let (old, new) = (
        image(b"config", &[b"shared", b"own"]),
        image(b"config", &[b"shared"]),
    );
    try_push(&app, &old, "old").await.unwrap();
    try_push(&app, &new, "new").await.unwrap();
    app.delete_manifest(digest_of(&old)).await.unwrap();
    later(&store);
    let collected = collect(&store, &at_once()).await;
    assert_eq!((collected.blobs, collected.links), (2, 1));
    let left = [digest_of(&new), sha256(b"config"), sha256(b"shared")];
    assert_eq!(data(&store), left.into());
}

#[tokio::test]
async fn a_layer_that_two_repositories_share_goes_with_the_last() {
    let store = MemoryStore::default();
    let (app, copy) = (repository(&store, "app"), repository(&store, "app/copy"));
    let manifest = whole_image(&app, "a").await;
    try_push(&app, &manifest, "1").await.unwrap();
    for content in ["config of a", "layer of a"] {
        let mounted = copy
            .mount(sha256(content.as_bytes()), Some(app.name()))
            .await;
        assert_eq!(mounted.unwrap(), Mount::Mounted);
    }
    try_push(&copy, &manifest, "1").await.unwrap();
    app.delete_manifest(digest_of(&manifest)).await.unwrap();
    later(&store);
    let collected = collect(&store, &at_once()).await;
    assert_eq!((collected.blobs, collected.links), (0, 2));
    pull_blob(&copy, sha256(b"layer of a")).await.unwrap();
    copy.delete_manifest(digest_of(&manifest)).await.unwrap();
    later(&store);
    let collected = collect(&store, &at_once()).await;
    assert_eq!((collected.blobs, collected.links), (3, 2));
    assert_eq!(data(&store), [].into());
}

#[tokio::test]
async fn a_repository_with_an_index_and_no_layers_is_collected_like_others() {
    let store = MemoryStore::default();
    let app = repository(&store, "indexes");
    let empty = index(&[]);
    try_push(&app, &empty, "1").await.unwrap();
    let other = repository(&store, "other");
    let garbage = push_image(&other, "a", "1").await;
    other.delete_manifest(garbage).await.unwrap();
    later(&store);
    let collected = collect(&store, &at_once()).await;
    assert_eq!((collected.blobs, collected.problems), (3, 0));
    assert_eq!(data(&store), [digest_of(&empty)].into());
}

#[tokio::test]
async fn the_layers_of_an_image_of_schema_1_stay() {
    let store = MemoryStore::default();
    let app = repository(&store, "old");
    push_blob(&app, "layer").await;
    push_blob(&app, "of nobody").await;
    let manifest = json!({
        "schemaVersion": 1,
        "name": "old",
        "tag": "1",
        "fsLayers": [{"blobSum": sha256(b"layer").to_string()}],
        "history": [{"v1Compatibility": "{}"}],
        "signatures": [],
    });
    let content = manifest.to_string();
    let digest = sha256(content.as_bytes());
    put(&store, &paths::blob_data(digest), content).await;
    for link in [
        paths::revision_link("old", digest),
        paths::tag_current_link("old", "1"),
        paths::tag_index_link("old", "1", digest),
    ] {
        put(&store, &link, digest.to_string()).await;
    }
    later(&store);
    let collected = collect(&store, &untagged_too()).await;
    assert_eq!((collected.blobs, collected.problems), (1, 0));
    assert_eq!(data(&store), [digest, sha256(b"layer")].into());
}

#[tokio::test]
async fn what_was_pushed_by_its_sha512_stays_here_and_as_distribution_links_it() {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    let own = sha512(b"own");
    app.push_blob(own, &mut bytes::Bytes::from_static(b"own"))
        .await
        .unwrap();
    // Distribution stores it by its sha256, and makes two links.
    let dual = (sha512(b"dual"), sha256(b"dual"));
    put(&store, &paths::blob_data(dual.1), "dual").await;
    for link in [dual.0, dual.1] {
        put(&store, &paths::layer_link("app", link), dual.1.to_string()).await;
    }
    push_blob(&app, "config").await;
    let by = |digest: Digest| json!({"mediaType": "a/b", "digest": digest.to_string(), "size": 4});
    let mut manifest = image(b"config", &[]);
    manifest["layers"] = json!([by(own), by(dual.0)]);
    try_push(&app, &manifest, "1").await.unwrap();
    later(&store);
    let collected = collect(&store, &at_once()).await;
    assert_eq!(
        (collected.blobs, collected.links),
        (0, 1),
        "the link by sha256"
    );
    pull_blob(&app, own).await.unwrap();
    pull_blob(&app, dual.0).await.unwrap();
    app.delete_manifest(digest_of(&manifest)).await.unwrap();
    later(&store);
    collect(&store, &at_once()).await;
    assert_eq!(data(&store), [].into());
}
