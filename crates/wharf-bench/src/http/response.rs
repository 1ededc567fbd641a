//! An HTTP/1.1 response as it arrives, in pieces of any size. It takes of the head what a load
//! generator needs, and hands the body on without keeping it.

use anyhow::{Context, Result, bail};

use super::head::{Head, text};

const HEAD_LIMIT: usize = 64 * 1024;

/// What was asked, since it decides whether a body follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A `HEAD` request: no body follows, whatever the head says.
    Head,
    /// Any other request.
    Body,
}

/// Reads one response.
#[derive(Debug)]
pub struct Parser {
    asked: Asked,
    state: State,
    head: Head,
    /// The beginning of a head or of a chunk's line that came in pieces.
    partial: Vec<u8>,
    received: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    /// This many bytes of the body are to come.
    Counted(u64),
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    Trailers,
    UntilClose,
    Done,
}

// === impl Parser ===

impl Parser {
    /// Waits for the answer to such a request.
    #[must_use]
    pub fn new(asked: Asked) -> Self {
        Self {
            asked,
            state: State::Head,
            head: Head::default(),
            partial: Vec::new(),
            received: 0,
        }
    }

    /// The head, once it is there.
    #[must_use]
    pub fn head(&self) -> Option<&Head> {
        (self.state != State::Head).then_some(&self.head)
    }

    /// How many bytes of the body arrived, chunk lines not counted.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Whether the response is complete.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether nothing of the response has arrived yet.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        self.state == State::Head && self.partial.is_empty()
    }

    /// How many bytes may be thrown away unread, for [`Parser::skip`].
    #[must_use]
    pub fn skippable(&self) -> u64 {
        match self.state {
            State::Counted(left) => left,
            State::Head
            | State::ChunkSize
            | State::Chunk(_)
            | State::ChunkEnd
            | State::Trailers
            | State::UntilClose
            | State::Done => 0,
        }
    }

    /// That many bytes of the body, [`Parser::skippable`] at most, were thrown away.
    pub fn skip(&mut self, bytes: u64) {
        if let State::Counted(left) = self.state {
            self.received += bytes;
            self.state = counted(left.saturating_sub(bytes));
        }
    }

    /// Takes what arrived, up to the end of the response, and shows the body's bytes to `body`.
    /// Returns how much it took.
    ///
    /// # Errors
    /// When it is not HTTP/1.
    pub fn feed(&mut self, input: &[u8], body: &mut dyn FnMut(&[u8])) -> Result<usize> {
        let mut rest = input;
        while !rest.is_empty() && self.state != State::Done {
            rest = self.step(rest, body)?;
        }
        Ok(input.len() - rest.len())
    }

    /// The server closed the connection.
    ///
    /// # Errors
    /// When the response is not complete by that.
    pub fn finish(&mut self) -> Result<()> {
        if self.state == State::UntilClose {
            self.state = State::Done;
        }
        if self.state != State::Done {
            bail!(
                "the connection ended after {} bytes of the body",
                self.received
            );
        }
        Ok(())
    }

    fn step<'a>(&mut self, input: &'a [u8], body: &mut dyn FnMut(&[u8])) -> Result<&'a [u8]> {
        match self.state {
            State::Head => self.read_head(input),
            State::Counted(left) => {
                let (now, rest) = split(input, left);
                self.take(now, body);
                self.state = counted(left - now.len() as u64);
                Ok(rest)
            }
            State::Chunk(left) => {
                let (now, rest) = split(input, left);
                self.take(now, body);
                self.state = match left - now.len() as u64 {
                    0 => State::ChunkEnd,
                    left => State::Chunk(left),
                };
                Ok(rest)
            }
            State::UntilClose => {
                self.take(input, body);
                Ok(&[])
            }
            State::ChunkSize | State::ChunkEnd | State::Trailers => self.read_line(input),
            State::Done => Ok(input),
        }
    }

    fn take(&mut self, bytes: &[u8], body: &mut dyn FnMut(&[u8])) {
        self.received += bytes.len() as u64;
        body(bytes);
    }

    fn read_head<'a>(&mut self, input: &'a [u8]) -> Result<&'a [u8]> {
        if self.partial.is_empty()
            && let Some(end) = head_end(input)
        {
            let (head, rest) = input.split_at(end);
            self.start_body(Head::parse(head)?);
            return Ok(rest);
        }
        let before = self.partial.len();
        self.partial.extend_from_slice(input);
        if self.partial.len() > HEAD_LIMIT {
            bail!("a response head of more than {HEAD_LIMIT} bytes");
        }
        let Some(end) = head_end(&self.partial) else {
            return Ok(&[]);
        };
        let head = Head::parse(self.partial.get(..end).unwrap_or_default())?;
        self.partial.clear();
        self.start_body(head);
        Ok(input.get(end - before..).unwrap_or_default())
    }

    fn start_body(&mut self, head: Head) {
        let without = head.status == 204 || head.status == 304 || head.status < 200;
        self.state = if self.asked == Asked::Head || without {
            State::Done
        } else if head.chunked {
            State::ChunkSize
        } else {
            head.length.map_or(State::UntilClose, counted)
        };
        self.head = head;
        if self.head.status < 200 {
            // 100 Continue: the answer is still to come.
            self.state = State::Head;
        }
    }

    fn read_line<'a>(&mut self, input: &'a [u8]) -> Result<&'a [u8]> {
        let Some(end) = input.iter().position(|&byte| byte == b'\n') else {
            self.partial.extend_from_slice(input);
            if self.partial.len() > HEAD_LIMIT {
                bail!("a chunk's line of more than {HEAD_LIMIT} bytes");
            }
            return Ok(&[]);
        };
        let (now, rest) = input.split_at(end + 1);
        self.partial.extend_from_slice(now);
        let line = self.partial.trim_ascii();
        self.state = match self.state {
            State::ChunkSize => match chunk_size(line)? {
                0 => State::Trailers,
                size => State::Chunk(size),
            },
            State::ChunkEnd if line.is_empty() => State::ChunkSize,
            State::ChunkEnd => bail!("a chunk is longer than its size"),
            State::Trailers if line.is_empty() => State::Done,
            state => state,
        };
        self.partial.clear();
        Ok(rest)
    }
}

// === private ===

fn counted(left: u64) -> State {
    if left == 0 {
        State::Done
    } else {
        State::Counted(left)
    }
}

fn split(input: &[u8], left: u64) -> (&[u8], &[u8]) {
    let now = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
    input.split_at(now)
}

/// Behind the empty line.
fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map(|at| at + 4)
}

fn chunk_size(line: &[u8]) -> Result<u64> {
    let line = text(line)?;
    let size = line.split(';').next().unwrap_or_default().trim();
    u64::from_str_radix(size, 16).with_context(|| format!("not the size of a chunk: {line:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the response in pieces of `size`, and returns status, body and what was left over.
    fn read(asked: Asked, response: &[u8], size: usize) -> (u16, Vec<u8>, usize) {
        let mut parser = Parser::new(asked);
        let mut body = Vec::new();
        let mut left = 0;
        for piece in response.chunks(size) {
            let taken = parser
                .feed(piece, &mut |bytes| body.extend_from_slice(bytes))
                .unwrap();
            left += piece.len() - taken;
        }
        assert!(parser.is_done(), "pieces of {size}");
        assert_eq!(parser.received(), body.len() as u64);
        (parser.head().unwrap().status, body, left)
    }

    #[test]
    fn bodies_by_length_in_pieces_of_every_size() {
        let response = b"HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\nX: y\r\n\r\nhelloHTTP";
        for size in 1..=response.len() {
            let expected = (200, b"hello".to_vec(), 4);
            assert_eq!(read(Asked::Body, response, size), expected);
        }
    }

    #[test]
    fn chunked_bodies_in_pieces_of_every_size() {
        let response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            5\r\nhello\r\n0A;x=y\r\n, registry\r\n0\r\nTrailer: 1\r\n\r\nHTTP";
        for size in 1..=response.len() {
            let expected = (200, b"hello, registry".to_vec(), 4);
            assert_eq!(read(Asked::Body, response, size), expected);
        }
    }

    #[test]
    fn answers_to_head_have_no_body() {
        let response = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP";
        assert_eq!(read(Asked::Head, response, 7), (200, vec![], 4));
    }

    #[test]
    fn continue_is_not_the_answer() {
        let response = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n\
            Location: /v2/x\r\nContent-Length: 0\r\n\r\n";
        for size in 1..=response.len() {
            assert_eq!(read(Asked::Body, response, size), (201, vec![], 0));
        }
    }

    #[test]
    fn fields_are_read() {
        let mut parser = Parser::new(Asked::Body);
        let response = b"HTTP/1.1 202 Accepted\r\nLOCATION: /v2/a\r\nConnection: Close\r\n\r\n";
        parser.feed(response, &mut |_| {}).unwrap();
        let head = parser.head().unwrap();
        assert_eq!(head.location.as_deref(), Some("/v2/a"));
        assert!(head.close);
        assert!(!parser.is_done());
        parser.finish().unwrap();
        assert!(parser.is_done());
    }

    #[test]
    fn skipped_bytes_count() {
        let mut parser = Parser::new(Asked::Body);
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n1234567890";
        parser.feed(head, &mut |_| {}).unwrap();
        assert_eq!(parser.skippable(), 90);
        parser.skip(80);
        assert!(parser.finish().is_err());
        parser.skip(10);
        assert!(parser.is_done());
        assert_eq!(parser.received(), 100);
    }

    #[test]
    fn what_is_not_http_is_refused() {
        for bytes in ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 abc\r\n\r\n"] {
            let mut parser = Parser::new(Asked::Body);
            assert!(parser.feed(bytes.as_bytes(), &mut |_| {}).is_err());
        }
        let mut parser = Parser::new(Asked::Body);
        let chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n";
        assert!(parser.feed(chunk, &mut |_| {}).is_err());
    }
}
