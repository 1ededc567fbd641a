//! What a load generator needs of the head of a response.

use anyhow::{Context, Result};

/// The head of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// `Content-Length`, if there is one.
    pub length: Option<u64>,
    /// `Location`, if there is one.
    pub location: Option<String>,
    /// Whether the server closes the connection afterwards.
    pub close: bool,
    /// Whether the body comes in chunks.
    pub(super) chunked: bool,
}

// === impl Head ===

impl Head {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let mut lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
        let first = lines.next().unwrap_or_default();
        let mut head = Self {
            status: status(first)?,
            ..Self::default()
        };
        for line in lines {
            head.read_field(line)?;
        }
        Ok(head)
    }

    fn read_field(&mut self, line: &[u8]) -> Result<()> {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            return Ok(());
        };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        // The lengths are told apart first: most fields are none of these.
        match name.len() {
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                self.length = Some(text(value)?.parse().context("Content-Length")?);
            }
            8 if name.eq_ignore_ascii_case(b"location") => {
                self.location = Some(text(value)?.to_owned());
            }
            10 if name.eq_ignore_ascii_case(b"connection") => {
                self.close = value.eq_ignore_ascii_case(b"close");
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                self.chunked = value.eq_ignore_ascii_case(b"chunked");
            }
            _ => {}
        }
        Ok(())
    }
}

// === private ===

fn status(line: &[u8]) -> Result<u16> {
    let line = text(line)?;
    let code = line
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.get(2..5))
        .and_then(|code| code.parse().ok());
    code.with_context(|| format!("not a status line of HTTP/1: {line:?}"))
}

/// Heads are text; anything else is refused.
pub(super) fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).context("a head that is not text")
}
