//! The load generator against servers that answer as they should, and as they should not.
#![expect(
    clippy::unwrap_used,
    reason = "a server of a test that does not start fails the test"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::Result;
use wharf_bench::http::head::Head;
use wharf_bench::http::load::{Counted, Ending, Script, Span, run};
use wharf_bench::http::request::{Host, Request};

/// Answers every request with these bytes, `per_connection` times, and then closes.
fn server(answer: &'static str, per_connection: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(&stream, answer, per_connection));
        }
    });
    address
}

fn serve(stream: &TcpStream, answer: &str, per_connection: usize) {
    let mut lines = BufReader::new(stream).lines();
    for _ in 0..per_connection {
        // A head ends with an empty line.
        while lines
            .next()
            .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
        {}
        let mut stream = stream;
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// So many times the same.
struct Times(usize, Request);

impl Script for Times {
    fn next(&mut self, _last: Option<&Head>) -> Result<Option<Request>> {
        if self.0 == 0 {
            return Ok(None);
        }
        self.0 -= 1;
        Ok(Some(self.1.clone()))
    }
}

/// Three connections with ten requests each.
fn load(address: SocketAddr, length: u64) -> Result<Counted> {
    let request = Host::new("test").get("/v2/", "", Some(length));
    let scripts = (0..3)
        .map(|_| Box::new(Times(10, request.clone())) as Box<dyn Script>)
        .collect();
    let span = Span {
        warm_up: Duration::ZERO,
        counted: Duration::from_secs(60),
        ending: Ending::Complete,
    };
    run(address, scripts, span, || Ok(())).map(|(counted, _)| counted)
}

const FIVE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

#[test]
fn operations_and_bytes_are_counted() {
    let counted = load(server(FIVE, usize::MAX), 5).unwrap();
    assert_eq!(counted.operations, 30);
    assert_eq!(counted.received, 150);
    assert_eq!(counted.latencies.len(), 30);
}

#[test]
fn a_server_may_close_between_requests() {
    let counted = load(server(FIVE, 3), 5).unwrap();
    assert_eq!(counted.operations, 30);
    let closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
    assert_eq!(load(server(closing, 1), 5).unwrap().operations, 30);
    let until_close = "HTTP/1.1 200 OK\r\n\r\nhello";
    assert_eq!(load(server(until_close, 1), 5).unwrap().operations, 30);
}

#[test]
fn wrong_answers_have_no_rate() {
    let longer = load(server(FIVE, usize::MAX), 4).unwrap_err();
    assert!(
        format!("{longer:#}").contains("Some(5) bytes, not Some(4)"),
        "{longer:#}"
    );
    let missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello";
    let missing = load(server(missing, usize::MAX), 5).unwrap_err();
    assert!(
        format!("{missing:#}").contains("GET /v2/ HTTP/1.1: status 404"),
        "{missing:#}"
    );
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel";
    let cut = load(server(cut, 1), 5).unwrap_err();
    assert!(
        format!("{cut:#}").contains("ended after 3 bytes"),
        "{cut:#}"
    );
    let twice = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhellohello";
    let twice = load(server(twice, usize::MAX), 5).unwrap_err();
    assert!(
        format!("{twice:#}").contains("5 bytes behind the answer"),
        "{twice:#}"
    );
}

#[test]
fn a_server_that_never_answers_is_no_endless_loop() {
    let silent = load(server("", 1), 5).unwrap_err();
    assert!(
        format!("{silent:#}").contains("without an answer"),
        "{silent:#}"
    );
}
