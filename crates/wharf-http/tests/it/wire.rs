//! HTTP/1.1 by hand: what a client library would hide is seen.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A request in bytes.
#[derive(Clone)]
pub(crate) struct Request {
    method: &'static str,
    head: String,
    body: Vec<u8>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The status line and the headers, without the empty line.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// A connection.
pub(crate) struct Client<S = TcpStream> {
    pub(crate) stream: S,
    buffer: Vec<u8>,
}

// === impl Request ===

impl Request {
    pub(crate) fn new(method: &'static str, target: &str) -> Self {
        let head = format!("{method} {target} HTTP/1.1\r\nHost: wharf.test\r\n");
        Self {
            method,
            head,
            body: Vec::new(),
        }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub(crate) fn head(target: &str) -> Self {
        Self::new("HEAD", target)
    }

    pub(crate) fn post(target: &str) -> Self {
        Self::new("POST", target).body("")
    }

    pub(crate) fn patch(target: &str) -> Self {
        Self::new("PATCH", target)
    }

    pub(crate) fn put(target: &str) -> Self {
        Self::new("PUT", target)
    }

    pub(crate) fn delete(target: &str) -> Self {
        Self::new("DELETE", target)
    }

    pub(crate) fn header(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.head += &format!("{name}: {value}\r\n");
        self
    }

    /// A body with its length.
    pub(crate) fn body(self, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        if self.head.contains("\r\nContent-Length: ") {
            return Self {
                head: self.head.replace("Content-Length: 0\r\n", ""),
                ..self
            }
            .body(body);
        }
        Self {
            body: body.to_vec(),
            ..self.header("Content-Length", body.len())
        }
    }

    /// A body in two chunks.
    pub(crate) fn chunked(self, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let (front, back) = body.split_at(body.len() / 2);
        let mut framed = Vec::new();
        for chunk in [front, back].into_iter().filter(|chunk| !chunk.is_empty()) {
            framed.extend(
                format!("{:x}\r\n", chunk.len())
                    .bytes()
                    .chain(chunk.iter().copied())
                    .chain(*b"\r\n"),
            );
        }
        framed.extend(b"0\r\n\r\n");
        Self {
            body: framed,
            ..self.header("Transfer-Encoding", "chunked")
        }
    }

    /// The answer has no body, whatever its head says.
    pub(crate) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), b"\r\n", &self.body].concat()
    }
}

// === impl Response ===

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Every value of a header, in order.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers()
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.head.lines().skip(1).filter_map(|line| {
            line.split_once(": ")
                .or(line.strip_suffix(':').map(|name| (name, "")))
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The codes of an error's body.
    pub(crate) fn codes(&self) -> Vec<String> {
        let json = self.json();
        let errors = json["errors"]
            .as_array()
            .unwrap_or_else(|| panic!("no errors: {json}"));
        errors
            .iter()
            .map(|error| error["code"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The path in `Location`.
    pub(crate) fn location(&self) -> String {
        let location = self
            .header("Location")
            .unwrap_or_else(|| panic!("no Location: {self:?}"));
        let path = location
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
        path.unwrap_or(location).to_owned()
    }
}

// === impl Client ===

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) const fn over(stream: S) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
        // Or the end of what a full socket did not take stays in the buffers of TLS.
        self.stream.flush().await.unwrap();
    }

    /// Sends until the server does not want any more of it.
    pub(crate) async fn send_what_it_takes(&mut self, bytes: &[u8]) {
        // The answer is what counts.
        let sending = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        let _ = tokio::time::timeout(PATIENCE, sending).await;
    }

    /// Says that nothing more will come.
    pub(crate) async fn half_close(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    pub(crate) async fn ask(&mut self, request: Request) -> Response {
        self.send(request.bytes()).await;
        if request.is_head() {
            self.head().await
        } else {
            self.response().await
        }
    }

    /// The head of the next answer; its body is still to come, if it has one.
    pub(crate) async fn head(&mut self) -> Response {
        let head = self.any_head().await;
        assert!(head.status < 500, "{}", head.head);
        head
    }

    /// As [`Self::head`], where a status of 500 or more would be right.
    pub(crate) async fn any_head(&mut self) -> Response {
        let end = loop {
            match self
                .buffer
                .windows(4)
                .position(|window| window == b"\r\n\r\n")
            {
                Some(end) => break end,
                None => assert!(
                    self.fill().await > 0,
                    "no answer, but {:?}",
                    String::from_utf8_lossy(&self.buffer)
                ),
            }
        };
        let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
        let head = String::from_utf8(head[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Response {
            status,
            head,
            body: Vec::new(),
        }
    }

    /// The next answer to anything but HEAD.
    pub(crate) async fn response(&mut self) -> Response {
        let mut response = self.head().await;
        assert!(
            response.all("Content-Length").len() <= 1,
            "{}",
            response.head
        );
        assert_eq!(
            response.header("Transfer-Encoding"),
            None,
            "{}",
            response.head
        );
        match response.header("Content-Length") {
            Some(length) => response.body = self.take(length.parse().unwrap()).await,
            None => assert!(
                matches!(response.status, 100 | 204 | 304),
                "{}",
                response.head
            ),
        }
        response
    }

    /// That many bytes.
    pub(crate) async fn take(&mut self, length: usize) -> Vec<u8> {
        while self.buffer.len() < length {
            assert!(
                self.fill().await > 0,
                "the answer broke off: {} of {length}",
                self.buffer.len()
            );
        }
        self.buffer.drain(..length).collect()
    }

    /// How many bytes were read and not looked at.
    pub(crate) const fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Everything until the server closes its side.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.fill().await > 0 {}
        std::mem::take(&mut self.buffer)
    }

    /// The server closes, or has closed, without another word.
    pub(crate) async fn is_closed(&mut self) {
        assert_eq!(String::from_utf8_lossy(&self.rest().await), "");
    }

    /// Reads something; nothing at the end, however the connection ends.
    async fn fill(&mut self) -> usize {
        let reading = self.stream.read_buf(&mut self.buffer);
        tokio::time::timeout(PATIENCE, reading)
            .await
            .unwrap_or_else(|_| panic!("the server says nothing"))
            .unwrap_or(0)
    }
}

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);
