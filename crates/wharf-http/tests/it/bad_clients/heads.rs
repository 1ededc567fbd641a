//! Heads that are too long, or no heads.

use crate::fixtures::sha256;
use crate::harness::Wharf;
use crate::wire::Client;

/// Sends as much of it as the server takes; the status of the answer, after which the
/// connection is closed and the server well.
async fn last_status(wharf: &Wharf, bytes: &[u8]) -> u16 {
    let mut client = wharf.connect().await;
    client.send_what_it_takes(bytes).await;
    let status = client.head().await.status;
    client.rest().await;
    wharf.is_well().await;
    status
}

#[tokio::test]
async fn floods_of_headers_are_refused() {
    let wharf = Wharf::start().await;
    let many: String = (0..101).map(|at| format!("X-{at}: y\r\n")).collect();
    let long = format!("X: {}\r\n", "y".repeat(1 << 20));
    let endless = "y".repeat(1 << 20);
    for flood in [&many, &long, &endless] {
        let request = format!("GET /v2/ HTTP/1.1\r\nHost: a\r\n{flood}\r\n");
        assert_eq!(last_status(&wharf, request.as_bytes()).await, 431);
    }
    let fits: String = (0..90)
        .map(|at| format!("X-{at}: {}\r\n", "y".repeat(100)))
        .collect();
    let mut client = wharf.connect().await;
    client
        .send(format!("GET /v2/ HTTP/1.1\r\nHost: a\r\n{fits}\r\n"))
        .await;
    assert_eq!(client.response().await.status, 200);
}

#[tokio::test]
async fn a_long_request_line_is_refused() {
    let wharf = Wharf::start().await;
    let path = "a".repeat(100 << 10);
    for request in [
        format!("GET /v2/{path}/tags/list HTTP/1.1\r\nHost: a\r\n\r\n"),
        format!("GET /v2/_catalog?last={path} HTTP/1.1\r\nHost: a\r\n\r\n"),
    ] {
        assert_eq!(last_status(&wharf, request.as_bytes()).await, 414);
    }
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let wharf = Wharf::start().await;
    for bytes in [
        &b"hello\r\n\r\n"[..],
        b"GET /v2/\r\n\r\n",
        b"GET  /v2/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v2/ HTTP/1.1 \r\nHost: a\r\n\r\n",
        b"GET /v2/ HTTP/3.0\r\nHost: a\r\n\r\n",
        b"G\xffT /v2/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\nHost a\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\nHost: a\r\nX\0: y\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
        b"GET /v2/\0 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v2/\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v2/a\tb HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v2/\x7f HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v2/\xff/tags/list HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\0\0\0\0",
    ] {
        assert_eq!(
            last_status(&wharf, bytes).await,
            400,
            "{:?}",
            String::from_utf8_lossy(bytes)
        );
    }
}

/// Docker, containerd and others try TLS first, and know by an answer that starts like this
/// that they may fall back.
#[tokio::test]
async fn a_client_that_begins_with_tls_is_answered_in_http() {
    let wharf = Wharf::start().await;
    let hello = [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        &[7; 506],
    ]
    .concat();
    let mut client = wharf.connect().await;
    client.send(hello).await;
    assert!(
        client
            .rest()
            .await
            .starts_with(b"HTTP/1.1 400 Bad Request\r\n")
    );
}

#[tokio::test]
async fn http_2_ends_the_connection() {
    let wharf = Wharf::start().await;
    let mut client = wharf.connect().await;
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    client.rest().await;
    wharf.is_well().await;
}

async fn raw(wharf: &Wharf, request: &str) -> (Client, u16) {
    let mut client = wharf.connect().await;
    client.send(request).await;
    let status = client.response().await.status;
    (client, status)
}

#[tokio::test]
async fn http_1_0_is_spoken() {
    let wharf = Wharf::start().await;
    let (mut client, status) = raw(&wharf, "GET /v2/ HTTP/1.0\r\n\r\n").await;
    assert_eq!(status, 200);
    client.is_closed().await;

    let request = "GET /v2/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    let (mut client, status) = raw(&wharf, request).await;
    assert_eq!(status, 200);
    client.send(request).await;
    assert_eq!(
        client.response().await.header("Connection"),
        Some("keep-alive")
    );

    let post = format!(
        "POST /v2/a/blobs/uploads/?digest={} HTTP/1.0\r\nContent-Length: 1\r\n\r\na",
        sha256("a")
    );
    assert_eq!(raw(&wharf, &post).await.1, 201);
    let chunked =
        "POST /v2/a/blobs/uploads/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(raw(&wharf, chunked).await.1, 400);
}

/// RFC 9112, section 3.2: 400 MUST be the answer.
#[tokio::test]
async fn a_request_without_exactly_one_host_is_refused() {
    let wharf = Wharf::start().await;
    for hosts in [
        "",
        "Host: a\r\nHost: b\r\n",
        "Host: a\r\nHost: a\r\n",
        "Host: a b\r\n",
        "Host: a/b\r\n",
        "Host: a\"b\r\n",
        "Host: u@a\r\n",
    ] {
        let status = raw(&wharf, &format!("GET /v2/ HTTP/1.1\r\n{hosts}\r\n"))
            .await
            .1;
        assert_eq!(status, 400, "{hosts:?}");
    }
}

/// RFC 9112, section 3.2.2: proxies send the whole URL, whose host counts.
#[tokio::test]
async fn a_whole_url_is_a_target_too() {
    let wharf = Wharf::start().await;
    let mut client = wharf.connect().await;
    client.send("POST http://real.test:81/v2/a/blobs/uploads/ HTTP/1.1\r\nHost: other.test\r\nContent-Length: 0\r\n\r\n").await;
    let response = client.response().await;
    assert_eq!(response.status, 202);
    let location = response.header("Location").unwrap();
    assert!(
        location.starts_with("http://real.test:81/v2/a/blobs/uploads/"),
        "{location}"
    );
}

#[tokio::test]
async fn targets_that_are_no_path_lead_nowhere() {
    let wharf = Wharf::start().await;
    for target in ["OPTIONS *", "CONNECT a:1", "GET v2", "GET a:1"] {
        let status = raw(&wharf, &format!("{target} HTTP/1.1\r\nHost: a\r\n\r\n"))
            .await
            .1;
        assert!(matches!(status, 400 | 404), "{target}: {status}");
        wharf.is_well().await;
    }
}

#[tokio::test]
async fn headers_that_are_no_text_are_as_good_as_absent() {
    let wharf = Wharf::start().await;
    let names = [
        "Range",
        "If-None-Match",
        "If-Range",
        "Accept",
        "Content-Type",
        "Content-Range",
        "Forwarded",
        "X-Forwarded-For",
        "User-Agent",
        "Referer",
        "Expect",
    ];
    let blob = wharf.push_blob("a", "a").await;
    for name in names {
        for target in [format!("/v2/a/blobs/{blob}"), "/v2/".to_owned()] {
            let mut client = wharf.connect().await;
            let head = format!("GET {target} HTTP/1.1\r\nHost: a\r\n{name}: ");
            client
                .send([head.as_bytes(), b"\xff\xfe\r\n\r\n"].concat())
                .await;
            let status = client.response().await.status;
            assert!(matches!(status, 200 | 400 | 417), "{name} {status}");
        }
    }
}
