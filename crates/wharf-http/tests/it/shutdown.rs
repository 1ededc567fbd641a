//! Stopping without cutting anybody off, or at once.

use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use wharf_http::Stopped;

use crate::fixtures::{noise, sha256};
use crate::harness::{Setup, Wharf};
use crate::wire::{Client, Request};

const SHORT: Duration = Duration::from_millis(200);
const SOON: Duration = Duration::from_secs(3);

/// Its task ends soon.
async fn ends(wharf: Wharf) -> Stopped {
    tokio::time::timeout(SOON, wharf.task)
        .await
        .unwrap_or_else(|_| panic!("it does not end"))
        .unwrap()
}

async fn refuses_connections(wharf: &Wharf) {
    // The listener is closed by the server's task, which has to run first.
    let start = Instant::now();
    while start.elapsed() < SOON {
        if TcpStream::connect(wharf.address).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it still takes connections");
}

/// An upload of which half has arrived.
async fn half_an_upload(wharf: &Wharf) -> (Client, String) {
    let upload = wharf.start_upload("a").await;
    let mut client = wharf.connect().await;
    let end = Request::put(&format!("{upload}?digest={}", sha256("half and half")));
    client.send(end.header("Content-Length", 13).bytes()).await;
    client.send("half ").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    (client, upload)
}

#[tokio::test]
async fn what_is_under_way_is_finished_and_nothing_new_begun() {
    let root = tempfile::tempdir().unwrap();
    let wharf = Setup::files(root.path()).start().await;
    let content = noise(32 << 20);
    let path = format!("/v2/a/blobs/{}", wharf.push_blob("a", &content).await);
    let mut download = wharf.connect().await;
    download.send(Request::get(&path).bytes()).await;
    download.head().await;
    let (mut upload, _) = half_an_upload(&wharf).await;

    wharf.shutdown.drain.cancel();
    refuses_connections(&wharf).await;
    tokio::time::sleep(SHORT).await;
    assert!(!wharf.task.is_finished());

    upload.send("and half").await;
    let response = upload.response().await;
    assert_eq!(
        (response.status, response.header("Connection")),
        (201, Some("close"))
    );
    upload.is_closed().await;
    assert!(download.take(content.len()).await == content);
    download.is_closed().await;
    assert_eq!(ends(wharf).await, Stopped::Clean);
}

#[tokio::test]
async fn connections_without_a_request_are_closed() {
    let wharf = Wharf::start().await;
    let mut new = wharf.connect().await;
    let mut idle = wharf.connect().await;
    assert_eq!(idle.ask(Request::get("/v2/")).await.status, 200);
    tokio::time::sleep(Duration::from_millis(20)).await;
    wharf.shutdown.drain.cancel();
    new.is_closed().await;
    idle.is_closed().await;
    assert_eq!(ends(wharf).await, Stopped::Clean);
}

#[tokio::test]
async fn the_time_to_finish_is_limited() {
    let mut setup = Setup::memory();
    setup.limits.drain = SHORT;
    let wharf = setup.start().await;
    let (mut client, _) = half_an_upload(&wharf).await;
    wharf.shutdown.drain.cancel();
    let start = Instant::now();
    assert_eq!(ends(wharf).await, Stopped::CutOff(1));
    assert!(start.elapsed() >= SHORT / 2, "{:?}", start.elapsed());
    client.is_closed().await;
}

#[tokio::test]
async fn a_head_that_does_not_come_to_its_end_does_not_outlast_the_limit() {
    let mut setup = Setup::memory();
    setup.limits.drain = SHORT;
    let wharf = setup.start().await;
    let mut client = wharf.connect().await;
    client.send("GET /v2/ HTTP/1.1\r\nHo").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    wharf.shutdown.drain.cancel();
    ends(wharf).await;
    client.is_closed().await;
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let wharf = Wharf::start().await;
    let (mut client, _) = half_an_upload(&wharf).await;
    wharf.shutdown.drain.cancel();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!wharf.task.is_finished());
    wharf.shutdown.abort.cancel();
    assert_eq!(ends(wharf).await, Stopped::CutOff(1));
    client.is_closed().await;
}

/// `Shutdown::abort` does not say that it needs `drain`.
#[tokio::test]
async fn an_abort_alone_ends_it() {
    let wharf = Wharf::start().await;
    let (mut client, _) = half_an_upload(&wharf).await;
    wharf.shutdown.abort.cancel();
    client.is_closed().await;
    ends(wharf).await;
}

/// A successor may be waiting for the port.
#[tokio::test]
async fn the_port_is_free_while_requests_finish() {
    let wharf = Wharf::start().await;
    let (mut client, _) = half_an_upload(&wharf).await;
    wharf.shutdown.drain.cancel();
    refuses_connections(&wharf).await;
    let app = wharf_http::App::new(
        wharf_registry::Registry::new(
            std::sync::Arc::new(wharf_store::MemoryStore::default()),
            wharf_registry::Options::default(),
        ),
        Setup::memory().settings,
    );
    wharf_http::Server::bind(
        &wharf.address.to_string(),
        app,
        wharf_http::Limits::default(),
    )
    .await
    .unwrap();
    client.send("and half").await;
    assert_eq!(client.response().await.status, 201);
    assert_eq!(ends(wharf).await, Stopped::Clean);
}

/// The same upload goes on with the successor, from where its bytes were acknowledged.
#[tokio::test]
async fn an_upload_goes_on_with_the_successor() {
    let root = tempfile::tempdir().unwrap();
    let wharf = Setup::files(root.path()).start().await;
    let upload = wharf.start_upload("a").await;
    assert_eq!(
        wharf
            .ask(Request::patch(&upload).body("half "))
            .await
            .status,
        202
    );
    wharf.shutdown.drain.cancel();
    assert_eq!(ends(wharf).await, Stopped::Clean);

    let wharf = Setup::files(root.path()).start().await;
    let end = Request::put(&format!("{upload}?digest={}", sha256("half and half")));
    assert_eq!(
        wharf
            .ask(end.header("Content-Range", "5-12").body("and half"))
            .await
            .status,
        201
    );
}
