//! Stopping.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use wharf_http::Stopped;

use super::{Answer, Peer, clear, get, read, request};
use crate::fixtures::{noise, sha256};
use crate::harness::Setup;

const SHORT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn what_is_under_way_is_finished_and_nothing_new_begun() {
    let wharf = clear(Setup::memory()).await;
    let mut peer = Peer::connect(wharf.address).await;
    let content = noise(8 << 20);
    let path = peer.push(&content).await;
    let download = peer.send(get(&path), b"").await.await.unwrap().into_body();
    let push = format!("/v2/a/blobs/uploads/?digest={}", sha256("half and half"));
    let push = request(Method::POST, &push);
    let (answer, mut upload) = peer.requests.send_request(push, false).unwrap();
    upload
        .send_data(Bytes::from_static(b"half "), false)
        .unwrap();
    let mut idle = Peer::connect(wharf.address).await;
    assert_eq!(idle.get("/v2/").await.status, 200);

    wharf.shutdown.drain.cancel();
    idle.connection.await.unwrap().unwrap();
    tokio::time::sleep(SHORT).await;
    assert!(!wharf.task.is_finished());
    upload
        .send_data(Bytes::from_static(b"and half"), true)
        .unwrap();
    assert_eq!(Answer::read(answer).await.status, 201);
    assert!(read(download).await == content);
    // The goodbye has come: nothing more can be asked.
    peer.connection.await.unwrap().unwrap();
    assert!(peer.requests.ready().await.is_err());
    assert_eq!(wharf.task.await.unwrap(), Stopped::Clean);
}

#[tokio::test]
async fn the_time_to_finish_is_limited() {
    let mut setup = Setup::memory();
    setup.limits.drain = SHORT;
    let wharf = clear(setup).await;
    let mut peer = Peer::connect(wharf.address).await;
    assert_eq!(peer.get("/v2/").await.status, 200);
    let push = request(Method::POST, "/v2/a/blobs/uploads/");
    let (answer, _upload) = peer.requests.send_request(push, false).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    wharf.shutdown.drain.cancel();
    assert_eq!(wharf.task.await.unwrap(), Stopped::CutOff(1));
    answer.await.unwrap_err();
}

#[tokio::test]
async fn an_abort_ends_it() {
    let wharf = clear(Setup::memory()).await;
    let mut peer = Peer::connect(wharf.address).await;
    let path = peer.push(&vec![0; 24 << 20]).await;
    let body = peer.send(get(&path), b"").await.await.unwrap().into_body();
    wharf.shutdown.abort.cancel();
    wharf.task.await.unwrap();
    drop(body);
    let _ = peer.connection.await.unwrap();
}

/// Who connected before may still ask once.
#[tokio::test]
async fn who_has_just_come_may_ask() {
    let wharf = clear(Setup::memory()).await;
    let mut peer = Peer::connect(wharf.address).await;
    // The server has seen the connection.
    peer.connection_is_known().await;
    wharf.shutdown.drain.cancel();
    assert_eq!(peer.get("/v2/").await.status, 200);
    peer.connection.await.unwrap().unwrap();
    assert_eq!(wharf.task.await.unwrap(), Stopped::Clean);
}

impl Peer {
    /// The server's settings have come.
    async fn connection_is_known(&self) {
        // A client does not know of a limit before it has them.
        for _ in 0..500 {
            if self.requests.current_max_send_streams() == 100 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no settings");
    }
}
