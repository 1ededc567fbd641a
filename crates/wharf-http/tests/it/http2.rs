//! HTTP/2, frame by frame: what clients may do, and what they should not.

mod answers;
mod ends;
mod hostile;
mod pushes;
mod stalls;

use std::net::SocketAddr;

use bytes::Bytes;
use h2::RecvStream;
use h2::client::{Builder, ResponseFuture, SendRequest};
use http::{HeaderMap, Method, Request};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use wharf_http::{Listener, PortUse, Protocol};

use crate::fixtures::sha256;
use crate::harness::{Setup, Wharf};

/// A connection.
pub(crate) struct Peer {
    requests: SendRequest<Bytes>,
    /// Ends with the connection.
    connection: JoinHandle<Result<(), h2::Error>>,
}

/// An answer, read to its end.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// A server that takes HTTP/2 without TLS, by prior knowledge.
pub(crate) async fn clear(setup: Setup) -> Wharf {
    let address = "127.0.0.1:0".parse().unwrap();
    let listener = Listener::tcp(&address, PortUse::Alone).await.unwrap();
    setup.serve_with(listener, Protocol::Http1OrH2c)
}

fn request(method: Method, path: &str) -> Request<()> {
    Request::builder()
        .method(method)
        .uri(format!("http://wharf.test{path}"))
        .body(())
        .unwrap()
}

pub(crate) fn get(path: &str) -> Request<()> {
    request(Method::GET, path)
}

// === impl Peer ===

impl Peer {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        // As Go's client does.
        let mut builder = Builder::new();
        builder.initial_window_size(4 << 20);
        builder.initial_connection_window_size(1 << 30);
        Self::with(address, &builder).await
    }

    pub(crate) async fn with(address: SocketAddr, builder: &Builder) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap(), builder).await
    }

    async fn over<S>(stream: S, builder: &Builder) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (requests, connection) = builder.handshake(stream).await.unwrap();
        Self {
            requests,
            connection: tokio::spawn(connection),
        }
    }

    /// Sends a request, and gives its answer's future.
    pub(crate) async fn send(&mut self, request: Request<()>, body: &[u8]) -> ResponseFuture {
        self.requests = self.requests.clone().ready().await.unwrap();
        let is_empty = body.is_empty();
        let (response, mut stream) = self.requests.send_request(request, is_empty).unwrap();
        if !is_empty {
            stream
                .send_data(Bytes::copy_from_slice(body), true)
                .unwrap();
        }
        response
    }

    async fn ask(&mut self, request: Request<()>, body: &[u8]) -> Answer {
        Answer::read(self.send(request, body).await).await
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.ask(get(path), b"").await
    }

    /// Pushes a blob; gives its path.
    async fn push(&mut self, bytes: &[u8]) -> String {
        let digest = sha256(bytes);
        let path = format!("/v2/a/blobs/uploads/?digest={digest}");
        let answer = self.ask(request(Method::POST, &path), bytes).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        format!("/v2/a/blobs/{digest}")
    }
}

// === impl Answer ===

impl Answer {
    async fn read(response: ResponseFuture) -> Self {
        let (parts, body) = response.await.unwrap().into_parts();
        // RFC 9113, section 8.2.2.
        for illegal in ["connection", "keep-alive", "transfer-encoding", "upgrade"] {
            assert!(!parts.headers.contains_key(illegal), "{parts:?}");
        }
        Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: read(body).await,
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

async fn read(mut body: RecvStream) -> Vec<u8> {
    let mut read = Vec::new();
    while let Some(bytes) = body.data().await {
        let bytes = bytes.unwrap();
        body.flow_control().release_capacity(bytes.len()).unwrap();
        read.extend_from_slice(&bytes);
    }
    read
}
