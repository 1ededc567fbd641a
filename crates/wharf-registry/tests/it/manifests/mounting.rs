//! Blobs that a repository takes over from another one.

use wharf_registry::{Error, Mount, Registry, Repository};
use wharf_store::{MemoryStore, Store};

use crate::fixtures::{pull_blob, push_blob, put, registry, sha256, sha512};
use crate::paths;

fn two_repositories(store: &MemoryStore) -> [Repository; 2] {
    let registry: Registry = registry(store);
    ["a", "b"].map(|name| registry.repository(name.parse().unwrap()))
}

#[tokio::test]
async fn a_blob_is_unknown_in_another_repository_until_it_is_mounted() {
    for with_from in [true, false] {
        let store = MemoryStore::default();
        let [a, b] = two_repositories(&store);
        let digest = push_blob(&a, "hello").await;
        let unknown = pull_blob(&b, digest).await;
        assert!(matches!(unknown, Err(Error::BlobUnknown(it)) if it == digest));
        let from = with_from.then(|| a.name());
        assert_eq!(b.mount(digest, from).await.unwrap(), Mount::Mounted);
        assert_eq!(pull_blob(&b, digest).await.unwrap(), "hello");
        let link = store.read(&paths::layer_link("b", digest), 100).await;
        assert_eq!(link.unwrap(), digest.to_string());
        assert_eq!(
            b.mount(digest, from).await.unwrap(),
            Mount::Mounted,
            "again"
        );
    }
}

#[tokio::test]
async fn what_is_not_where_the_client_looks_is_not_mounted() {
    let store = MemoryStore::default();
    let [a, b] = two_repositories(&store);
    let (digest, lost) = (push_blob(&a, "hello").await, push_blob(&a, "lost").await);
    store.remove(&paths::blob_data(lost)).await.unwrap();
    let nobody = "nobody".parse().unwrap();
    let before = store.snapshot();
    for (digest, from) in [
        (digest, Some(&nobody)),
        (digest, Some(b.name())),
        (sha256(b"never pushed"), Some(a.name())),
        (sha256(b"never pushed"), None),
        (sha512(b"hello"), Some(a.name())),
        (lost, Some(a.name())),
        (lost, None),
    ] {
        let mount = b.mount(digest, from).await.unwrap();
        assert_eq!(mount, Mount::Absent, "{digest} from {from:?}");
    }
    assert_eq!(store.snapshot(), before);
}

/// distribution links content pushed by sha512 to the blob by its sha256.
#[tokio::test]
async fn a_mount_copies_what_the_link_says() {
    let store = MemoryStore::default();
    let [a, b] = two_repositories(&store);
    let canonical = push_blob(&a, "hello").await;
    let named = sha512(b"hello");
    put(
        &store,
        &paths::layer_link("a", named),
        canonical.to_string(),
    )
    .await;
    assert_eq!(
        b.mount(named, Some(a.name())).await.unwrap(),
        Mount::Mounted
    );
    assert_eq!(pull_blob(&b, named).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_mounted_blob_outlives_the_one_it_came_from() {
    let [a, b] = two_repositories(&MemoryStore::default());
    let digest = push_blob(&a, "hello").await;
    b.mount(digest, Some(a.name())).await.unwrap();
    a.delete_blob(digest).await.unwrap();
    assert_eq!(pull_blob(&b, digest).await.unwrap(), "hello");
    assert!(pull_blob(&a, digest).await.is_err());
    assert_eq!(
        a.mount(digest, Some(a.name())).await.unwrap(),
        Mount::Absent
    );
}
