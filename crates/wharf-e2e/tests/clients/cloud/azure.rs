//! What Azure does and Azurite does not.

use std::time::Instant;

use bytes::Bytes;
use wharf_e2e::azurite::StrictAzurite;
use wharf_store::{Durability, Store as _, StorePath};
use wharf_store_cloud::{CloudStore, azure};

use super::driver::azure_options;

/// The source would go before it has been copied, and others would read what is not there yet.
#[test]
fn what_azure_copies_later_is_waited_for() {
    let server = StrictAzurite::start();
    let backend = azure::backend(&azure_options(server.service_url())).unwrap();
    let store = CloudStore::new(backend, "", 5 << 20);
    let at = |path| StorePath::new(path).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let began = Instant::now();
    runtime.block_on(async {
        let mut appender = store.appender(&at("upload")).await.unwrap();
        let bytes = Bytes::from(vec![7; 6 << 20]);
        appender.write(&[bytes]).await.unwrap();
        appender.sync().await.unwrap();
        let reading = {
            let (store, blob) = (store.clone(), at("blob"));
            tokio::spawn(async move {
                loop {
                    if let Ok(size) = store.size(&blob).await {
                        return size;
                    }
                    tokio::time::sleep(StrictAzurite::TIME / 50).await;
                }
            })
        };
        store.publish(&at("upload"), &at("blob")).await.unwrap();
        assert_eq!(reading.await.unwrap(), 6 << 20);
        assert_eq!(store.size(&at("blob")).await.unwrap(), 6 << 20);
        assert!(store.size(&at("upload")).await.is_err());
    });
    assert!(began.elapsed() > StrictAzurite::TIME);
    assert!(server.pending() > 1);
    assert_eq!(server.removed_meanwhile(), 0);
}

/// distribution's uploads, and what earlier versions of it wrote, are append blobs.
#[test]
fn what_distribution_has_appended_to_is_replaced() {
    let server = StrictAzurite::start();
    let backend = azure::backend(&azure_options(server.service_url())).unwrap();
    let store = CloudStore::new(backend, "", 5 << 20);
    let at = |path| StorePath::new(path).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        for path in ["link", "blob", "upload"] {
            put(&store, &at(path), "old").await;
            server.call_appended(path);
        }
        put(&store, &at("link"), "new").await;
        assert_eq!(store.read(&at("link"), 9).await.unwrap(), "new");
        let mut appender = store.appender(&at("upload")).await.unwrap();
        appender.write(&[" and new".into()]).await.unwrap();
        appender.sync().await.unwrap();
        store.publish(&at("upload"), &at("blob")).await.unwrap();
        assert_eq!(store.read(&at("blob"), 99).await.unwrap(), "old and new");
    });
    assert_eq!(server.appended(), 0);
}

async fn put(store: &CloudStore, path: &StorePath, content: &'static str) {
    let put = store.put(path, content.into(), Durability::Durable);
    put.await.unwrap();
}
