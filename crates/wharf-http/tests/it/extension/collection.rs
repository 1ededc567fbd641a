//! `/v2/_wharfinger/collection` and `/v2/_wharfinger/blobs/<digest>`

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use wharf_http::Metrics;
use wharf_registry::{Collection, Collector, ScrubMode, Scrubber, Scrubbing};
use wharf_store::{MemoryStore, Observed, Operation, StoreObserver};

use super::{push_image, told};
use crate::fixtures::{CONFIG, LAYER, sha256};
use crate::harness::Setup;
use crate::wire::Request;

const PATH: &str = "/v2/_wharfinger/collection";
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_collection_is_asked_for_and_told_of() {
    let store = MemoryStore::default();
    let (wharf, registry) = Setup::on(store.clone()).start_beside().await;
    push_image(&wharf, "a", "x").await;
    let orphan = wharf.push_blob("a", "nobody needs it").await;
    store.pass(HOUR);
    let nothing = told(&wharf, Request::get(PATH), 200).await;
    assert_eq!(nothing["collector"], "absent");
    assert_eq!(nothing["last"], Value::Null);
    let refused = wharf.ask(Request::post(PATH)).await;
    assert_eq!(
        (refused.status, refused.codes()),
        (409, vec!["UNSUPPORTED".to_owned()])
    );

    let metrics = Metrics::new();
    let collector = Collector::new(registry, Collection::default(), 1000 * HOUR);
    let collector = collector.told_to(metrics.collection());
    let stop = CancellationToken::new();
    let running = tokio::spawn(collector.run(stop.clone()));
    let state = async || told(&wharf, Request::get(PATH), 200).await;
    while state().await["collector"] != "waiting" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let accepted = told(&wharf, Request::post(PATH), 202).await;
    assert_eq!(accepted["was"], "waiting");
    let last = loop {
        let state = state().await;
        if !state["last"].is_null() {
            break state["last"].clone();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(last["by"], "server");
    assert_eq!((&last["blobs"], &last["bytes"]), (&1.into(), &15.into()));
    for (blob, status) in [(orphan, 404), (sha256(LAYER), 200), (sha256(CONFIG), 200)] {
        let pull = Request::get(&format!("/v2/a/blobs/{blob}"));
        assert_eq!(wharf.ask(pull).await.status, status, "{blob}");
    }
    let page = metrics.render();
    for line in [
        "wharfinger_collection_runs_total{end=\"complete\"} 1",
        "wharfinger_collection_freed_bytes_total 15",
        "wharfinger_collection_removed_total{kind=\"blob\"} 1",
        "wharfinger_collection_removed_total{kind=\"link\"} 1",
        "wharfinger_collection_removed_total{kind=\"manifest\"} 0",
        "wharfinger_collection_waiting_bytes 0",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}: {page}");
    }
    assert!(page.contains("\nwharfinger_collection_last_timestamp_seconds 1"));
    stop.cancel();
    running.await.unwrap();
    assert_eq!(state().await["collector"], "absent");
}

#[tokio::test]
async fn what_scrubs_find_is_counted() {
    let store = MemoryStore::default();
    let (wharf, registry) = Setup::on(store.clone()).start_beside().await;
    wharf.push_blob("a", LAYER).await;
    let digest = sha256("other bytes");
    let path = format!(
        "docker/registry/v2/blobs/sha256/{}/{}/data",
        &digest.hex()[..2],
        digest.hex()
    );
    let path = wharf_store::StorePath::new(path).unwrap();
    let put = wharf_store::Store::put(&store, &path, "x".into(), wharf_store::Durability::Lazy);
    put.await.unwrap();
    let metrics = Metrics::new();
    let scrubbing = Scrubbing {
        mode: ScrubMode::Report,
        rate: 0,
        grace: HOUR,
    };
    let scrubber = Scrubber::new(registry, scrubbing, Duration::from_secs(1));
    let stop = CancellationToken::new();
    let running = tokio::spawn(scrubber.told_to(metrics.collection()).run(stop.clone()));
    let finding = "\nwharfinger_scrub_findings_total{kind=\"corrupt\"} 1";
    for _ in 0..500 {
        if metrics.render().contains("wharfinger_scrub_remaining 1") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let page = metrics.render();
    assert!(page.contains(finding), "{page}");
    assert!(
        page.contains("\nwharfinger_scrub_last_timestamp_seconds 1"),
        "{page}"
    );
    assert!(
        page.contains("\nwharfinger_scrub_bytes_total 8\n"),
        "{page}"
    );
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_layer_is_explained_by_what_needs_it() {
    let store = MemoryStore::default();
    let mut setup = Setup::on(store.clone());
    setup.options.grace = HOUR;
    let wharf = setup.start().await;
    let manifest = push_image(&wharf, "a", "x").await;
    let orphan = wharf.push_blob("a", "nobody needs it").await;
    let of = |digest: &str| Request::get(&format!("/v2/_wharfinger/blobs/{digest}"));
    let layer = told(&wharf, of(&sha256(LAYER).to_string()), 200).await;
    assert_eq!(
        (&layer["state"], &layer["size"]),
        (&"kept".into(), &7.into())
    );
    assert_eq!(layer["goes"], Value::Null);
    let holders = layer["holders"].as_array().unwrap();
    for (kind, field, value) in [
        ("layer link", "repository", "a"),
        ("manifest", "digest", manifest.as_str()),
        ("tag", "tag", "x"),
    ] {
        let found = holders.iter().find(|holder| holder["kind"] == kind);
        assert_eq!(found.unwrap()[field], value, "{layer}");
    }
    let waiting = told(&wharf, of(&orphan.to_string()), 200).await;
    assert_eq!(waiting["state"], "waiting");
    assert!(waiting["goes"].as_str().unwrap().ends_with('Z'));
    let absent = told(&wharf, of(&sha256("never pushed").to_string()), 200).await;
    assert_eq!(
        (&absent["state"], &absent["size"]),
        (&"absent".into(), &Value::Null)
    );
    assert_eq!(wharf.ask(of("sha256:12")).await.codes(), ["DIGEST_INVALID"]);
}

/// Listings wait while somebody holds it.
struct Gate(Arc<Mutex<()>>);

impl StoreObserver for Gate {
    fn done(&self, operation: Operation, _: Duration) {
        if operation == Operation::List {
            tokio::task::block_in_place(|| drop(self.0.lock().unwrap()));
        }
    }
}

/// It reads every manifest: a client must not make a server do that many times at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn attack_whoever_asks_for_a_second_explanation_is_sent_away() {
    let gate = Arc::new(Mutex::new(()));
    let store = Observed::new(MemoryStore::default(), Gate(Arc::clone(&gate)));
    let wharf = Setup::on(store).start().await;
    push_image(&wharf, "a", "x").await;
    let request = || Request::get(&format!("/v2/_wharfinger/blobs/{}", sha256(LAYER)));
    let mut first = wharf.connect().await;
    let mut second = wharf.connect().await;
    let closed = tokio::task::spawn_blocking(move || {
        let guard = gate.lock().unwrap();
        std::thread::sleep(Duration::from_millis(700));
        drop(guard);
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    first.send(request().bytes()).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let refused = second.ask(request()).await;
    assert_eq!(
        (refused.status, refused.codes()),
        (429, vec!["TOOMANYREQUESTS".to_owned()])
    );
    assert_eq!(first.response().await.status, 200);
    assert_eq!(second.ask(request()).await.status, 200);
    closed.await.unwrap();
}
