//! A small HTTP client: one connection per request, every header visible.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ::http::{HeaderMap, Method, Request};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;

mod body;

use body::Outgoing;

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A server at an address.
#[derive(Clone, Debug)]
pub struct Http {
    address: String,
}

/// A request that is not yet sent.
#[must_use]
pub struct Call<'a> {
    http: &'a Http,
    request: ::http::request::Builder,
    body: Outgoing,
    line: String,
}

/// A whole response.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, to its end.
    pub body: Bytes,
    line: String,
}

// === impl Http ===

impl Http {
    /// `address` is `host:port`.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
        }
    }

    /// GET a path, or a `Location` on this server.
    pub fn get(&self, target: &str) -> Call<'_> {
        self.call(&Method::GET, target)
    }

    /// HEAD.
    pub fn head(&self, target: &str) -> Call<'_> {
        self.call(&Method::HEAD, target)
    }

    /// POST.
    pub fn post(&self, target: &str) -> Call<'_> {
        self.call(&Method::POST, target)
    }

    /// PUT.
    pub fn put(&self, target: &str) -> Call<'_> {
        self.call(&Method::PUT, target)
    }

    /// PATCH.
    pub fn patch(&self, target: &str) -> Call<'_> {
        self.call(&Method::PATCH, target)
    }

    /// DELETE.
    pub fn delete(&self, target: &str) -> Call<'_> {
        self.call(&Method::DELETE, target)
    }

    /// A PATCH that promises `promised` bytes, sends `sent`, and goes away once the server has
    /// had the time to take them.
    ///
    /// # Panics
    /// When the server cannot be reached.
    pub fn interrupted_patch(&self, target: &str, promised: usize, sent: &[u8]) {
        let target = path_of(target);
        let mut stream = TcpStream::connect(&self.address).expect("connect");
        write!(
            stream,
            "PATCH {target} HTTP/1.1\r\nHost: {}\r\nContent-Length: {promised}\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            self.address
        )
        .expect("send a head");
        stream.write_all(sent).expect("send a part of a body");
        // Half-closed, so that the server sees the end of the body at once; it then answers or
        // closes, and either tells that it is done with what it got.
        _ = stream.shutdown(std::net::Shutdown::Write);
        _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
        _ = stream.read(&mut [0_u8; 1024]);
    }

    /// Any method.
    pub fn call(&self, method: &Method, target: &str) -> Call<'_> {
        let path = path_of(target);
        Call {
            http: self,
            request: Request::builder()
                .method(method)
                .uri(path)
                .header("host", &self.address),
            body: Outgoing::sized(Bytes::new()),
            line: format!("{method} {path}"),
        }
    }
}

// === impl Call ===

impl Call<'_> {
    /// One header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// A body whose length is announced.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Outgoing::sized(body.into());
        self
    }

    /// A body of unknown length (`Transfer-Encoding: chunked`).
    pub fn streamed(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Outgoing::streamed(body.into());
        self
    }

    /// Sends it; the status has to be this one.
    ///
    /// # Panics
    /// When it is another one.
    pub fn expect(self, status: u16) -> Answer {
        let answer = self.send();
        assert_eq!(answer.status, status, "{answer:#?}");
        answer
    }

    /// Sends it.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn send(self) -> Answer {
        let line = self.line.clone();
        self.try_send()
            .unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// Sends it.
    ///
    /// # Errors
    /// When there is no answer: the server is gone or says nothing for a minute.
    pub fn try_send(self) -> Result<Answer, String> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(async {
                tokio::time::timeout(TIME_LIMIT, self.exchange())
                    .await
                    .map_err(|_| "no answer in time".to_owned())?
                    .map_err(|error| error.to_string())
            })
    }

    async fn exchange(self) -> Result<Answer, Box<dyn std::error::Error>> {
        let stream = tokio::net::TcpStream::connect(&self.http.address).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let request = self.request.body(self.body)?;
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        connection.abort();
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            line: self.line,
        })
    }
}

// === impl Answer ===

impl Answer {
    /// A header that has to be there.
    ///
    /// # Panics
    /// When it is not.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_else(|| panic!("no header {name} in {self:#?}"))
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}) in the answer to {}", self.line))
    }
}

/// `Location` may be absolute or relative; requests need the path and the query.
fn path_of(target: &str) -> &str {
    target.split_once("://").map_or(target, |(_, rest)| {
        rest.find('/').map_or("/", |start| &rest[start..])
    })
}
