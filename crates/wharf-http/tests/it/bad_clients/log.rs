//! The access log: one line per request, whatever is in it.

use insta::assert_snapshot;
use wharf_http::AccessLog;

use crate::fixtures::LAYER;
use crate::harness::{Lines, Setup, Wharf};
use crate::wire::Request;

/// A server whose log is kept.
struct Logged {
    wharf: Wharf,
    log: AccessLog,
    lines: Lines,
}

// === impl Logged ===

impl Logged {
    async fn start() -> Self {
        let (log, lines) = Lines::log();
        let mut setup = Setup::memory();
        setup.settings.access_log = Some(log.clone());
        Self {
            wharf: setup.start().await,
            log,
            lines,
        }
    }

    /// The lines of that many requests, without their times.
    async fn lines(self, count: usize) -> String {
        // A line is written when the body is done with, shortly after the client has it.
        for _ in 0..500 {
            if self.lines.text().lines().count() >= count {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        tokio::task::spawn_blocking(move || self.log.close())
            .await
            .unwrap();
        let text = self.lines.text();
        assert!(
            text.ends_with('\n') && text.lines().count() == count,
            "{text}"
        );
        let timeless = |line: &str| {
            let (front, rest) = line.split_once('[').unwrap();
            let (time, back) = rest.split_once(']').unwrap();
            // 21/Nov/2026:03:43:35 +0000
            assert!(time.len() == 26 && time.as_bytes()[20] == b' ', "{time}");
            format!("{front}[time]{back}")
        };
        text.lines().map(timeless).collect::<Vec<_>>().join("\n")
    }
}

#[tokio::test]
async fn every_request_has_its_line() {
    let logged = Logged::start().await;
    let digest = logged.wharf.push_blob("a", LAYER).await;
    let path = format!("/v2/a/blobs/{digest}");
    for request in [
        Request::get("/v2/")
            .header("User-Agent", "docker/27.0 go/1.22")
            .header("Referer", "http://a.test/"),
        Request::get(&path),
        Request::head(&path),
        Request::get(&path).header("Range", "bytes=0-1"),
        Request::get(&path).header("If-None-Match", "*"),
        Request::get("/v2/a/tags/list?n=1&last=x"),
        Request::new("BREW", "/nowhere"),
    ] {
        logged.wharf.ask(request).await;
    }
    let text = logged.lines(8).await.replace(&digest.hex(), "<hex>");
    assert_snapshot!(text, @r#"
    127.0.0.1 - - [time] "POST /v2/a/blobs/uploads/?digest=sha256:<hex> HTTP/1.1" 201 0 "" ""
    127.0.0.1 - - [time] "GET /v2/ HTTP/1.1" 200 2 "http://a.test/" "docker/27.0 go/1.22"
    127.0.0.1 - - [time] "GET /v2/a/blobs/sha256:<hex> HTTP/1.1" 200 7 "" ""
    127.0.0.1 - - [time] "HEAD /v2/a/blobs/sha256:<hex> HTTP/1.1" 200 0 "" ""
    127.0.0.1 - - [time] "GET /v2/a/blobs/sha256:<hex> HTTP/1.1" 206 2 "" ""
    127.0.0.1 - - [time] "GET /v2/a/blobs/sha256:<hex> HTTP/1.1" 304 0 "" ""
    127.0.0.1 - - [time] "GET /v2/a/tags/list?n=1&last=x HTTP/1.1" 404 96 "" ""
    127.0.0.1 - - [time] "BREW /nowhere HTTP/1.1" 404 19 "" ""
    "#);
}

#[tokio::test]
async fn no_request_writes_more_than_its_line() {
    let logged = Logged::start().await;
    for path in [
        "/v2/a%0d%0ab/tags/list",
        "/%22%20200%201",
        "/a\"b",
        "/a\\b",
        "/a|b{c}",
        "/caf%C3%A9",
        "/a'b`c<",
    ] {
        logged.wharf.ask(Request::get(path)).await;
    }
    for agent in [
        "a\"b",
        "a\\",
        "tab\there",
        "x\" 200 0 \"-\" \"y",
        "caf\u{e9}",
        "\u{85}",
    ] {
        logged
            .wharf
            .ask(
                Request::get("/v2/")
                    .header("User-Agent", agent)
                    .header("Referer", agent),
            )
            .await;
    }
    let mut client = logged.wharf.connect().await;
    client
        .send(&b"GET /v2/ HTTP/1.1\r\nHost: a\r\nUser-Agent: \xff\x9b31m\r\n\r\n"[..])
        .await;
    client.response().await;
    let text = logged.lines(13).await;
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "{text:?}"
    );
    assert_snapshot!(text, @r#"
    127.0.0.1 - - [time] "GET /v2/a%0d%0ab/tags/list HTTP/1.1" 400 184 "" ""
    127.0.0.1 - - [time] "GET /%22%20200%201 HTTP/1.1" 404 19 "" ""
    127.0.0.1 - - [time] "GET /a\"b HTTP/1.1" 404 19 "" ""
    127.0.0.1 - - [time] "GET /a\\b HTTP/1.1" 404 19 "" ""
    127.0.0.1 - - [time] "GET /a|b{c} HTTP/1.1" 404 19 "" ""
    127.0.0.1 - - [time] "GET /caf%C3%A9 HTTP/1.1" 404 19 "" ""
    127.0.0.1 - - [time] "GET /v2/ HTTP/1.1" 200 2 "a\"b" "a\"b"
    127.0.0.1 - - [time] "GET /v2/ HTTP/1.1" 200 2 "a\\" "a\\"
    127.0.0.1 - - [time] "GET /v2/ HTTP/1.1" 200 2 "tab\there" "tab\there"
    127.0.0.1 - - [time] "GET /v2/ HTTP/1.1" 200 2 "x\" 200 0 \"-\" \"y" "x\" 200 0 \"-\" \"y"
    127.0.0.1 - - [time] "GET /v2/ HTTP/1.1" 200 2 "café" "café"
    127.0.0.1 - - [time] "GET /v2/ HTTP/1.1" 200 2 "\u0085" "\u0085"
    127.0.0.1 - - [time] "GET /v2/ HTTP/1.1" 200 2 "" "\xff\x9b31m"
    "#);
}

/// As Go's `strconv.IsPrint` decides for distribution: whoever looks at the log in a
/// terminal must see it in its order.
#[tokio::test]
async fn what_is_not_seen_is_escaped() {
    let logged = Logged::start().await;
    logged
        .wharf
        .ask(Request::get("/v2/").header("User-Agent", "\u{202e}\u{2028}\u{feff}"))
        .await;
    let text = logged.lines(1).await;
    assert!(text.is_ascii(), "{text:?}");
}

/// As in distribution: what anybody can write into a header is for the other log.
#[tokio::test]
async fn the_client_is_who_has_the_connection() {
    let logged = Logged::start().await;
    for (name, value) in [
        ("X-Forwarded-For", "192.0.2.1"),
        ("X-Real-IP", "192.0.2.3"),
        ("Forwarded", "for=192.0.2.4"),
    ] {
        logged
            .wharf
            .ask(Request::get("/v2/").header(name, value))
            .await;
    }
    for line in logged.lines(3).await.lines() {
        assert!(line.starts_with("127.0.0.1 - - [time] "), "{line}");
    }
}

/// distribution logs what the client wrote, and so do we.
#[tokio::test]
async fn the_target_is_what_the_client_wrote() {
    let logged = Logged::start().await;
    for target in [
        "http://wharf.test/v2/?a=%62",
        "/v2?x",
        "/v2/a/../b/tags/list",
    ] {
        logged.wharf.ask(Request::get(target)).await;
    }
    let mut client = logged.wharf.connect().await;
    client.send("GET /v2/ HTTP/1.0\r\n\r\n").await;
    client.response().await;
    assert_snapshot!(logged.lines(4).await, @r#"
    127.0.0.1 - - [time] "GET http://wharf.test/v2/?a=%62 HTTP/1.1" 200 2 "" ""
    127.0.0.1 - - [time] "GET /v2?x HTTP/1.1" 301 0 "" ""
    127.0.0.1 - - [time] "GET /v2/a/../b/tags/list HTTP/1.1" 301 0 "" ""
    127.0.0.1 - - [time] "GET /v2/ HTTP/1.0" 200 2 "" ""
    "#);
}

#[tokio::test]
async fn what_breaks_off_has_its_line_too() {
    let logged = Logged::start().await;
    let content = vec![0; 32 << 20];
    let path = format!(
        "/v2/a/blobs/{}",
        logged.wharf.push_blob("a", &content).await
    );
    let mut client = logged.wharf.connect().await;
    client.send(Request::get(&path).bytes()).await;
    client.take(1000).await;
    drop(client);

    let upload = logged.wharf.start_upload("a").await;
    let mut client = logged.wharf.connect().await;
    client
        .send(Request::patch(&upload).header("Content-Length", 9).bytes())
        .await;
    client.send("half").await;
    drop(client);
    logged.wharf.upload_reaches(&upload, 4).await;

    let text = logged.lines(5).await;
    assert!(
        text.contains(&format!("\"GET {path} HTTP/1.1\" 200 ")),
        "{text}"
    );
    assert!(
        text.contains(&format!("\"PATCH {upload} HTTP/1.1\" 400 ")),
        "{text}"
    );
}

/// A slow reader of the log holds back 8192 lines: so none may be long.
#[tokio::test]
async fn lines_are_short_whatever_is_sent() {
    let logged = Logged::start().await;
    let long = "\u{e9}".repeat(50_000);
    let request = Request::get(&format!("/{}", "a".repeat(60_000))).header("User-Agent", &long);
    logged.wharf.ask(request.header("Referer", &long)).await;
    let text = logged.lines(1).await;
    assert!(text.len() < 20_000, "a line of {} bytes", text.len());
}
