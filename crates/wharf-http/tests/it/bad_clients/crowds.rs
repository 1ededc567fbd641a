//! Many connections at once.

use std::time::Duration;

use crate::fixtures::{LAYER, noise, sha256};
use crate::harness::{Setup, Wharf};
use crate::wire::Request;

#[tokio::test]
async fn idle_connections_do_not_keep_others_from_being_served() {
    let wharf = Wharf::start().await;
    let path = format!("/v2/a/blobs/{}", wharf.push_blob("a", LAYER).await);
    let mut idle = Vec::new();
    for at in 0..200 {
        let mut client = wharf.connect().await;
        match at % 3 {
            0 => {}
            1 => client.send("GET /v2/ HTTP/1.1\r\nHo").await,
            _ => assert_eq!(client.ask(Request::get("/v2/")).await.status, 200),
        }
        idle.push(client);
    }
    assert_eq!(wharf.ask(Request::get(&path)).await.text(), LAYER);
    wharf.push_blob("b", LAYER).await;
    for (at, client) in idle.iter_mut().enumerate() {
        if at % 3 == 1 {
            client.send("st: a\r\n\r\n").await;
            assert_eq!(client.response().await.status, 200);
        }
    }
}

#[tokio::test]
async fn stalled_uploads_and_downloads_do_not_keep_others_from_being_served() {
    let root = tempfile::tempdir().unwrap();
    let wharf = Setup::files(root.path()).start().await;
    let path = format!("/v2/a/blobs/{}", wharf.push_blob("a", noise(8 << 20)).await);
    let mut stalled = Vec::new();
    for _ in 0..40 {
        let mut download = wharf.connect().await;
        download.send(Request::get(&path).bytes()).await;
        let upload = wharf.start_upload("a").await;
        let mut client = wharf.connect().await;
        client
            .send(
                Request::patch(&upload)
                    .header("Content-Length", 1 << 30)
                    .bytes(),
            )
            .await;
        client.send(vec![0; 100_000]).await;
        stalled.extend([download, client]);
    }
    assert_eq!(wharf.ask(Request::get(&path)).await.body.len(), 8 << 20);
    wharf.push_blob("b", LAYER).await;
}

#[tokio::test]
async fn connections_above_the_limit_wait_for_their_turn() {
    let mut setup = Setup::memory();
    setup.limits.connections = 2;
    let wharf = setup.start().await;
    let mut served = [wharf.connect().await, wharf.connect().await];
    for client in &mut served {
        assert_eq!(client.ask(Request::get("/v2/")).await.status, 200);
    }
    let mut waiting = wharf.connect().await;
    waiting.send(Request::get("/v2/").bytes()).await;
    let early = tokio::time::timeout(Duration::from_millis(100), waiting.stream.readable()).await;
    assert!(early.is_err(), "it is not its turn");
    drop(served);
    assert_eq!(waiting.response().await.status, 200);
}

/// Who only holds a place loses it.
#[tokio::test]
async fn idle_connections_make_room() {
    let mut setup = Setup::memory();
    setup.limits.connections = 2;
    setup.limits.head_time = Duration::from_millis(100);
    let wharf = setup.start().await;
    let _held = [wharf.connect().await, wharf.connect().await];
    wharf.is_well().await;
}

#[tokio::test]
async fn many_pushes_of_one_blob_are_one_blob() {
    let wharf = Wharf::start().await;
    let content = noise(300_000);
    let post =
        Request::post(&format!("/v2/a/blobs/uploads/?digest={}", sha256(&content))).body(&content);
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = wharf.connect().await;
        client.send(post.bytes()).await;
        clients.push(client);
    }
    for mut client in clients {
        let response = client.response().await;
        assert_eq!(response.status, 201, "{}", response.show());
        assert!(client.ask(Request::get(&response.location())).await.body == content);
    }
}
