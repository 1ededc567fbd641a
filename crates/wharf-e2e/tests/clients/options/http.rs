//! `http` and `wharfinger.shareport`

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::net::TcpSocket;

use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("http.addr", json!("{debug}"), |look| {
            look.debug().get("/v2/").try_send().is_ok()
        }),
        case("http.net", json!("unix"), |look| {
            UnixStream::connect(look.directory().join("socket")).is_ok()
        })
        .with("http.addr", json!("{scratch}/socket"))
        .needed("http.addr: "),
        case("http.host", json!("https://images.test"), |look| {
            look.upload().starts_with("https://images.test/v2/")
        }),
        case("http.prefix", json!("/x/"), |look| {
            look.status("/x/v2/") == 200
        }),
        case("http.relativeurls", json!(true), |look| {
            look.upload().starts_with('/')
        }),
        case("http.draintimeout", json!("100ms"), is_cut_off),
        case("http.headers", json!({"X-Seen": ["yes"]}), |look| {
            look.http()
                .head("/v2/")
                .send()
                .headers
                .contains_key("x-seen")
        }),
        case("http.debug.addr", json!("{debug}"), |look| {
            look.debug().get("/debug/health").try_send().is_ok()
        }),
        case("http.debug.prometheus.enabled", json!(true), |look| {
            look.debug().get("/metrics").send().status == 200
        })
        .with("http.debug.addr", json!("{debug}")),
        case("http.debug.prometheus.path", json!("/numbers"), |look| {
            look.debug().get("/numbers").send().status == 200
        })
        .with(
            "http.debug",
            json!({"addr": "{debug}", "prometheus": {"enabled": true}}),
        ),
        case("http.http2.disabled", json!(true), |look| {
            look.curl("https", "--http2").ok().text() == "1.1"
        })
        .with(
            "http.tls",
            json!({"certificate": "{certificate}", "key": "{key}"}),
        ),
        case("http.h2c.enabled", json!(true), |look| {
            look.curl("http", "--http2-prior-knowledge").succeeds()
        }),
        case("wharfinger.shareport", json!(true), |look| {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_reuseport(true).unwrap();
            socket.bind(look.host().parse().unwrap()).is_ok()
        }),
    ]
}

/// Whether a request that hangs does not hang for long once the server is told to stop.
fn is_cut_off(look: &Look<'_>) -> bool {
    let location = look.upload();
    let path = location.trim_start_matches("http://");
    let path = path.trim_start_matches(look.host());
    let mut stream = TcpStream::connect(look.host()).unwrap();
    write!(
        stream,
        "PATCH {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: 9\r\n\
         Content-Type: application/octet-stream\r\nExpect: 100-continue\r\n\r\n",
        look.host()
    )
    .unwrap();
    // It asks for the body: the request is under way.
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100");
    let pid = Pid::from_raw(look.pid().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    look.comes(|| look.logs("the drain time is over"))
}
