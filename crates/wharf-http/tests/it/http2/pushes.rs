//! Bodies that come in.

use std::time::Duration;

use bytes::Bytes;
use http::Method;

use super::{Answer, Peer, clear, request};
use crate::fixtures::{noise, sha256};
use crate::harness::Setup;

#[tokio::test]
async fn an_upload_in_chunks() {
    let wharf = clear(Setup::memory()).await;
    let mut peer = Peer::connect(wharf.address).await;
    let content = noise(6 << 20);
    let start = peer
        .ask(request(Method::POST, "/v2/a/blobs/uploads/"), b"")
        .await;
    let location = start.header("location").unwrap();
    let path = location
        .strip_prefix("http://wharf.test")
        .unwrap()
        .to_owned();
    for chunk in content.chunks(2 << 20) {
        let answer = peer.ask(request(Method::PATCH, &path), chunk).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
    }
    let end = request(Method::PUT, &format!("{path}?digest={}", sha256(&content)));
    let answer = peer.ask(end, b"").await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

/// Docker pushes five layers at once.
#[tokio::test]
async fn pushes_share_a_connection() {
    let root = tempfile::tempdir().unwrap();
    let wharf = clear(Setup::files(root.path())).await;
    let mut peer = Peer::connect(wharf.address).await;
    let mut answers = Vec::new();
    for size in 0..5 {
        let content = noise((5 << 20) + size);
        let path = format!("/v2/a/blobs/uploads/?digest={}", sha256(&content));
        answers.push(peer.send(request(Method::POST, &path), &content).await);
    }
    for answer in answers {
        assert_eq!(Answer::read(answer).await.status, 201);
    }
}

/// A window that is always open lets a push go as fast as the line.
#[tokio::test]
async fn the_window_is_large() {
    let wharf = clear(Setup::memory()).await;
    let mut peer = Peer::connect(wharf.address).await;
    assert_eq!(peer.get("/v2/").await.status, 200);
    let push = request(Method::POST, "/v2/a/blobs/uploads/");
    let (_answer, mut stream) = peer.requests.send_request(push, false).unwrap();
    stream.reserve_capacity(64 << 20);
    let capacity = std::future::poll_fn(|context| stream.poll_capacity(context)).await;
    // As much as this client keeps ready.
    assert!(capacity.unwrap().unwrap() >= 256 << 10);
    let offered = stream.capacity();
    assert!(offered >= 256 << 10, "{offered}");
}

#[tokio::test]
async fn a_stalled_body_is_kept_as_far_as_it_came() {
    let mut setup = Setup::memory();
    setup.settings.body_stall = Duration::from_millis(400);
    let wharf = clear(setup).await;
    let mut peer = Peer::connect(wharf.address).await;
    let start = peer
        .ask(request(Method::POST, "/v2/a/blobs/uploads/"), b"")
        .await;
    let location = start.header("location").unwrap();
    let path = location
        .strip_prefix("http://wharf.test")
        .unwrap()
        .to_owned();
    let patch = request(Method::PATCH, &path);
    let (answer, mut stream) = peer.requests.send_request(patch, false).unwrap();
    stream
        .send_data(Bytes::from_static(b"half"), false)
        .unwrap();
    assert_eq!(Answer::read(answer).await.status, 408);
    let status = peer.get(&path).await;
    assert_eq!((status.status, status.header("range")), (204, Some("0-3")));
    drop(stream);
    // What a client that is gone has sent is kept, too.
    let patch = request(Method::PATCH, &path);
    let (_answer, mut stream) = peer.requests.send_request(patch, false).unwrap();
    stream
        .send_data(Bytes::from_static(b" and more"), false)
        .unwrap();
    assert_eq!(peer.get("/v2/").await.status, 200);
    stream.send_reset(h2::Reason::CANCEL);
    wharf.upload_reaches(&path, 13).await;
}
