//! What options do, seen by the server.

use bytes::Bytes;
use wharf_e2e::azurite::Azurite;
use wharf_e2e::google::Google;
use wharf_store::{Durability, Store, StorePath};
use wharf_store_cloud::{Backend, CloudStore, azure, gcs};

use super::driver::{azure_options, gcs_options};

#[test]
fn google_is_asked_as_much_at_once_as_is_said_and_by_the_name_that_is_said() {
    let server = Google::start();
    let options = gcs::Options {
        at_once: Some(2),
        user_agent: Some("harbour/1".to_owned()),
        ..gcs_options(&server)
    };
    let store = store(&gcs::backend(&options).unwrap());
    block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..30 {
            let (store, path) = (store.clone(), at(&format!("object/{number}")));
            tasks.spawn(async move { put(&store, &path).await });
        }
        assert!(tasks.join_all().await.into_iter().all(|put| put));
    });
    assert_eq!(server.most_at_once(), 2);
    assert_eq!(server.user_agent(), "harbour/1");
}

#[test]
fn the_key_of_an_account_may_be_a_text() {
    let server = Google::start();
    let key = std::fs::read_to_string(server.key_file()).unwrap();
    let with = |key| {
        let credentials = gcs::Credentials::Key(key);
        store(
            &gcs::backend(&gcs::Options {
                credentials,
                ..gcs_options(&server)
            })
            .unwrap(),
        )
    };
    let others = key.replace(Google::ACCOUNT, "somebody@else");
    block_on(async {
        assert!(put(&with(key), &at("object")).await);
        assert!(!put(&with(others), &at("object")).await);
    });
}

#[test]
fn another_key_opens_no_container() {
    let server = Azurite::start();
    let options = azure_options(server.service_url());
    let others = azure::Options {
        credentials: azure::Credentials::SharedKey("c29tZXRoaW5nIGVsc2U=".to_owned()),
        ..options.clone()
    };
    let (ours, others) = (azure::backend(&options), azure::backend(&others));
    block_on(async {
        assert!(put(&store(&ours.unwrap()), &at("object")).await);
        let others = store(&others.unwrap());
        assert!(!put(&others, &at("object")).await);
        assert!(others.ping().await.is_err());
    });
}

async fn put(store: &CloudStore, path: &StorePath) -> bool {
    let content = Bytes::from_static(b"x");
    store.put(path, content, Durability::Durable).await.is_ok()
}

fn store(backend: &Backend) -> CloudStore {
    CloudStore::new(backend.clone(), "root", 5 << 20)
}

fn at(path: &str) -> StorePath {
    StorePath::new(path).unwrap()
}

fn block_on<T>(what: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(what)
}
