//! Writes that are denied.

use wharf_store::{Change, Durability, Store, StorePath};

use crate::provider::Provider;

fn at(path: &str) -> StorePath {
    StorePath::new(path).unwrap()
}

/// MinIO denies an object whose directory it is removing, since the last other one has gone: the
/// first upload of a repository goes as its first link comes.
#[tokio::test]
async fn what_is_denied_while_a_neighbour_goes_is_written() {
    for times in [1, 2, 4] {
        let store = Provider::denying(times).store("root", 5 << 20);
        let (data, link) = (at("a/uploads/data"), at("a/layers/link"));
        let put = store.put(&data, "x".into(), Durability::Durable);
        put.await.unwrap();
        let put = Change::Put {
            path: link.clone(),
            content: "y".into(),
        };
        let remove = Change::Remove { path: data.clone() };
        store.commit(vec![vec![put, remove]]).await.unwrap();
        assert_eq!(store.read(&link, 9).await.unwrap(), "y", "{times}");
        assert!(store.size(&data).await.unwrap_err().is_not_found());
    }
}

#[tokio::test]
async fn what_may_not_be_written_is_denied_soon() {
    let provider = Provider::denying(u64::MAX);
    let store = provider.store("root", 5 << 20);
    let link = at("a/link");
    let put = store.put(&link, "x".into(), Durability::Durable);
    let denied = put.await.unwrap_err();
    let why = std::error::Error::source(&denied).unwrap();
    assert!(why.to_string().contains("403 Forbidden"), "{why}");
    assert_eq!(provider.asked(), "1 get, 5 put");
}
