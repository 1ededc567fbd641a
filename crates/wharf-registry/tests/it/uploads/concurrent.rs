//! Several clients that push at once.

use std::time::Duration;

use bytes::Bytes;
use wharf_store::{MemoryStore, StorePath};

use super::{finish, start};
use crate::bodies::Live;
use crate::fixtures::{paths_with, pull_blob, registry, repository, sha256};
use crate::paths;

#[tokio::test(start_paused = true)]
async fn two_pushes_of_one_blob_both_succeed_and_leave_one_blob() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let digest = sha256(b"hello, world");
    let push = async |mut body: Live| repository.push_blob(digest, &mut body).await;
    let ((first, first_body), (second, second_body)) = (Live::new(), Live::new());
    let client = async {
        // The second starts later, ends sooner, and the first ends all the same.
        first.send(Bytes::from("hello")).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(paths_with(&store, "/startedat").len(), 2);
        second.send(Bytes::from("hello, world")).await.unwrap();
        drop(second);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(paths_with(&store, "/blobs/").len(), 1, "the second is done");
        first.send(Bytes::from(", world")).await.unwrap();
        drop(first);
    };
    let (first, second, ()) = tokio::join!(push(first_body), push(second_body), client);
    first.unwrap();
    second.unwrap();
    let left = [paths::blob_data(digest), paths::layer_link("a", digest)];
    assert_eq!(paths_with(&store, ""), left.map(|path| path.to_string()));
    assert_eq!(
        pull_blob(&repository, digest).await.unwrap(),
        "hello, world"
    );
}

#[tokio::test(start_paused = true)]
async fn uploads_do_not_wait_for_each_other() {
    let store = MemoryStore::default();
    let registry = registry(&store);
    let [a, b] = ["a", "b"].map(|name| registry.repository(name.parse().unwrap()));
    let (stuck, other) = (start(&a).await, start(&a).await);
    // The same name in another repository is another upload.
    put_as(&store, "b", stuck.as_str()).await;
    let held = a.upload(&stuck).await.unwrap();
    let digest = sha256(b"x");
    for (repository, id) in [(&a, &other), (&b, &stuck)] {
        finish(repository, id, b"x", digest).await.unwrap();
    }
    let mut content = Bytes::from("x");
    held.finish(None, &mut content, digest).await.unwrap();
    assert!(paths_with(&store, "/_uploads/").is_empty());
}

async fn put_as(store: &MemoryStore, name: &str, id: &str) {
    let path: StorePath = paths::upload(name, id, "startedat");
    crate::fixtures::put(store, &path, "2024-05-06T07:08:09Z").await;
}
