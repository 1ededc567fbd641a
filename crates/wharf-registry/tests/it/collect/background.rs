//! Collecting in the background, and what is known of it afterwards.

use tokio_util::sync::CancellationToken;
use wharf_registry::{CollectionEnd, CollectionStatus, Collector};
use wharf_store::MemoryStore;

use super::{HOUR, at_once, data, later, run, with_grace};
use crate::fixtures::{push_blob, put, registry, repository};

#[tokio::test(start_paused = true)]
async fn it_collects_within_an_hour_and_then_at_every_interval() {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    push_blob(&app, "first").await;
    later(&store);
    let collector = Collector::new(registry(&store), at_once(), 6 * HOUR);
    let stop = CancellationToken::new();
    let running = tokio::spawn(collector.run(stop.clone()));
    tokio::time::sleep(HOUR).await;
    assert_eq!(data(&store).len(), 0);
    push_blob(&app, "second").await;
    later(&store);
    tokio::time::sleep(4 * HOUR).await;
    assert_eq!(data(&store).len(), 1, "it is not time yet");
    tokio::time::sleep(2 * HOUR).await;
    assert_eq!(data(&store).len(), 0);
    let status = registry(&store).collection_status().await.unwrap().unwrap();
    assert_eq!((status.bytes, status.by.as_str()), (6, "server"));
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn it_stops_while_it_waits() {
    let collector = Collector::new(registry(&MemoryStore::default()), at_once(), HOUR);
    let stop = CancellationToken::new();
    stop.cancel();
    collector.run(stop).await;
}

#[tokio::test]
async fn what_a_run_came_to_is_remembered_and_damage_of_it_is_nothing() {
    let store = MemoryStore::default();
    let registry = registry(&store);
    assert_eq!(registry.collection_status().await.unwrap(), None);
    push_blob(&repository(&store, "app"), "young").await;
    let collected = run(&registry, &with_grace(HOUR)).await;
    assert_eq!(collected.end, CollectionEnd::Complete);
    let status = CollectionStatus::of(&collected, HOUR, "command");
    registry.remember_collection(&status).await.unwrap();
    assert_eq!((status.waiting_bytes, status.grace), (5, 3600));
    assert!(status.waiting_until.is_some());
    let read = registry.collection_status().await.unwrap();
    assert_eq!(read, Some(status));
    let path = "wharfinger/state/v1/collection/status";
    put(&store, &wharf_store::StorePath::new(path).unwrap(), "{").await;
    assert_eq!(registry.collection_status().await.unwrap(), None);
}

#[tokio::test]
async fn a_server_says_that_it_is_there_for_as_long_as_it_is() {
    let store = MemoryStore::default();
    let registry = registry(&store);
    assert!(!registry.is_served().await.unwrap());
    let serving = registry.serving().await.unwrap();
    assert!(registry.is_served().await.unwrap());
    drop(serving);
    assert!(!registry.is_served().await.unwrap());
    assert_eq!(store.snapshot().len(), 0);
}
