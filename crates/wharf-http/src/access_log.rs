//! One line per request in Apache's combined format, as distribution writes them
//! (gorilla/handlers: `logging.go`).

use std::io::Write;
use std::time::Duration;

use jiff::Zoned;
use jiff::tz::TimeZone;
use wharf_log::{Lines, escape};

use crate::exchange::{LONGEST_TEXT, Story};

/// Where access-log lines go. Cloning it gives the same log.
#[derive(Clone)]
pub struct AccessLog {
    /// Nothing when the thread that writes did not start.
    lines: Option<Lines>,
}

// === impl AccessLog ===

impl AccessLog {
    /// A log that writes to `output`.
    #[must_use]
    pub fn new(output: impl Write + Send + 'static) -> Self {
        let lines = Lines::new("access-log", output, MOST_WAITING);
        let lines = lines.inspect_err(
            |error| tracing::error!(%error, "no access log: its thread did not start"),
        );
        Self { lines: lines.ok() }
    }

    /// Writes what is still waiting, and ends. Later lines are dropped, and so is what the
    /// output does not take within two seconds.
    pub fn close(&self) {
        if let Some(lines) = &self.lines
            && !lines.close(PATIENCE)
        {
            tracing::warn!("the end of the access log was not written: nobody reads it");
        }
    }

    /// Writes the line for an answer of which `sent` bytes were sent.
    pub(crate) fn write(&self, story: &Story, sent: u64) {
        let Some(lines) = &self.lines else { return };
        if let Err(dropped) = lines.push(line(story, sent).as_bytes())
            && dropped.total.is_power_of_two()
        {
            tracing::warn!(
                dropped = dropped.total,
                "access-log lines were dropped: nobody reads them fast enough"
            );
        }
    }
}

fn line(story: &Story, sent: u64) -> String {
    // Go's name for the other end of a unix socket is `@`.
    let peer = story.peer.address.map(|address| address.ip().to_string());
    let time = Zoned::new(story.started_at, TimeZone::system());
    let mut line = format!(
        "{} - - [{}] \"{} ",
        peer.as_deref().unwrap_or("@"),
        time.strftime("%d/%b/%Y:%H:%M:%S %z"),
        story.method,
    );
    escape(&mut line, story.target.as_bytes(), LONGEST_TEXT);
    line.push_str(&format!(
        " {:?}\" {} {sent} \"",
        story.version,
        story.status.as_u16()
    ));
    escape(&mut line, &story.referer, LONGEST_TEXT);
    line.push_str("\" \"");
    escape(&mut line, &story.user_agent, LONGEST_TEXT);
    line.push_str("\"\n");
    line
}

/// Bytes of lines that may wait for the reader of the log.
const MOST_WAITING: usize = 8 << 20;
/// For a reader that has stopped reading, when the server ends.
const PATIENCE: Duration = Duration::from_secs(2);
