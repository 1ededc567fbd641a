//! What cannot be served is unknown, and never an error of the store.

use wharf_registry::Error;
use wharf_spec::Reference;
use wharf_store::{MemoryStore, Store, StorePath};

use crate::fixtures::{pull, pull_blob, put, registry, repository, sha256};
use crate::images::{push_image, try_push, whole_image};
use crate::paths;

/// What a full disk, a crash of another registry or a careless operator leave behind.
fn garbled() -> Vec<(&'static str, Option<Vec<u8>>)> {
    let text = |text: &str| Some(text.as_bytes().to_vec());
    vec![
        ("gone", None),
        ("without a byte", text("")),
        ("zeroes", Some(vec![0; 71])),
        ("no text", Some(vec![0xff; 71])),
        ("a line end", text("\n")),
        ("cut off", text("sha256:0123")),
        (
            "of an unknown hash",
            text("md5:d41d8cd98f00b204e9800998ecf8427e"),
        ),
        ("much too long", Some(vec![b'x'; 1 << 20])),
    ]
}

#[tokio::test]
async fn a_manifest_with_a_broken_link_is_unknown() {
    for (what, content) in garbled() {
        let store = MemoryStore::default();
        let repository = repository(&store, "a");
        let digest = push_image(&repository, "x", "t").await;

        garble(&store, &paths::tag_current_link("a", "t"), content.clone()).await;
        let error = pull(&repository, "t").await.unwrap_err();
        assert!(
            matches!(error, Error::ManifestUnknown(Reference::Tag(_))),
            "{what}: {error:?}"
        );
        pull(&repository, &digest.to_string()).await.unwrap();

        garble(&store, &paths::revision_link("a", digest), content).await;
        put(
            &store,
            &paths::tag_current_link("a", "t"),
            digest.to_string(),
        )
        .await;
        for reference in ["t", &digest.to_string()] {
            let error = pull(&repository, reference).await.unwrap_err();
            assert!(
                matches!(&error, Error::ManifestUnknown(it) if it.to_string() == reference),
                "{what}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_broken_link_is_mended_by_the_next_push() {
    for (what, content) in garbled() {
        let store = MemoryStore::default();
        let repository = repository(&store, "a");
        let digest = push_image(&repository, "x", "t").await;
        let whole = store.snapshot();
        for link in [
            paths::tag_current_link("a", "t"),
            paths::tag_index_link("a", "t", digest),
            paths::revision_link("a", digest),
            paths::layer_link("a", sha256(b"layer of x")),
        ] {
            garble(&store, &link, content.clone()).await;
        }
        push_image(&repository, "x", "t").await;
        assert_eq!(store.snapshot(), whole, "{what}");
    }
}

#[tokio::test]
async fn a_manifest_whose_bytes_are_gone_or_garbled_is_unknown() {
    let long = Some(vec![b' '; 33 << 20]);
    let garbled = garbled().into_iter().chain([("33 MiB", long)]);
    for (what, content) in garbled {
        let store = MemoryStore::default();
        let repository = repository(&store, "a");
        let digest = push_image(&repository, "x", "t").await;
        garble(&store, &paths::blob_data(digest), content).await;
        for reference in ["t", &digest.to_string()] {
            let error = pull(&repository, reference).await.unwrap_err();
            assert!(
                matches!(error, Error::ManifestUnknown(_)),
                "{what}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_blob_with_a_broken_link_or_without_data_is_unknown() {
    for (what, content) in garbled() {
        let store = MemoryStore::default();
        let repository = repository(&store, "a");
        push_image(&repository, "x", "t").await;
        let (config, layer) = (sha256(b"config of x"), sha256(b"layer of x"));
        garble(&store, &paths::layer_link("a", config), content).await;
        store.remove(&paths::blob_data(layer)).await.unwrap();
        for digest in [config, layer] {
            let error = pull_blob(&repository, digest).await.unwrap_err();
            assert!(
                matches!(error, Error::BlobUnknown(it) if it == digest),
                "{what}: {error:?}"
            );
            let error = repository.blob_size(digest).await.unwrap_err();
            assert!(
                matches!(error, Error::BlobUnknown(it) if it == digest),
                "{what}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn links_with_a_line_end_are_read() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let digest = push_image(&repository, "x", "t").await;
    for link in [
        paths::tag_current_link("a", "t"),
        paths::revision_link("a", digest),
    ] {
        put(&store, &link, format!("{digest}\n")).await;
    }
    assert_eq!(pull(&repository, "t").await.unwrap().digest, digest);
}

#[tokio::test]
async fn manifests_of_other_repositories_and_blobs_are_no_manifests_here() {
    let registry = registry(&MemoryStore::default());
    let [here, there] = ["a", "a/b"].map(|name| registry.repository(name.parse().unwrap()));
    let image = whole_image(&here, "x").await;
    let digest = push_image(&there, "x", "t").await.to_string();
    let layer = sha256(b"layer of x").to_string();
    for reference in ["t", &digest, &layer] {
        let error = pull(&here, reference).await.unwrap_err();
        assert!(matches!(error, Error::ManifestUnknown(_)), "{error:?}");
    }
    let manifest_as_blob = pull_blob(&there, digest.parse().unwrap()).await;
    assert!(
        matches!(manifest_as_blob, Err(Error::BlobUnknown(_))),
        "{manifest_as_blob:?}"
    );
    try_push(&here, &image, "t").await.unwrap();
    pull(&here, &digest).await.unwrap();
}

async fn garble(store: &MemoryStore, path: &StorePath, content: Option<Vec<u8>>) {
    match content {
        Some(content) => put(store, path, content).await,
        None => store.remove(path).await.unwrap(),
    }
}
