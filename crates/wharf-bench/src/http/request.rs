//! A request as bytes that are ready to be sent, and what its answer has to be.

use anyhow::{Result, bail};
use bytes::Bytes;

use super::head::Head;
use super::response::Asked;

/// Which part of an operation a request is. An operation is what a workload counts, and whose
/// latency it measures: a request, or all the requests that push an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The whole of it.
    Whole,
    /// Its first request.
    First,
    /// Neither its first nor its last.
    Middle,
    /// Its last request.
    Last,
}

/// What every answer is checked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The status.
    pub status: u16,
    /// The length of the body (of a `HEAD`: `Content-Length`), where it is known beforehand.
    pub length: Option<u64>,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The head, then the body in any number of pieces.
    pub pieces: [Bytes; 3],
    /// What follows the head of the answer.
    pub asked: Asked,
    /// What the answer has to be.
    pub expected: Expected,
    /// Its place in the operation.
    pub part: Part,
}

/// Makes requests to one host.
#[derive(Clone, Debug)]
pub struct Host {
    address: String,
    /// Fields that every request has, each with its CRLF.
    fields: String,
}

// === impl Host ===

impl Host {
    /// `address` is what stands in `Host`.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            fields: String::new(),
        }
    }

    /// The same host, and every request to it with that field, which ends in CRLF.
    #[must_use]
    pub fn with(mut self, field: &str) -> Self {
        self.fields.push_str(field);
        self
    }

    /// `GET`, with fields that end in CRLF each.
    #[must_use]
    pub fn get(&self, path: &str, fields: &str, length: Option<u64>) -> Request {
        let status = if fields.contains("Range:") { 206 } else { 200 };
        self.request("GET", path, fields, Expected { status, length })
    }

    /// `HEAD`.
    #[must_use]
    pub fn head(&self, path: &str, fields: &str, length: Option<u64>) -> Request {
        let expected = Expected {
            status: 200,
            length,
        };
        let mut request = self.request("HEAD", path, fields, expected);
        request.asked = Asked::Head;
        request
    }

    /// Any method without a body.
    #[must_use]
    pub fn request(&self, method: &str, path: &str, fields: &str, expected: Expected) -> Request {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{}{fields}\r\n",
            self.address, self.fields
        );
        Request {
            pieces: [Bytes::from(head), Bytes::new(), Bytes::new()],
            asked: Asked::Body,
            expected,
            part: Part::Whole,
        }
    }

    /// Any method with a body, which may be empty, in two pieces.
    #[must_use]
    pub fn send(
        &self,
        method: &str,
        path: &str,
        fields: &str,
        body: [Bytes; 2],
        status: u16,
    ) -> Request {
        let length: usize = body.iter().map(Bytes::len).sum();
        let fields = format!("{fields}Content-Length: {length}\r\n");
        let expected = Expected {
            status,
            length: None,
        };
        let mut request = self.request(method, path, &fields, expected);
        let [first, second] = body;
        let [head, _, _] = request.pieces;
        request.pieces = [head, first, second];
        request
    }
}

// === impl Request ===

impl Request {
    /// The same request, as that part of an operation.
    #[must_use]
    pub fn part(mut self, part: Part) -> Self {
        self.part = part;
        self
    }
}

// === impl Expected ===

impl Expected {
    /// Compares the head and the length of the body with what they have to be.
    ///
    /// # Errors
    /// Saying what is wrong.
    pub fn check(&self, asked: Asked, head: &Head, received: u64) -> Result<()> {
        if head.status != self.status {
            bail!("status {}, not {}", head.status, self.status);
        }
        let length = match asked {
            Asked::Head => head.length,
            Asked::Body => Some(received),
        };
        if self.length.is_some() && self.length != length {
            bail!("{length:?} bytes, not {:?}", self.length);
        }
        Ok(())
    }
}
