//! What can be read but is not durable yet is waited for by those who rely on it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use wharf_store::fs::RealDisk;
use wharf_store::{Durability, FileStore, Store};

use crate::hooked::HookedDisk;
use crate::script::at;

/// A store on which every sync of a directory waits until the sender is dropped, once
/// something came through the other channel.
fn held_store(root: &std::path::Path) -> (FileStore, Sender<()>, mpsc::Receiver<()>) {
    let (release, released) = mpsc::channel::<()>();
    let (arrive, arrived) = mpsc::channel();
    let gate = Mutex::new((released, arrive));
    // Opening the store syncs as well.
    let armed = Arc::new(AtomicBool::new(false));
    let is_armed = Arc::clone(&armed);
    let disk = HookedDisk::new(RealDisk, move |call| {
        if call == "sync_directory" && is_armed.load(Ordering::SeqCst) {
            let (released, arrive) = &*gate.lock().unwrap();
            // Nobody listens once the test is over.
            _ = arrive.send(());
            _ = released.recv();
        }
        io::Result::Ok(())
    });
    let store = FileStore::on(disk, root).unwrap();
    armed.store(true, Ordering::SeqCst);
    (store, release, arrived)
}

#[tokio::test(flavor = "multi_thread")]
async fn settling_waits_for_a_put_that_can_be_read_already() {
    let root = tempfile::tempdir().unwrap();
    let (store, release, arrived) = held_store(root.path());
    let putting = tokio::spawn({
        let store = store.clone();
        async move {
            store
                .put(&at("link"), "new".into(), Durability::Durable)
                .await
        }
    });
    arrived.recv().unwrap();
    assert_eq!(store.read(&at("link"), 10).await.unwrap(), "new");

    let mut settling = tokio::spawn({
        let store = store.clone();
        async move { store.settle(&at("link")).await }
    });
    let early = tokio::time::timeout(Duration::from_millis(100), &mut settling).await;
    assert!(early.is_err(), "settled before the sync");
    // Another object has nothing to do with it.
    store.settle(&at("other")).await.unwrap();

    drop(release);
    settling.await.unwrap().unwrap();
    putting.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn settling_waits_for_a_publication_that_can_be_read_already() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("data"), "bytes").unwrap();
    let (store, release, arrived) = held_store(root.path());
    let publishing = tokio::spawn({
        let store = store.clone();
        async move { store.publish(&at("data"), &at("blob")).await }
    });
    arrived.recv().unwrap();
    assert_eq!(store.read(&at("blob"), 10).await.unwrap(), "bytes");

    let mut settling = tokio::spawn({
        let store = store.clone();
        async move { store.settle(&at("blob")).await }
    });
    let early = tokio::time::timeout(Duration::from_millis(100), &mut settling).await;
    assert!(early.is_err(), "settled before the sync");

    drop(release);
    settling.await.unwrap().unwrap();
    publishing.await.unwrap().unwrap();
}
