//! Clients that take nothing, or say nothing.

use std::time::{Duration, Instant};

use h2::client::Builder;

use super::{Peer, clear, get};
use crate::fixtures::noise;
use crate::harness::{Setup, Wharf};
use crate::wire::Client;

const SHORT: Duration = Duration::from_millis(400);
/// Much longer than a limit of [`SHORT`] takes to be noticed, much shorter than the others.
const SOON: Duration = Duration::from_secs(10);

async fn impatient() -> Wharf {
    let mut setup = Setup::memory();
    setup.limits.write_stall = SHORT;
    clear(setup).await
}

/// The connection ends soon; whether the client is told why does not matter.
async fn ends(peer: Peer) {
    let Peer {
        requests,
        connection,
    } = peer;
    let ended = tokio::time::timeout(SOON, connection).await;
    let _ = ended.unwrap_or_else(|_| panic!("it goes on")).unwrap();
    drop(requests);
}

/// Its socket is open for more all the time.
#[tokio::test]
async fn a_client_that_opens_no_window_is_cut_off() {
    let wharf = impatient().await;
    let path = Peer::connect(wharf.address)
        .await
        .push(&vec![0; 24 << 20])
        .await;
    let mut peer = Peer::connect(wharf.address).await;
    let (head, body) = peer.send(get(&path), b"").await.await.unwrap().into_parts();
    assert_eq!(head.status, 200);
    ends(peer).await;
    drop(body);
    wharf.is_well().await;
}

/// Also when each answer is handed over whole, and only waits to be written.
#[tokio::test]
async fn small_answers_that_nobody_takes_do_not_stay() {
    let wharf = impatient().await;
    let path = Peer::connect(wharf.address)
        .await
        .push(&noise(40_000))
        .await;
    let mut peer = Peer::with(wharf.address, Builder::new().initial_window_size(0)).await;
    let mut bodies = Vec::new();
    for _ in 0..50 {
        let (head, body) = peer.send(get(&path), b"").await.await.unwrap().into_parts();
        assert_eq!(head.status, 200);
        bodies.push(body);
    }
    ends(peer).await;
    wharf.is_well().await;
}

#[tokio::test]
async fn a_client_that_takes_a_little_at_a_time_is_served() {
    let mut setup = Setup::memory();
    setup.limits.write_stall = 4 * SHORT;
    let wharf = clear(setup).await;
    let content = noise(300_000);
    let path = Peer::connect(wharf.address).await.push(&content).await;
    let builder = Builder::new().initial_window_size(20_000).clone();
    let mut peer = Peer::with(wharf.address, &builder).await;
    let mut body = peer.send(get(&path), b"").await.await.unwrap().into_body();
    let mut taken = Vec::new();
    let start = Instant::now();
    while let Some(bytes) = body.data().await {
        let bytes = bytes.unwrap();
        // In all, much longer than the limit.
        tokio::time::sleep(SHORT * u32::try_from(bytes.len()).unwrap() / 40_000).await;
        body.flow_control().release_capacity(bytes.len()).unwrap();
        taken.extend_from_slice(&bytes);
    }
    assert!(taken == content);
    assert!(start.elapsed() > 4 * SHORT, "{:?}", start.elapsed());
}

/// One answer that waits is no harm while others are taken.
#[tokio::test]
async fn a_client_that_takes_others_keeps_its_connection() {
    let wharf = impatient().await;
    let content = noise(400_000);
    let path = Peer::connect(wharf.address).await.push(&content).await;
    let builder = Builder::new()
        .initial_window_size(100_000)
        .initial_connection_window_size(8 << 20)
        .clone();
    let mut peer = Peer::with(wharf.address, &builder).await;
    let waiting = peer.send(get(&path), b"").await.await.unwrap().into_body();
    for _ in 0..12 {
        tokio::time::sleep(SHORT / 4).await;
        assert!(peer.get(&path).await.body == content);
    }
    assert!(super::read(waiting).await == content);
}

#[tokio::test]
async fn a_client_that_asks_nothing_more_is_sent_away() {
    let mut setup = Setup::memory();
    setup.limits.head_time = SHORT;
    let wharf = clear(setup).await;
    let mut peer = Peer::connect(wharf.address).await;
    for _ in 0..3 {
        assert_eq!(peer.get("/v2/").await.status, 200);
        tokio::time::sleep(SHORT / 8).await;
    }
    let ended = tokio::time::timeout(SOON, peer.connection).await;
    // A goodbye, and no error.
    ended
        .unwrap_or_else(|_| panic!("it goes on"))
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_client_that_does_not_come_to_a_request_is_cut_off() {
    let mut setup = Setup::memory();
    setup.limits.head_time = SHORT;
    setup.limits.write_stall = SHORT;
    let wharf = clear(setup).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    // A head that ends in a frame that does not come (section 6.2): its END_HEADERS is missing.
    let half_a_head = [&[0, 0, 1, 1, 1, 0, 0, 0, 1][..], &[0x82]].concat();
    let mut clients = Vec::new();
    for start in [
        preface[..0].to_vec(),
        preface[..10].to_vec(),
        preface.to_vec(),
        [&preface[..], &settings].concat(),
        [&preface[..], &settings, &half_a_head].concat(),
    ] {
        let mut client = Client::connect(wharf.address).await;
        client.send(&start).await;
        clients.push(client);
    }
    for client in &mut clients {
        client.rest().await;
    }
    wharf.is_well().await;
}

/// What takes us long is not the client's silence.
#[tokio::test]
async fn a_slow_body_is_read_to_its_end() {
    let mut setup = Setup::memory();
    setup.limits.head_time = SHORT;
    setup.limits.write_stall = SHORT;
    let wharf = clear(setup).await;
    let mut peer = Peer::connect(wharf.address).await;
    let content = noise(12);
    let path = format!(
        "/v2/a/blobs/uploads/?digest={}",
        crate::fixtures::sha256(&content)
    );
    let push = super::request(http::Method::POST, &path);
    let (answer, mut stream) = peer.requests.send_request(push, false).unwrap();
    for byte in &content {
        tokio::time::sleep(SHORT / 4).await;
        stream
            .send_data(bytes::Bytes::from(vec![*byte]), false)
            .unwrap();
    }
    stream.send_data(bytes::Bytes::new(), true).unwrap();
    assert_eq!(super::Answer::read(answer).await.status, 201);
}
