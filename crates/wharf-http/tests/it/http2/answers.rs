//! What is answered.

use std::sync::Arc;

use h2::client::Builder;
use http::{HeaderValue, Method, Uri};

use super::{Peer, clear, get, request};
use crate::fixtures::{LAYER, noise, sha256};
use crate::harness::{Lines, Setup};
use crate::tls::Secured;
use crate::wire::{Client, Request};

#[tokio::test]
async fn a_blob_goes_in_and_comes_out_over_tls() {
    let (log, lines) = Lines::log();
    let mut setup = Setup::memory();
    setup.settings.access_log = Some(log.clone());
    let secured = Secured::with(setup, |_| {}).await;
    let mut trust = secured.authority.trust();
    trust.alpn = vec!["h2"];
    let stream = trust.connect(secured.wharf.address).await.unwrap();
    let mut peer = Peer::over(stream, &Builder::new()).await;
    let content = noise(9 << 20);
    let digest = sha256(&content);
    let path = format!("/v2/a/blobs/uploads/?digest={digest}");
    let pushed = peer.ask(request(Method::POST, &path), &content).await;
    assert_eq!(pushed.status, 201);
    assert_eq!(
        pushed.header("location"),
        Some(&*format!("https://wharf.test/v2/a/blobs/{digest}"))
    );
    let pulled = peer.get(&format!("/v2/a/blobs/{digest}")).await;
    assert_eq!(pulled.header("content-length"), Some("9437184"));
    assert!(pulled.body == content);
    drop(peer);
    secured.wharf.shutdown.drain.cancel();
    secured.wharf.task.await.unwrap();
    tokio::task::spawn_blocking(move || log.close())
        .await
        .unwrap();
    let text = lines.text();
    assert!(
        text.contains(&format!("\"POST {path} HTTP/2.0\" 201 0 ")),
        "{text}"
    );
    assert!(
        text.contains(&format!(
            "\"GET /v2/a/blobs/{digest} HTTP/2.0\" 200 9437184 "
        )),
        "{text}"
    );
}

#[tokio::test]
async fn without_tls_both_versions_are_spoken_on_one_port() {
    let wharf = clear(Setup::memory()).await;
    let mut peer = Peer::connect(wharf.address).await;
    let path = peer.push(LAYER.as_bytes()).await;
    assert_eq!(wharf.ask(Request::get(&path)).await.text(), LAYER);
    assert_eq!(peer.get(&path).await.text(), LAYER);
    // Something that begins alike, and something that hardly begins.
    let mut client = wharf.connect().await;
    client.send("P").await;
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    client.send("RI").await;
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    client.send("NT /v2/ HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(client.response().await.status, 200);
}

#[tokio::test]
async fn without_being_told_so_only_the_older_version_is_spoken() {
    let wharf = Setup::memory().start().await;
    let mut client = wharf.connect().await;
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let said = client.rest().await;
    assert!(!said.starts_with(b"\0"), "{said:?}");
    wharf.is_well().await;
}

/// Distribution's clients that ask for an upgrade are answered without one (RFC 9110,
/// section 7.8).
#[tokio::test]
async fn an_upgrade_is_not_made() {
    let wharf = clear(Setup::memory()).await;
    let request = Request::get("/v2/")
        .header("Connection", "Upgrade, HTTP2-Settings")
        .header("Upgrade", "h2c")
        .header("HTTP2-Settings", "AAMAAABkAAQAAP__");
    let mut client = wharf.connect().await;
    assert_eq!(client.ask(request).await.status, 200);
    assert_eq!(client.ask(Request::get("/v2/")).await.status, 200);
}

/// Also those that end the connection of an older client.
#[tokio::test]
async fn refusals_end_a_stream_and_not_the_connection() {
    let wharf = clear(Setup::memory()).await;
    let mut peer = Peer::connect(wharf.address).await;
    for (request, body, status) in [
        (get("/nowhere"), &b""[..], 404),
        (get("/v2/a/tags/list"), b"", 404),
        (get("/v2/a/blobs/sha256:x"), b"", 400),
        (request(Method::POST, "/v2/a/tags/list"), b"", 405),
        (request(Method::PUT, "/v2/a/manifests/b"), b"{", 400),
        (
            request(Method::PATCH, "/v2/a/blobs/uploads/none"),
            b"x",
            404,
        ),
    ] {
        let answer = peer.ask(request, body).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    // More than is read for a client that is refused.
    let large = vec![b'x'; 20 << 20];
    let refused = peer
        .ask(request(Method::PATCH, "/v2/a/blobs/uploads/none"), &large)
        .await;
    assert_eq!(refused.status, 404);
    let refused = peer
        .ask(request(Method::PUT, "/v2/a/manifests/b"), &large)
        .await;
    assert_eq!(refused.status, 413);
    assert_eq!(peer.get("/v2/").await.status, 200);
}

#[tokio::test]
async fn ranges_conditions_and_heads_are_the_same() {
    let wharf = clear(Setup::memory()).await;
    let mut peer = Peer::connect(wharf.address).await;
    let path = peer.push(LAYER.as_bytes()).await;
    let head = peer.ask(request(Method::HEAD, &path), b"").await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("7"))
    );
    assert!(head.body.is_empty());
    let with = |name: &'static str, value: &'static str| {
        let mut request = get(&path);
        request
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
        request
    };
    let part = peer.ask(with("range", "bytes=2-3"), b"").await;
    assert_eq!((part.status, part.text()), (206, LAYER[2..4].to_owned()));
    let parts = peer.ask(with("range", "bytes=0-0,3-3"), b"").await;
    assert_eq!(parts.status, 206);
    let known = peer.ask(with("if-none-match", "*"), b"").await;
    assert_eq!((known.status, known.body.len()), (304, 0));
}

/// `:authority` is what `Host` is to an older client.
#[tokio::test]
async fn the_host_is_the_one_that_the_client_means() {
    let wharf = clear(Setup::memory()).await;
    let mut peer = Peer::connect(wharf.address).await;
    let start = |uri: &str, host: Option<&'static str>| {
        let mut request = request(Method::POST, "/");
        *request.uri_mut() = uri.parse::<Uri>().unwrap();
        if let Some(host) = host {
            request
                .headers_mut()
                .insert("host", HeaderValue::from_static(host));
        }
        request
    };
    let path = "/v2/a/blobs/uploads/";
    for (uri, host, origin) in [
        (
            format!("http://a.test:5000{path}"),
            None,
            "http://a.test:5000",
        ),
        (
            format!("http://a.test{path}"),
            Some("a.test"),
            "http://a.test",
        ),
        (
            format!("http://a.test{path}"),
            Some("b.test"),
            "http://a.test",
        ),
        (
            format!("http://[::1]:5000{path}"),
            None,
            "http://[::1]:5000",
        ),
    ] {
        let answer = peer.ask(start(&uri, host), b"").await;
        let location = answer.header("location").unwrap();
        assert!(
            location.starts_with(&format!("{origin}{path}")),
            "{location}"
        );
    }
    let mut proxied = start(&format!("http://a.test{path}"), None);
    proxied
        .headers_mut()
        .insert("x-forwarded-proto", HeaderValue::from_static("https"));
    let answer = peer.ask(proxied, b"").await;
    assert!(
        answer
            .header("location")
            .unwrap()
            .starts_with("https://a.test/")
    );
}

#[tokio::test]
async fn many_requests_share_a_connection() {
    let wharf = clear(Setup::memory()).await;
    let mut peer = Peer::connect(wharf.address).await;
    let content = noise(1 << 20);
    let path = peer.push(&content).await;
    let content = Arc::new(content);
    let mut answers = Vec::new();
    for _ in 0..60 {
        let answer = peer.send(get(&path), b"").await;
        let content = Arc::clone(&content);
        answers.push(tokio::spawn(async move {
            assert!(super::Answer::read(answer).await.body == *content);
        }));
    }
    for answer in answers {
        answer.await.unwrap();
    }
}

/// The older protocol goes on beside it.
#[tokio::test]
async fn an_older_client_of_tls_is_served() {
    let secured = Secured::start().await;
    let mut client: Client<_> = secured.connect().await;
    let answer = client.ask(Request::get("/v2/")).await;
    assert!(answer.head.starts_with("HTTP/1.1 200"), "{}", answer.head);
}
