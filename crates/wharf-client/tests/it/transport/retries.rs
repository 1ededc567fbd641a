//! Requests that are sent again, and those that are not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use wharf_client::{ClientError, NetworkProblem, Protocol, RegistryClient};

use super::fetch;
use crate::server::{Reply, Server};
use crate::settings::hasty;

/// Gives these answers in turn, and then good ones.
async fn script(replies: Vec<Reply>) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |seen| {
        if seen.is_head {
            return Reply::default();
        }
        let next = replies.get(count.fetch_add(1, Ordering::SeqCst));
        next.cloned().unwrap_or_else(|| Reply::ok("{}"))
    })
    .await
}

async fn check(replies: Vec<Reply>, asked: usize, succeeds: bool) {
    let shown = format!("{replies:?}");
    let server = script(replies).await;
    let fetched = fetch(&server.client()).await;
    assert_eq!(fetched.is_ok(), succeeds, "{shown}: {fetched:?}");
    assert_eq!(server.asked().len(), asked, "{shown}");
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    for status in [408, 429, 500, 502, 503, 504] {
        check(vec![Reply::new(status); 3], 4, true).await;
        check(vec![Reply::new(status); 4], 4, false).await;
    }
    check(vec![Reply::gone(); 3], 4, true).await;
    check(vec![Reply::new(429).header("retry-after", "0")], 2, true).await;
    let past = "Wed, 21 Oct 2015 07:28:00 GMT";
    check(vec![Reply::new(503).header("retry-after", past)], 2, true).await;
}

#[tokio::test]
async fn what_stays_the_same_is_not() {
    for status in [400, 404, 405, 410, 413, 418, 501] {
        check(vec![Reply::new(status)], 1, false).await;
    }
}

#[tokio::test]
async fn a_long_wait_is_told_and_not_waited() {
    let begun = Instant::now();
    let server = script(vec![Reply::new(429).header("retry-after", "3600")]).await;
    let error = fetch(&server.client()).await.unwrap_err();
    let expected = format!(
        "{}/a/b:latest was refused (429 Too Many Requests): too many requests, try again later or log in",
        server.address
    );
    assert_eq!(error.to_string(), expected);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn silence_is_noticed() {
    let server = script(vec![Reply::gone().hang(0); 4]).await;
    let error = fetch(&server.client()).await.unwrap_err();
    let stalled = NetworkProblem::Stalled(0);
    assert!(
        matches!(&error, ClientError::Network { problem, .. } if *problem == stalled),
        "{error}"
    );
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn nobody_there_is_told_with_advice() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let host = format!("127.0.0.1:{port}").parse().unwrap();
    let client = RegistryClient::new(host, &hasty(), None).unwrap();
    let error = fetch(&client).await.unwrap_err().to_string();
    assert!(
        error.contains("check the address, the port and the network"),
        "{error}"
    );
}

#[tokio::test]
async fn plain_http_where_tls_was_expected_is_told_with_advice() {
    let server = script(Vec::new()).await;
    let settings = wharf_client::ClientSettings {
        protocol: Protocol::Https,
        ..hasty()
    };
    let client = RegistryClient::new(server.host(), &settings, None).unwrap();
    let error = fetch(&client).await.unwrap_err().to_string();
    assert!(error.contains("say plain HTTP"), "{error}");
}
