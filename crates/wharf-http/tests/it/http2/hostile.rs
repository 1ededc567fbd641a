//! Clients that mean harm.

use h2::client::Builder;
use http::{HeaderValue, Method, Request};

use super::{Peer, clear, get, request};
use crate::fixtures::noise;
use crate::harness::Setup;
use crate::wire::Client;

const START: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Requests that are taken back at once (CVE-2023-44487).
#[tokio::test]
async fn requests_that_are_reset_at_once_end_the_connection() {
    let wharf = clear(Setup::memory()).await;
    let mut client = Client::connect(wharf.address).await;
    // :method GET, :scheme http, :path /, :authority a
    let head = [0x82, 0x86, 0x84, 0x41, 1, b'a'];
    let mut frames = START.to_vec();
    for number in 0..20_000_u32 {
        let id = (2 * number + 1).to_be_bytes();
        frames.extend([0, 0, 6, 1, 5].into_iter().chain(id).chain(head));
        frames.extend([0, 0, 4, 3, 0].into_iter().chain(id).chain([0, 0, 0, 8]));
    }
    client.send_what_it_takes(&frames).await;
    // It does not take all of them: it says goodbye, or just goes.
    client.rest().await;
    wharf.is_well().await;
}

#[tokio::test]
async fn a_head_may_be_long_but_not_endless() {
    let wharf = clear(Setup::memory()).await;
    let mut peer = Peer::connect(wharf.address).await;
    let with = |length: usize| {
        let mut request = get("/v2/");
        let token = HeaderValue::from_str(&"t".repeat(length)).unwrap();
        request.headers_mut().insert("authorization", token);
        request
    };
    assert_eq!(peer.ask(with(50_000), b"").await.status, 200);
    let refused = peer.send(with(100_000), b"").await.await;
    assert!(refused.is_err() || refused.unwrap().status() == 431);
    wharf.is_well().await;
}

/// Continuations without end (CVE-2024-27316).
#[tokio::test]
async fn a_head_without_end_ends_the_connection() {
    let wharf = clear(Setup::memory()).await;
    let mut client = Client::connect(wharf.address).await;
    let mut frames = START.to_vec();
    frames.extend([0, 0, 1, 1, 1, 0, 0, 0, 1, 0x82]);
    // A header of 1000 bytes that is not remembered, again and again.
    let header = [&[0, 1, b'x', 0x7f, 0xe9, 6][..], &[b'y'; 1000]].concat();
    let length = u32::try_from(header.len()).unwrap().to_be_bytes();
    for _ in 0..10_000 {
        frames.extend(&length[1..]);
        frames.extend([9, 0, 0, 0, 0, 1]);
        frames.extend(&header);
    }
    client.send_what_it_takes(&frames).await;
    client.rest().await;
    wharf.is_well().await;
}

#[tokio::test]
async fn noise_is_no_frame() {
    let wharf = clear(Setup::memory()).await;
    for frames in [noise(100_000), vec![0; 100_000], vec![0xff; 100_000]] {
        let mut client = Client::connect(wharf.address).await;
        client.send_what_it_takes(&[START, &frames].concat()).await;
        client.rest().await;
    }
    wharf.is_well().await;
}

/// There are as many streams as were announced, and the next ones wait or are refused.
#[tokio::test]
async fn streams_are_limited() {
    let wharf = clear(Setup::memory()).await;
    let builder = Builder::new().initial_max_send_streams(1000).clone();
    let mut peer = Peer::with(wharf.address, &builder).await;
    let push = || request(Method::POST, "/v2/a/blobs/uploads/");
    let mut streams = Vec::new();
    for _ in 0..150 {
        streams.push(peer.requests.send_request(push(), false).unwrap());
    }
    let mut refused = 0;
    for (answer, mut stream) in streams {
        // The first hundred are open; whoever is refused may try again.
        let _ = stream.send_data(bytes::Bytes::from_static(b"x"), true);
        match answer.await {
            Ok(answer) => assert_eq!(answer.status(), 202),
            Err(error) => {
                assert_eq!(error.reason(), Some(h2::Reason::REFUSED_STREAM));
                refused += 1;
            }
        }
    }
    assert!(refused <= 50, "{refused}");
    assert_eq!(peer.get("/v2/").await.status, 200);
}

#[tokio::test]
async fn there_is_no_way_through() {
    let wharf = clear(Setup::memory()).await;
    let mut peer = Peer::connect(wharf.address).await;
    for target in ["a.test:443", "wharf.test:80"] {
        let connect = Request::builder()
            .method(Method::CONNECT)
            .uri(target)
            .body(())
            .unwrap();
        let answer = peer.requests.send_request(connect, false).unwrap().0.await;
        assert!(
            answer.as_ref().is_err() || !answer.as_ref().unwrap().status().is_success(),
            "{answer:?}"
        );
    }
    assert_eq!(peer.get("/v2/").await.status, 200);
}

/// All connections together have no more requests than there may be connections.
#[tokio::test]
async fn requests_are_limited() {
    let mut setup = Setup::memory();
    setup.limits.connections = 3;
    let wharf = clear(setup).await;
    let mut one = Peer::connect(wharf.address).await;
    let mut two = Peer::connect(wharf.address).await;
    let push = || request(Method::POST, "/v2/a/blobs/uploads/?digest=sha256:");
    let mut hanging = Vec::new();
    for number in 0..3 {
        let peer = if number < 2 { &mut one } else { &mut two };
        let upload = request(Method::PUT, "/v2/a/manifests/b");
        hanging.push(peer.requests.send_request(upload, false).unwrap());
        if number == 1 {
            // Both have arrived, and there is room for one more.
            assert_eq!(one.get("/v2/").await.status, 200);
        }
    }
    let mut waiting = Box::pin(two.send(push(), b"").await);
    let early = tokio::time::timeout(std::time::Duration::from_millis(300), waiting.as_mut());
    assert!(early.await.is_err(), "there was room for a fourth");
    let (answer, mut stream) = hanging.remove(0);
    stream
        .send_data(bytes::Bytes::from_static(b"{"), true)
        .unwrap();
    assert_eq!(answer.await.unwrap().status(), 400);
    assert_eq!(waiting.await.unwrap().status(), 400);
}
