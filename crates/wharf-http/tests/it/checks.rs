//! Health checks of real files, servers and stores.

#![expect(clippy::disallowed_methods, reason = "what operators do to files")]

mod http;
mod storage;

use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wharf_http::{Check, Health, HealthError, HttpProbe, Probe};

/// Often enough for a test.
pub(crate) const INTERVAL: Duration = Duration::from_millis(10);

/// A check that asks often.
pub(crate) fn check(probe: Probe) -> Check {
    Check {
        interval: INTERVAL,
        ..Check::new(probe)
    }
}

/// Checks that run until the test ends.
pub(crate) fn running(checks: Vec<Check>) -> Health {
    let health = Health::new(checks).unwrap();
    tokio::spawn(health.clone().run(CancellationToken::new()));
    health
}

/// Waits until the checks are well, or not.
pub(crate) async fn until(health: &Health, healthy: bool) {
    for _ in 0..2000 {
        if health.is_healthy() == healthy {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("still not: {healthy}, {:?}", health.failures());
}

/// The only failure.
pub(crate) fn failure(health: &Health) -> (String, String) {
    let failures = health.failures();
    assert_eq!(failures.len(), 1, "{failures:?}");
    failures.into_iter().next().unwrap()
}

#[test]
fn without_checks_all_is_well() {
    assert!(Health::default().is_healthy());
    assert!(Health::default().failures().is_empty());
}

#[tokio::test]
async fn a_file_takes_the_registry_out_while_it_exists() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out");
    let health = running(vec![Check {
        // Files do not count: thresholds are not for them.
        threshold: 1_000_000,
        ..check(Probe::File(path.clone()))
    }]);
    tokio::time::sleep(INTERVAL * 5).await;
    assert!(health.is_healthy());
    std::fs::write(&path, "").unwrap();
    until(&health, false).await;
    let expected = (path.display().to_string(), "file exists".to_owned());
    assert_eq!(failure(&health), expected);
    std::fs::remove_file(&path).unwrap();
    until(&health, true).await;
    assert!(health.failures().is_empty());
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_noticed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let health = running(vec![check(Probe::Tcp {
        address: address.to_string(),
        timeout: None,
    })]);
    listener.accept().await.unwrap();
    assert!(health.is_healthy());
    drop(listener);
    until(&health, false).await;
    let (name, why) = failure(&health);
    assert_eq!(name, address.to_string());
    assert!(why.contains("refused"), "{why}");
    let _listener = TcpListener::bind(address).await.unwrap();
    until(&health, true).await;
}

#[tokio::test]
async fn a_port_without_a_host_is_one_of_this_machine() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!(":{}", listener.local_addr().unwrap().port());
    let health = running(vec![check(Probe::Tcp {
        address: address.clone(),
        timeout: Some(Duration::from_secs(5)),
    })]);
    listener.accept().await.unwrap();
    assert!(health.is_healthy());
    assert_eq!(health.names().collect::<Vec<_>>(), [address]);
}

#[tokio::test(start_paused = true)]
async fn failures_below_the_threshold_do_not_count() {
    let directory = tempfile::tempdir().unwrap();
    let gone = wharf_store::FileStore::new(directory.path().join("root")).unwrap();
    std::fs::remove_dir(directory.path().join("root")).unwrap();
    let health = running(vec![Check {
        threshold: 3,
        ..Check::new(storage::probe(gone))
    }]);
    // The third answer comes after 30 seconds; the clock stands still while a disk is asked.
    tokio::time::sleep(Duration::from_secs(29)).await;
    assert!(health.is_healthy());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!health.is_healthy());
}

#[tokio::test]
async fn checks_end_when_they_are_told_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let health = Health::new(vec![check(Probe::Tcp {
        address,
        timeout: None,
    })])
    .unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(health.run(stop.clone()));
    listener.accept().await.unwrap();
    stop.cancel();
    running.await.unwrap();
}

#[test]
fn what_cannot_be_checked_is_said_at_the_start() {
    let file = || Check::new(Probe::File("/a".into()));
    let twice = Health::new(vec![file(), file()]).err().unwrap();
    assert!(matches!(twice, HealthError::Duplicate(name) if name == "/a"));
    let http = |uri: &str| HttpProbe::new(uri);
    for (probe, expected) in [
        (http("not a uri"), "relative URL without a base"),
        (http("ftp://host/"), "it is neither http nor https"),
        (
            HttpProbe {
                headers: vec![("a b".to_owned(), String::new())],
                ..http("http://host/")
            },
            "invalid HTTP header name",
        ),
        (
            HttpProbe {
                headers: vec![("a".to_owned(), "\n".to_owned())],
                ..http("http://host/")
            },
            "the value of a cannot stand in a header",
        ),
        (
            HttpProbe {
                status: 99,
                ..http("http://host/")
            },
            "99 is no status",
        ),
    ] {
        let error = Health::new(vec![Check::new(Probe::Http(probe))]).err();
        let text = error.unwrap().to_string();
        assert!(text.contains(expected), "{text}");
    }
}
