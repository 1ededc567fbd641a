//! Scrubs again and again, at a pace, and on where they stopped.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use wharf_registry::{ScrubMode, ScrubStart, Scrubber, Scrubbing};
use wharf_spec::Digest;
use wharf_store::{FaultPlan, Faulty, MemoryStore, Operation, Store};

use super::{GRACE, Notes, damage, path, quarantine};
use crate::fixtures::{push_blob, registry, repository, sha256};
use crate::images::push_image;
use crate::paths::blob_data;

const SLOW: Scrubbing = Scrubbing {
    mode: ScrubMode::Quarantine,
    rate: 4096,
    grace: GRACE,
};

/// How often each blob was opened.
fn opened(plan: &FaultPlan, digest: Digest) -> usize {
    let (calls, data) = (plan.calls(), blob_data(digest));
    let opened = calls
        .iter()
        .filter(|call| call.operation == Operation::Open && call.path == data);
    opened.count()
}

#[tokio::test(start_paused = true)]
async fn no_more_is_read_in_a_second_than_is_wanted() {
    let store = MemoryStore::default();
    push_blob(&repository(&store, "app"), vec![1; 400_000]).await;
    let (start, notes) = (Instant::now(), Notes::default());
    let registry = registry(&store);
    registry.scrub(&SLOW, ScrubStart::Anew, &notes).await;
    let took = start.elapsed().as_secs();
    // The bytes, and a page each for the blob, the link and the repository.
    assert!((100..105).contains(&took), "{took}");
    let fast = Scrubbing { rate: 0, ..SLOW };
    let start = Instant::now();
    registry.scrub(&fast, ScrubStart::Anew, &notes).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_stopped_goes_on_where_it_was() {
    let plan = FaultPlan::default();
    let store = Faulty::new(MemoryStore::default(), plan.clone());
    let app = repository(&store, "app");
    let mut digests = Vec::new();
    for number in 0..40_u8 {
        digests.push(push_blob(&app, vec![number; 50_000]).await);
    }
    push_image(&repository(&store, "other"), "one", "latest").await;
    let notes = Notes::default();
    let mut rounds = 0;
    // Each gets two minutes, in which some ten blobs can be read.
    let scrubbed = loop {
        rounds += 1;
        let registry = registry(&store);
        let scrub = registry.scrub(&SLOW, ScrubStart::WhereItStopped, &notes);
        if let Ok(scrubbed) = timeout(Duration::from_mins(2), scrub).await {
            break scrubbed;
        }
        assert!(rounds < 20);
    };
    assert!(rounds > 3, "{rounds}");
    assert_eq!((scrubbed.blobs, scrubbed.repositories), (43, 2));
    assert_eq!(notes.0.lock().unwrap().len(), 0);
    let often: Vec<_> = digests
        .iter()
        .map(|digest| opened(&plan, *digest))
        .collect();
    // What was read since the position was kept is read again: half a minute's worth.
    assert!(often.iter().all(|often| *often > 0), "{often:?}");
    assert!(often.iter().sum::<usize>() < 40 + rounds * 4, "{often:?}");
    let position = path("wharfinger/state/v1/scrub/position");
    assert!(store.size(&position).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn damage_is_moved_aside_once_an_interval_has_passed() {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    push_blob(&app, "content").await;
    let (stop, interval) = (CancellationToken::new(), Duration::from_mins(10));
    let fast = Scrubbing { rate: 0, ..SLOW };
    let scrubber = Scrubber::new(registry(&store), fast, interval);
    let scrubbing = tokio::spawn(scrubber.run(stop.clone()));
    sleep(interval + Duration::from_secs(1)).await;
    let digest = sha256(b"content");
    damage(&store, digest, b"rotten").await;
    assert!(store.size(&quarantine(digest)).await.is_err());
    sleep(interval).await;
    assert!(store.size(&quarantine(digest)).await.is_ok());
    let status = path("wharfinger/state/v1/scrub/status");
    let status = store.read(&status, 1 << 20).await.unwrap();
    let status: serde_json::Value = serde_json::from_slice(&status).unwrap();
    assert_eq!(status["scrubbed"]["blobs"], 1, "{status}");
    stop.cancel();
    scrubbing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_restart_does_not_bring_the_next_one_forward() {
    let plan = FaultPlan::default();
    let store = Faulty::new(MemoryStore::default(), plan.clone());
    push_blob(&repository(&store, "app"), "content").await;
    let fast = Scrubbing { rate: 0, ..SLOW };
    let notes = Notes::default();
    registry(&store)
        .scrub(&fast, ScrubStart::WhereItStopped, &notes)
        .await;
    for _ in 0..3 {
        let stop = CancellationToken::new();
        let scrubber = Scrubber::new(registry(&store), fast, Duration::from_hours(720));
        let scrubbing = tokio::spawn(scrubber.run(stop.clone()));
        sleep(Duration::from_hours(2)).await;
        stop.cancel();
        scrubbing.await.unwrap();
    }
    assert_eq!(opened(&plan, sha256(b"content")), 1);
}
