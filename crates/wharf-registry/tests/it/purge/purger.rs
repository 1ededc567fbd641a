//! Purging in the background, on a clock that tests set.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use wharf_registry::{Purger, Purging};
use wharf_store::{FileStore, MemoryStore, Store};

use super::{DAY, leave_upload, noon, uploads};
use crate::fixtures::registry;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn it_purges_within_an_hour_and_then_at_every_interval() {
    let root = tempfile::tempdir().unwrap();
    in_the_background(MemoryStore::default()).await;
    in_the_background(FileStore::new(root.path()).unwrap()).await;
}

async fn in_the_background(store: impl Store + Clone) {
    leave_upload(&store, "a", "first", "2026-01-01T00:00:00Z").await;
    leave_upload(&store, "a", "second", "2026-01-05T00:00:00Z").await;
    let now = Arc::new(Mutex::new(noon()));
    let clock = Arc::clone(&now);
    let purger = Purger::new(registry(&store), Purging::default())
        .with_clock(move || *clock.lock().unwrap());
    let stop = CancellationToken::new();
    let running = tokio::spawn(purger.run(stop.clone()));

    tokio::time::sleep(HOUR).await;
    assert_eq!(uploads(&store, &["a"]).await, ["a/second"]);
    let later: Timestamp = "2026-01-13T00:00:00Z".parse().unwrap();
    *now.lock().unwrap() = later;
    tokio::time::sleep(DAY - HOUR - Duration::from_secs(1)).await;
    assert_eq!(
        uploads(&store, &["a"]).await,
        ["a/second"],
        "it is not time yet"
    );
    tokio::time::sleep(HOUR).await;
    assert_eq!(uploads(&store, &["a"]).await, [""; 0]);

    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn it_stops_while_it_waits() {
    let purger = Purger::new(registry(&MemoryStore::default()), Purging::default());
    let stop = CancellationToken::new();
    stop.cancel();
    purger.run(stop).await;
}

#[tokio::test(start_paused = true)]
async fn no_interval_does_not_mean_all_the_time() {
    let asked = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&asked);
    let purging = Purging {
        interval: Duration::ZERO,
        ..Purging::default()
    };
    let purger = Purger::new(registry(&MemoryStore::default()), purging).with_clock(move || {
        *counter.lock().unwrap() += 1;
        noon()
    });
    let stop = CancellationToken::new();
    let running = tokio::spawn(purger.run(stop.clone()));
    tokio::time::sleep(26 * HOUR).await;
    let asked = *asked.lock().unwrap();
    assert_eq!(asked, 2);
    stop.cancel();
    running.await.unwrap();
}
