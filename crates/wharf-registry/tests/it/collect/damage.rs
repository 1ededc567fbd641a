//! One bad thing is told, and costs nothing but what depends on it.

use wharf_registry::Repository;
use wharf_spec::Digest;
use wharf_store::{MemoryStore, Store as _};

use super::{at_once, data, later, problems, untagged_too};
use crate::fixtures::{pull, push_blob, put, repository, sha256};
use crate::images::push_image;
use crate::paths;

/// A repository with an image and a layer of nobody, and another one with garbage.
async fn estate(store: &MemoryStore) -> (Repository, Digest) {
    let app = repository(store, "app");
    let digest = push_image(&app, "a", "1").await;
    push_blob(&app, "of nobody").await;
    push_blob(&repository(store, "other"), "garbage").await;
    (app, digest)
}

#[tokio::test]
async fn a_revision_link_that_is_empty_or_bad_is_told_and_its_manifest_stays() {
    for content in ["", "sha256:abc", "no digest"] {
        let store = MemoryStore::default();
        let (app, digest) = estate(&store).await;
        let link = paths::revision_link("app", digest);
        put(&store, &link, content).await;
        later(&store);
        let told = problems(&store, &untagged_too()).await;
        assert_eq!(told, [format!("{link}: the link holds no digest")]);
        assert_eq!(data(&store).len(), 3, "{content:?}");
        put(&store, &link, digest.to_string()).await;
        pull(&app, "1").await.unwrap();
    }
}

#[tokio::test]
async fn a_manifest_without_data_is_told_and_the_rest_is_collected() {
    let store = MemoryStore::default();
    let (_, digest) = estate(&store).await;
    store.remove(&paths::blob_data(digest)).await.unwrap();
    later(&store);
    let told = problems(&store, &at_once()).await;
    let link = paths::revision_link("app", digest);
    assert_eq!(told, [format!("{link}: the manifest has no data")]);
    assert_eq!(data(&store), [].into(), "nobody needs the layers");
    assert!(store.snapshot().contains_key(link.as_str()));
}

#[tokio::test]
async fn a_manifest_that_cannot_be_read_keeps_the_layers_of_its_repository() {
    for content in ["", "{", "[]", r#"{"schemaVersion":3}"#] {
        let store = MemoryStore::default();
        let (_, digest) = estate(&store).await;
        put(&store, &paths::blob_data(digest), content).await;
        later(&store);
        let told = problems(&store, &untagged_too()).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(data(&store).len(), 4, "all but the garbage elsewhere");
        assert!(!data(&store).contains(&sha256(b"garbage")));
    }
}

#[tokio::test]
async fn strange_names_are_told_and_left_alone() {
    let store = MemoryStore::default();
    estate(&store).await;
    let strange = [
        "docker/registry/v2/repositories/Upper/x",
        "docker/registry/v2/repositories/app/_layers/sha256/short/link",
        "docker/registry/v2/repositories/app/_manifests/revisions/sha256/file",
        "docker/registry/v2/blobs/sha256/zz/x/data",
        "docker/registry/v2/blobs/sha256/ab/short/data",
    ];
    for path in strange {
        put(&store, &path.parse_path(), "?").await;
    }
    later(&store);
    let told = problems(&store, &at_once()).await;
    assert_eq!(told.len(), strange.len(), "{told:#?}");
    for path in strange {
        assert!(store.snapshot().contains_key(path), "{path}");
    }
    assert_eq!(data(&store).len(), 3);
}

trait ParsePath {
    fn parse_path(&self) -> wharf_store::StorePath;
}

impl ParsePath for str {
    fn parse_path(&self) -> wharf_store::StorePath {
        wharf_store::StorePath::new(self).unwrap()
    }
}
