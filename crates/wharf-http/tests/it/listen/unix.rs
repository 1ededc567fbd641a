//! Unix sockets.

use std::io::ErrorKind;
use std::os::unix::net::UnixListener;
use std::path::Path;

use tokio::net::UnixStream;
use wharf_http::{Listener, Stopped};

use crate::fixtures::{LAYER, sha256};
use crate::harness::{Lines, Setup};
use crate::wire::{Client, Request};

async fn connect(path: &Path) -> Client<UnixStream> {
    Client::over(UnixStream::connect(path).await.unwrap())
}

#[tokio::test]
async fn a_blob_goes_in_and_comes_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let (log, lines) = Lines::log();
    let mut setup = Setup::memory();
    setup.settings.access_log = Some(log.clone());
    let wharf = setup.serve(Listener::unix(&path).await.unwrap());
    let mut client = connect(&path).await;
    let digest = sha256(LAYER);
    let push = Request::post(&format!("/v2/a/blobs/uploads/?digest={digest}")).body(LAYER);
    let pushed = client.ask(push).await;
    assert_eq!(
        pushed.header("Location"),
        Some(&*format!("http://wharf.test/v2/a/blobs/{digest}"))
    );
    let pulled = client.ask(Request::get(&pushed.location())).await;
    assert_eq!(pulled.text(), LAYER);
    wharf.shutdown.drain.cancel();
    assert_eq!(wharf.task.await.unwrap(), Stopped::Clean);
    assert!(!path.exists());
    tokio::task::spawn_blocking(move || log.close())
        .await
        .unwrap();
    assert!(lines.text().starts_with("@ - - ["), "{}", lines.text());
}

#[tokio::test]
async fn a_dead_process_leaves_a_socket_that_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let _wharf = Setup::memory().serve(Listener::unix(&path).await.unwrap());
    assert_eq!(
        connect(&path).await.ask(Request::get("/v2/")).await.status,
        200
    );
}

#[tokio::test]
async fn a_living_socket_is_not_taken_away() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let _wharf = Setup::memory().serve(Listener::unix(&path).await.unwrap());
    let error = Listener::unix(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse, "{error}");
    assert_eq!(
        connect(&path).await.ask(Request::get("/v2/")).await.status,
        200
    );
}

/// Nor one whose process is too busy to accept anybody.
#[tokio::test]
async fn a_socket_with_a_full_queue_is_a_living_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let busy = UnixListener::bind(&path).unwrap();
    let mut waiting = Vec::new();
    while waiting.len() < 10_000
        && let Ok(stream) = UnixStream::connect(&path).await
    {
        waiting.push(stream);
    }
    assert_eq!(
        Listener::unix(&path).await.unwrap_err().kind(),
        ErrorKind::AddrInUse
    );
    drop(busy);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test's own file")]
async fn what_is_no_socket_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    std::fs::write(&path, "precious").unwrap();
    let error = Listener::unix(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    let missing = directory.path().join("no/such/directory");
    Listener::unix(&missing).await.unwrap_err();
}

/// A successor may have put its own socket there.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test's own file")]
async fn only_our_own_socket_is_removed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let old = Listener::unix(&path).await.unwrap();
    std::fs::rename(&path, directory.path().join("moved")).unwrap();
    let _new = Setup::memory().serve(Listener::unix(&path).await.unwrap());
    drop(old);
    assert_eq!(
        connect(&path).await.ask(Request::get("/v2/")).await.status,
        200
    );
}
