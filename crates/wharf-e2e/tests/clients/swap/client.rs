//! An HTTP client that keeps its connections as long as it may, and knows what became of them.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Who asks, on one connection after another.
pub(super) struct Client {
    address: String,
    habit: Habit,
    connection: Option<Connection>,
    /// Requests that were sent again: their connection was closed while it was idle.
    pub(super) retried: usize,
}

/// How connections are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// One for as many requests as the server takes.
    Keeps,
    /// One for each request.
    Opens,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    closes: bool,
}

struct Connection {
    stream: BufReader<TcpStream>,
    answered: usize,
}

enum Failure {
    /// The connection was closed before the first byte of an answer.
    Unanswered(Error),
    Broken(Error),
}

// === impl Client ===

impl Client {
    pub(super) fn new(address: &str, habit: Habit) -> Self {
        Self {
            address: address.to_owned(),
            habit,
            connection: None,
            retried: 0,
        }
    }

    /// Asks. A server may close a connection between two requests at any time (RFC 9112,
    /// section 9.6), and the client learns of it with the next one: that is sent again, on a
    /// new connection. Whatever else goes wrong is a failure.
    pub(super) fn ask(&mut self, line: &str, body: &[u8]) -> Result<Answer, String> {
        loop {
            let connection = match self.connection.take() {
                Some(connection) => Ok(connection),
                None => Connection::open(&self.address),
            };
            let mut connection =
                connection.map_err(|error| format!("{line}: no connection: {error}"))?;
            match connection.exchange(line, body, &self.address, self.habit) {
                Ok(answer) => {
                    if self.habit == Habit::Keeps && !answer.closes {
                        self.connection = Some(connection);
                    }
                    return Ok(answer);
                }
                Err(Failure::Unanswered(_)) if connection.answered > 0 => self.retried += 1,
                Err(Failure::Unanswered(error)) => {
                    return Err(format!("{line}: a new connection got no answer: {error}"));
                }
                Err(Failure::Broken(error)) => {
                    return Err(format!("{line}: the answer broke off: {error}"));
                }
            }
        }
    }
}

// === impl Connection ===

impl Connection {
    fn open(address: &str) -> Result<Self, Error> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIME_LIMIT))?;
        stream.set_write_timeout(Some(TIME_LIMIT))?;
        Ok(Self {
            stream: BufReader::new(stream),
            answered: 0,
        })
    }

    fn exchange(
        &mut self,
        line: &str,
        body: &[u8],
        host: &str,
        habit: Habit,
    ) -> Result<Answer, Failure> {
        let connection = match habit {
            Habit::Keeps => "keep-alive",
            Habit::Opens => "close",
        };
        let mut request = format!(
            "{line} HTTP/1.1\r\nHost: {host}\r\nConnection: {connection}\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        let stream = self.stream.get_mut();
        stream.write_all(&request).map_err(unanswered)?;
        let first = self.stream.fill_buf().map_err(unanswered)?;
        if first.is_empty() {
            return Err(Failure::Unanswered(ErrorKind::UnexpectedEof.into()));
        }
        let answer = self.answer().map_err(Failure::Broken)?;
        self.answered += 1;
        Ok(answer)
    }

    fn answer(&mut self) -> Result<Answer, Error> {
        let malformed = |line: &str| Error::other(format!("not expected: {line:?}"));
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|it| it.parse().ok());
        let status = status.ok_or_else(|| malformed(&first))?;
        let (mut length, mut closes) = (None, false);
        loop {
            let line = self.line()?.to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().ok(),
                Some(("connection", value)) => closes = value == "close",
                Some(_) => {}
                None if line.is_empty() => break,
                None => return Err(malformed(&line)),
            }
        }
        let length = length.ok_or_else(|| malformed("no length"))?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer {
            status,
            body,
            closes,
        })
    }

    fn line(&mut self) -> Result<String, Error> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Silence until the time is over is no closed connection.
fn unanswered(error: Error) -> Failure {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => {
            Failure::Unanswered(error)
        }
        _ => Failure::Broken(error),
    }
}
