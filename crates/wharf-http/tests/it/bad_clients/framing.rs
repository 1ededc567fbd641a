//! Where a body ends, when the client is not clear about it (RFC 9112, section 6).

use crate::fixtures::sha256;
use crate::harness::Wharf;
use crate::wire::Request;

#[tokio::test]
async fn what_came_before_a_broken_chunk_is_kept() {
    let wharf = Wharf::start().await;
    for garbage in [
        "xyz\r\n",
        "-1\r\n",
        "3",
        "3\r\nabcdef\r\n",
        "ffffffffffffffffffff\r\n",
        "3;\u{0}\r\n",
        "\r\n\r\n",
        "0\r\nbroken trailer\r\n\r\n",
    ] {
        let upload = wharf.start_upload("a").await;
        let mut client = wharf.connect().await;
        let request = Request::patch(&upload).header("Transfer-Encoding", "chunked");
        client
            .send([&request.bytes(), &b"4\r\nkept\r\n"[..], garbage.as_bytes()].concat())
            .await;
        client.half_close().await;
        assert_eq!(client.response().await.status, 400, "{garbage:?}");
        client.is_closed().await;
        let status = wharf.ask(Request::get(&upload)).await;
        let kept = status.header("Range").unwrap().to_owned();
        assert!(
            ["0-3", "0-6"].contains(&kept.as_str()),
            "{garbage:?}: {kept}"
        );
    }
    wharf.is_well().await;
}

#[tokio::test]
async fn chunks_of_any_size_with_extensions_and_trailers_are_read() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let mut client = wharf.connect().await;
    let end = Request::put(&format!(
        "{upload}?digest={}",
        sha256("0123456789abcdefABC")
    ));
    client
        .send(
            end.header("Transfer-Encoding", "chunked")
                .header("Trailer", "X")
                .bytes(),
        )
        .await;
    client
        .send("10;name=value\r\n0123456789abcdef\r\n0001\r\nA\r\n2\r\nBC\r\n0\r\nX: y\r\n\r\n")
        .await;
    assert_eq!(client.response().await.status, 201);
    assert_eq!(client.ask(Request::get("/v2/")).await.status, 200);
}

#[tokio::test]
async fn ten_thousand_tiny_chunks_are_read() {
    let wharf = Wharf::start().await;
    let mut client = wharf.connect().await;
    let digest = sha256("x".repeat(10_000));
    let request = Request::new("POST", &format!("/v2/a/blobs/uploads/?digest={digest}"));
    client
        .send(request.header("Transfer-Encoding", "chunked").bytes())
        .await;
    client.send("1\r\nx\r\n".repeat(10_000) + "0\r\n\r\n").await;
    assert_eq!(client.response().await.status, 201);
}

#[tokio::test]
async fn lengths_that_are_none_are_refused() {
    let wharf = Wharf::start().await;
    for length in [
        "x",
        "-1",
        "+3",
        "3.0",
        "0x3",
        "",
        "3 3",
        "3, 4",
        "99999999999999999999",
    ] {
        let upload = wharf.start_upload("a").await;
        let mut client = wharf.connect().await;
        client
            .send(
                [
                    Request::patch(&upload)
                        .header("Content-Length", length)
                        .bytes(),
                    b"abc".to_vec(),
                ]
                .concat(),
            )
            .await;
        assert_eq!(client.response().await.status, 400, "{length:?}");
        client.is_closed().await;
        wharf.upload_reaches(&upload, 0).await;
    }
    let mut client = wharf.connect().await;
    let request = Request::patch("/v2/a/blobs/uploads/x")
        .header("Content-Length", 3)
        .header("Content-Length", 4);
    client
        .send([request.bytes(), b"abcd".to_vec()].concat())
        .await;
    assert_eq!(client.response().await.status, 400);
    client.is_closed().await;
}

/// RFC 9112, section 6.1: such a request is refused, or answered and the connection closed,
/// since a proxy may have read it otherwise.
#[tokio::test]
async fn a_body_with_two_lengths_is_the_last_on_its_connection() {
    let wharf = Wharf::start().await;
    for lengths in [
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: 5"],
    ] {
        let upload = wharf.start_upload("a").await;
        let mut client = wharf.connect().await;
        let head = format!(
            "PATCH {upload} HTTP/1.1\r\nHost: a\r\n{}\r\n\r\n",
            lengths.join("\r\n")
        );
        client
            .send(head + "0\r\n\r\nGET /v2/smuggled/tags/list HTTP/1.1\r\nHost: a\r\n\r\n")
            .await;
        let first = client.response().await;
        assert!(matches!(first.status, 202 | 400), "{}", first.show());
        client.is_closed().await;
    }
}

/// RFC 9112, section 6.1: a coding that is not undone must not be taken for content.
#[tokio::test]
async fn other_codings_are_refused() {
    let wharf = Wharf::start().await;
    for coding in ["gzip", "identity", "chunked, gzip", "xchunked"] {
        let mut client = wharf.connect().await;
        let request = Request::patch("/v2/a/blobs/uploads/x").header("Transfer-Encoding", coding);
        client
            .send([request.bytes(), b"0\r\n\r\n".to_vec()].concat())
            .await;
        assert_eq!(client.response().await.status, 400, "{coding}");
        client.is_closed().await;
    }
}

#[tokio::test]
async fn a_coding_under_the_chunks_is_not_stored() {
    let wharf = Wharf::start().await;
    let upload = wharf.start_upload("a").await;
    let mut client = wharf.connect().await;
    let request = Request::patch(&upload).header("Transfer-Encoding", "gzip, chunked");
    client
        .send([request.bytes(), b"4\r\nzzzz\r\n0\r\n\r\n".to_vec()].concat())
        .await;
    let status = client.any_head().await.status;
    assert!(matches!(status, 400 | 501), "{status}");
    wharf.upload_reaches(&upload, 0).await;
}
