//! The audit log (`wharfinger.auth.audit`): one JSON object in each line, for every login,
//! token, write and denial.
//!
//! Lines go out on a thread of their own. Nobody waits for it; what it cannot keep up with,
//! or cannot write, is missing, and a line of its own says how many are:
//! `{"time":…,"event":"dropped","count":7}`.

mod file;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use wharf_auth::{AuditSink, Event, Record};
use wharf_log::Lines;

use self::file::{Next, Output};

/// The audit log. Cloning it gives the same one.
#[derive(Clone)]
pub(crate) struct AuditLog {
    lines: Lines,
    missing: Arc<AtomicU64>,
    /// Where the file is to be opened again; `None` for standard output.
    next: Option<Next>,
}

// === impl AuditLog ===

impl AuditLog {
    /// A log at `path`, which is made with mode 0600 if it is not there; `-` is standard
    /// output.
    ///
    /// # Errors
    /// When the file cannot be opened, or the thread does not start.
    pub(crate) fn open(path: &str) -> io::Result<Self> {
        let missing = Arc::new(AtomicU64::new(0));
        if path == "-" {
            let output = Output::new(io::stdout(), None, Arc::clone(&missing));
            let lines = Lines::new("audit", output, MOST_WAITING)?;
            return Ok(Self {
                lines,
                missing,
                next: None,
            });
        }
        let (next, file) = Next::open(Path::new(path))?;
        let output = Output::new(file, Some(next.clone()), Arc::clone(&missing));
        let lines = Lines::new("audit", output, MOST_WAITING)?;
        Ok(Self {
            lines,
            missing,
            next: Some(next),
        })
    }

    /// Opens the file again, which somebody has moved away. What is waiting goes there.
    ///
    /// # Errors
    /// When it cannot be opened: then the old one is written on.
    pub(crate) async fn reopen(&self) -> io::Result<()> {
        let Some(next) = self.next.clone() else {
            return Ok(());
        };
        let reopened = tokio::task::spawn_blocking(move || next.reopen()).await;
        reopened.map_err(io::Error::other)?
    }

    /// Writes what is still waiting, and ends.
    pub(crate) fn close(&self) {
        if !self.lines.close(PATIENCE) {
            tracing::error!("the end of the audit log was not written: nobody takes it");
        }
    }
}

impl AuditSink for AuditLog {
    fn take(&self, record: &Record<'_>) {
        let Err(dropped) = self.lines.push(line(record).as_bytes()) else {
            return;
        };
        self.missing.fetch_add(1, Ordering::Relaxed);
        if dropped.total.is_power_of_two() {
            tracing::error!(
                dropped = dropped.total,
                "lines of the audit log were dropped: nobody takes them fast enough"
            );
        }
    }
}

fn line(record: &Record<'_>) -> String {
    let outcome = if record.is_allowed {
        "allowed"
    } else {
        "denied"
    };
    let mut fields = Map::new();
    let mut field = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    field("time", now());
    field("event", event(record.event).into());
    field("outcome", outcome.into());
    if let Some(account) = record.account {
        field("account", clipped(account).into());
    }
    if let Some(address) = record.address {
        field("address", address.to_string().into());
    }
    field("subject", clipped(record.subject).into());
    field("because", clipped(record.because).into());
    format!("{}\n", Value::Object(fields))
}

/// So many lines are missing.
fn dropped(count: u64) -> String {
    let told = json!({"time": now(), "event": "dropped", "count": count});
    format!("{told}\n")
}

const fn event(event: Event) -> &'static str {
    match event {
        Event::Login => "login",
        Event::Token => "token",
        Event::Write => "write",
        Event::Denial => "denial",
    }
}

/// RFC 3339, with milliseconds.
fn now() -> Value {
    format!("{:.3}", Timestamp::now()).into()
}

fn clipped(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST))
        .unwrap_or_default()
}

/// Bytes of lines that may wait for the disk.
const MOST_WAITING: usize = 8 << 20;
/// Bytes of a text in a line: a client chooses some of them.
const LONGEST: usize = 4096;
/// For a disk that hangs, when the process ends.
const PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests read the files that are written"
)]
mod tests;
