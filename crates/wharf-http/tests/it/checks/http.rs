//! Checks by HEAD requests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wharf_http::{HttpProbe, Probe};

use super::{check, failure, running, until};

/// A server that answers every connection's first request alike.
#[derive(Clone)]
struct Neighbour {
    address: SocketAddr,
    answer: Arc<Mutex<&'static str>>,
    heard: Arc<Mutex<String>>,
}

const WELL: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
const ILL: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
const SILENT: &str = "";

// === impl Neighbour ===

impl Neighbour {
    async fn start(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let neighbour = Self {
            address: listener.local_addr().unwrap(),
            answer: Arc::new(Mutex::new(answer)),
            heard: Arc::default(),
        };
        let serving = neighbour.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    if stream.read_buf(&mut request).await.unwrap() == 0 {
                        break;
                    }
                }
                *serving.heard.lock().unwrap() = String::from_utf8(request).unwrap();
                let answer = *serving.answer.lock().unwrap();
                if answer == SILENT {
                    tokio::spawn(async move {
                        let _ = stream.read_u8().await;
                    });
                } else {
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        });
        neighbour
    }

    fn answers(&self, answer: &'static str) {
        *self.answer.lock().unwrap() = answer;
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }

    fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

async fn until_heard(neighbour: &Neighbour) {
    for _ in 0..2000 {
        if !neighbour.heard().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("nobody asked");
}

#[tokio::test]
async fn a_status_that_is_not_the_expected_one_is_a_failure() {
    let neighbour = Neighbour::start(WELL).await;
    let uri = neighbour.uri("/healthz?full");
    let health = running(vec![check(Probe::Http(HttpProbe {
        headers: vec![
            ("X-Probe".to_owned(), "one".to_owned()),
            ("X-Probe".to_owned(), "two".to_owned()),
        ],
        ..HttpProbe::new(&uri)
    }))]);
    until_heard(&neighbour).await;
    let heard = neighbour.heard();
    assert!(
        heard.starts_with("HEAD /healthz?full HTTP/1.1\r\n"),
        "{heard}"
    );
    for line in ["x-probe: one\r\n", "x-probe: two\r\n"] {
        assert!(heard.contains(line), "{heard}");
    }
    assert!(health.is_healthy());

    neighbour.answers(ILL);
    until(&health, false).await;
    assert_eq!(
        failure(&health),
        (uri, "the answer was 503, not 200".to_owned())
    );
    neighbour.answers(WELL);
    until(&health, true).await;
}

#[tokio::test]
async fn any_status_can_be_the_expected_one() {
    let neighbour = Neighbour::start(ILL).await;
    let health = running(vec![check(Probe::Http(HttpProbe {
        status: 503,
        ..HttpProbe::new(neighbour.uri("/"))
    }))]);
    until_heard(&neighbour).await;
    assert!(health.is_healthy());
    neighbour.answers(WELL);
    until(&health, false).await;
}

#[tokio::test]
async fn silence_is_a_failure_after_the_timeout() {
    let neighbour = Neighbour::start(SILENT).await;
    let health = running(vec![check(Probe::Http(HttpProbe {
        timeout: Some(Duration::from_millis(50)),
        ..HttpProbe::new(neighbour.uri("/"))
    }))]);
    until(&health, false).await;
    let (_, why) = failure(&health);
    assert!(why.contains("timed out"), "{why}");
}

#[tokio::test]
async fn nobody_there_is_a_failure_and_a_password_is_not_shown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let uri = format!("http://user:secret@{address}/");
    let health = running(vec![check(Probe::Http(HttpProbe::new(uri)))]);
    until(&health, false).await;
    let (name, why) = failure(&health);
    assert_eq!(name, format!("http://user:xxxxx@{address}/"));
    assert!(why.contains("refused") && !why.contains("secret"), "{why}");
}

#[tokio::test]
async fn https_to_one_who_speaks_no_tls_is_a_failure() {
    let neighbour = Neighbour::start(WELL).await;
    let uri = neighbour.uri("/").replace("http:", "https:");
    let health = running(vec![check(Probe::Http(HttpProbe {
        timeout: Some(Duration::from_millis(300)),
        ..HttpProbe::new(uri)
    }))]);
    until(&health, false).await;
}
