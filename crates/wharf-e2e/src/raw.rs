//! Requests sent byte by byte as a test wants them, also those that no HTTP library would
//! send, and answers as they came.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const TIME_LIMIT: Duration = Duration::from_secs(30);

/// An answer, nothing left out but interim ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawAnswer {
    /// The status.
    pub status: u16,
    /// The headers in their order, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
    /// Whether the body came to its end before the connection did.
    pub whole: bool,
}

/// Sends `request` on a connection of its own and reads one answer. `bodiless` is for HEAD,
/// whose answers have a length but no body.
///
/// # Panics
/// When there is no answer, or none that is HTTP.
#[must_use]
pub fn exchange(address: &str, request: &[u8], bodiless: bool) -> RawAnswer {
    let mut stream = TcpStream::connect(address).expect("connect");
    stream.set_read_timeout(Some(TIME_LIMIT)).expect("a limit");
    stream.set_write_timeout(Some(TIME_LIMIT)).expect("a limit");
    // A server that has answered already need not read the rest.
    _ = stream.write_all(request);
    let mut incoming = Incoming {
        stream,
        read: Vec::new(),
    };
    loop {
        let (status, headers) = incoming.head(request);
        if (100..200).contains(&status) {
            continue;
        }
        let body = if bodiless || status == 204 || status == 304 {
            Some(Vec::new())
        } else {
            incoming.body(&headers)
        };
        return RawAnswer {
            status,
            headers,
            whole: body.is_some(),
            body: body.unwrap_or(incoming.read),
        };
    }
}

// === impl RawAnswer ===

impl RawAnswer {
    /// The value of a header; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

struct Incoming {
    stream: TcpStream,
    /// What has arrived and is not used yet.
    read: Vec<u8>,
}

// === impl Incoming ===

impl Incoming {
    fn head(&mut self, request: &[u8]) -> (u16, Vec<(String, String)>) {
        let text = self.until(b"\r\n\r\n").unwrap_or_else(|| {
            let start = &request[..request.len().min(200)];
            panic!("no answer to {:?}", String::from_utf8_lossy(start))
        });
        let text = String::from_utf8_lossy(&text).into_owned();
        let (first, rest) = text.split_once("\r\n").unwrap_or((&text, ""));
        let status = first
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or_else(|| panic!("not HTTP: {text}"));
        let headers = rest
            .split("\r\n")
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        (status, headers)
    }

    /// Nothing if it breaks off.
    fn body(&mut self, headers: &[(String, String)]) -> Option<Vec<u8>> {
        if find(headers, "transfer-encoding").is_some() {
            return self.chunks();
        }
        match find(headers, "content-length") {
            Some(length) => self.exactly(length.parse().expect("a length")),
            None => {
                while self.more() {}
                Some(std::mem::take(&mut self.read))
            }
        }
    }

    fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.until(b"\r\n")?;
            let line = String::from_utf8_lossy(&line).into_owned();
            let length = usize::from_str_radix(line.trim(), 16).expect("a length in hexadecimal");
            body.extend(self.exactly(length)?);
            self.exactly(2)?;
            if length == 0 {
                return Some(body);
            }
        }
    }

    /// What comes before `end`, which is left out.
    fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.read.windows(end.len()).position(|part| part == end) {
                let rest = self.read.split_off(at + end.len());
                let mut before = std::mem::replace(&mut self.read, rest);
                before.truncate(at);
                return Some(before);
            }
            if !self.more() {
                return None;
            }
        }
    }

    fn exactly(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.read.len() < length {
            if !self.more() {
                return None;
            }
        }
        let rest = self.read.split_off(length);
        Some(std::mem::replace(&mut self.read, rest))
    }

    /// Reads on; false at the end.
    fn more(&mut self) -> bool {
        let mut buffer = [0; 16384];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(length) => {
                self.read.extend_from_slice(&buffer[..length]);
                true
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("no answer: {error}"),
        }
    }
}

fn find<'a>(headers: &'a [(String, String)], wanted: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value.as_str())
}
