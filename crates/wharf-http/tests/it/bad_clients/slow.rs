//! Clients that stop in the middle: of a head, of a body, of reading.

use std::time::{Duration, Instant};

use crate::fixtures::{noise, sha256};
use crate::harness::{Setup, Wharf};
use crate::wire::{Client, Request};

const SHORT: Duration = Duration::from_millis(400);
/// Much longer than a limit of [`SHORT`] takes to be noticed, much shorter than the others.
const SOON: Duration = Duration::from_secs(3);

/// The connection ends by itself, soon but not at once.
async fn runs_out(client: &mut Client) -> Vec<u8> {
    let start = Instant::now();
    let rest = client.rest().await;
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    rest
}

/// Sends it in a number of pieces, each after a pause of `SHORT / 8`.
async fn trickle(client: &mut Client, bytes: &[u8], pieces: usize) {
    for piece in bytes.chunks(bytes.len().div_ceil(pieces)) {
        tokio::time::sleep(SHORT / 8).await;
        client.send_what_it_takes(piece).await;
    }
}

async fn impatient_with_heads() -> Wharf {
    let mut setup = Setup::memory();
    setup.limits.head_time = SHORT;
    setup.start().await
}

async fn impatient_with_bodies() -> Wharf {
    let mut setup = Setup::memory();
    setup.settings.body_stall = SHORT;
    setup.start().await
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_head_is_cut_off() {
    let wharf = impatient_with_heads().await;
    let mut silent = wharf.connect().await;
    let mut stuck = wharf.connect().await;
    stuck.send("GET /v2/ HTTP/1.1\r\nHost:").await;
    let mut slow = wharf.connect().await;
    trickle(&mut slow, &Request::get("/v2/").bytes(), 12).await;
    for client in [&mut silent, &mut stuck, &mut slow] {
        runs_out(client).await;
    }
    wharf.is_well().await;
}

#[tokio::test]
async fn a_client_that_asks_nothing_more_is_cut_off() {
    let wharf = impatient_with_heads().await;
    let mut client = wharf.connect().await;
    for _ in 0..3 {
        assert_eq!(client.ask(Request::get("/v2/")).await.status, 200);
        tokio::time::sleep(SHORT / 8).await;
    }
    assert!(runs_out(&mut client).await.is_empty());
}

#[tokio::test]
async fn the_time_for_heads_is_not_taken_from_bodies() {
    let wharf = impatient_with_heads().await;
    let upload = wharf.start_upload("a").await;
    let mut client = wharf.connect().await;
    client
        .send(Request::patch(&upload).header("Content-Length", 12).bytes())
        .await;
    trickle(&mut client, b"0123456789ab", 12).await;
    assert_eq!(client.response().await.header("Range"), Some("0-11"));
}

#[tokio::test]
async fn a_stalled_body_is_kept_as_far_as_it_came() {
    let wharf = impatient_with_bodies().await;
    for sent in [b"half".to_vec(), noise(3_000_000)] {
        let upload = wharf.start_upload("a").await;
        let mut client = wharf.connect().await;
        client
            .send(
                Request::patch(&upload)
                    .header("Content-Length", 8 << 20)
                    .bytes(),
            )
            .await;
        client.send(&sent).await;
        let response = client.response().await;
        assert_eq!(
            (response.status, response.codes()),
            (408, vec!["SIZE_INVALID".to_owned()])
        );
        assert_eq!(response.header("Connection"), Some("close"));
        client.is_closed().await;
        wharf.upload_reaches(&upload, sent.len()).await;
        let end = Request::put(&format!("{upload}?digest={}", sha256(&sent)));
        assert_eq!(wharf.ask(end).await.status, 201);
    }
}

#[tokio::test]
async fn a_stalled_manifest_is_given_up() {
    let wharf = impatient_with_bodies().await;
    let mut client = wharf.connect().await;
    client
        .send(
            Request::put("/v2/a/manifests/b")
                .header("Transfer-Encoding", "chunked")
                .bytes(),
        )
        .await;
    client.send("1\r\n{\r\n").await;
    assert_eq!(client.response().await.status, 408);
    client.is_closed().await;
}

/// A stall is a time without a byte: a slow line is none.
#[tokio::test]
async fn a_slow_body_is_read_to_its_end() {
    let wharf = impatient_with_bodies().await;
    let upload = wharf.start_upload("a").await;
    let mut client = wharf.connect().await;
    let start = Instant::now();
    client
        .send(Request::patch(&upload).header("Content-Length", 12).bytes())
        .await;
    trickle(&mut client, b"0123456789ab", 12).await;
    assert_eq!(client.response().await.header("Range"), Some("0-11"));
    assert!(start.elapsed() > SHORT);
}

/// A refused client that stalls is not waited for as long as one that is welcome.
#[tokio::test]
async fn a_refused_body_that_stalls_is_answered_soon() {
    let wharf = Wharf::start().await;
    let mut client = wharf.connect().await;
    client
        .send(
            Request::patch("/v2/a/blobs/uploads/none")
                .header("Content-Length", 8)
                .bytes(),
        )
        .await;
    client.send("half").await;
    let start = Instant::now();
    assert_eq!(client.response().await.status, 404);
    assert!(start.elapsed() < SOON);
    assert!(runs_out(&mut client).await.is_empty());
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut_off() {
    let mut setup = Setup::memory();
    setup.limits.write_stall = SHORT;
    let wharf = setup.start().await;
    // More than the buffers of both sockets hold.
    let content = vec![0; 32 << 20];
    let path = format!("/v2/a/blobs/{}", wharf.push_blob("a", &content).await);
    let mut client = wharf.connect().await;
    client.send(Request::get(&path).bytes()).await;
    tokio::time::sleep(SHORT * 2).await;
    assert!(runs_out(&mut client).await.len() < content.len());
}

#[tokio::test]
async fn a_client_that_takes_a_little_at_a_time_is_served() {
    let mut setup = Setup::memory();
    setup.limits.write_stall = SHORT;
    let wharf = setup.start().await;
    let content = noise(32 << 20);
    let path = format!("/v2/a/blobs/{}", wharf.push_blob("a", &content).await);
    let mut client = wharf.connect().await;
    client.send(Request::get(&path).bytes()).await;
    client.head().await;
    let mut taken = Vec::new();
    for _ in 0..16 {
        tokio::time::sleep(SHORT / 8).await;
        taken.extend(client.take(2 << 20).await);
    }
    assert!(taken == content);
}
