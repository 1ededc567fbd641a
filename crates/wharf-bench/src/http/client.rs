//! One request after the other over one connection: preparations, and the look at an answer's
//! bytes that comes before every measurement.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use wharf_hash::StreamHasher;
use wharf_spec::{Algorithm, Digest};

use super::head::Head;
use super::request::Request;
use super::response::Parser;

/// A connection that waits.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
}

/// An answer with its body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The head.
    pub head: Head,
    /// The body, up to the limit given.
    pub body: Vec<u8>,
    /// The digest of all of the body.
    pub digest: Digest,
}

const LIMIT: Duration = Duration::from_secs(120);
/// Bodies of that many bytes are kept; those of blobs are only hashed.
const KEPT: usize = 16 * 1024 * 1024;

// === impl Client ===

impl Client {
    /// Connects with the first request.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            stream: None,
        }
    }

    /// Sends it and waits for the answer, which is checked as far as the request says.
    ///
    /// # Errors
    /// When there is none, or it is wrong.
    pub fn ask(&mut self, request: &Request) -> Result<Answer> {
        let answer = match self.try_ask(request) {
            // A connection that was idle may be closed by now.
            Err(_) if self.stream.is_some() => {
                self.stream = None;
                self.try_ask(request)
            }
            outcome => outcome,
        };
        let [head, _, _] = &request.pieces;
        answer.with_context(|| {
            let text = String::from_utf8_lossy(head);
            text.lines().next().unwrap_or_default().to_owned()
        })
    }

    fn try_ask(&mut self, request: &Request) -> Result<Answer> {
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(LIMIT))?;
                stream.set_write_timeout(Some(LIMIT))?;
                stream
            }
        };
        let mut answer = exchange(&stream, request)?;
        if !answer.head.close {
            self.stream = Some(stream);
        }
        answer.head.close = false;
        Ok(answer)
    }
}

/// One request and its answer over any stream.
///
/// # Errors
/// When there is no answer, or it is wrong.
pub fn exchange<S>(mut stream: S, request: &Request) -> Result<Answer>
where
    S: Read + Write,
{
    for piece in &request.pieces {
        stream.write_all(piece)?;
    }
    stream.flush()?;
    let mut parser = Parser::new(request.asked);
    let mut hasher = StreamHasher::new(Algorithm::Sha256);
    let mut body = Vec::new();
    let mut buffer = vec![0; 256 * 1024];
    while !parser.is_done() {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            parser.finish()?;
            break;
        }
        let bytes = buffer.get(..read).unwrap_or_default();
        parser.feed(bytes, &mut |bytes| {
            hasher.update(bytes);
            if body.len() < KEPT {
                body.extend_from_slice(bytes);
            }
        })?;
    }
    let Some(head) = parser.head().cloned() else {
        bail!("no answer");
    };
    request
        .expected
        .check(request.asked, &head, parser.received())
        .with_context(|| {
            String::from_utf8_lossy(body.get(..body.len().min(300)).unwrap_or_default())
                .into_owned()
        })?;
    Ok(Answer {
        head,
        body,
        digest: hasher.finish(),
    })
}
