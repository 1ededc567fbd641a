//! The behaviour suite.

use std::cell::Cell;

use wharf_store::behaviour::{self, Backing};

use crate::provider::Provider;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_does_what_every_store_does() {
    does_what_every_store_does(&Provider::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_does_one_that_discards_the_parts_of_what_is_written() {
    does_what_every_store_does(&Provider::discarding()).await;
}

async fn does_what_every_store_does(provider: &Provider) {
    let number = Cell::new(0);
    behaviour::suite(Backing::Bucket, async || {
        number.set(number.get() + 1);
        provider.store(&format!("root/{}", number.get()), 5 << 20)
    })
    .await;
}

#[tokio::test]
async fn a_bucket_may_have_no_root_directory() {
    let provider = Provider::default();
    behaviour_of_one(&provider.store("", 5 << 20)).await;
    behaviour_of_one(&provider.store("/a/b/", 5 << 20)).await;
}

async fn behaviour_of_one(store: &impl wharf_store::Store) {
    let path = wharf_store::StorePath::new("docker/x").unwrap();
    let durable = wharf_store::Durability::Durable;
    store.put(&path, "x".into(), durable).await.unwrap();
    let top = wharf_store::StorePath::new("docker").unwrap();
    let names = store.list(&top).await.unwrap();
    let names: Vec<_> = names.iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["x"]);
    assert_eq!(store.read(&path, 9).await.unwrap(), "x");
    store.ping().await.unwrap();
}
