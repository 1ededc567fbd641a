//! One line per request in Apache's combined format, as distribution writes them, on a
//! thread of its own: a reader of the log that stops must not stop the server.

use std::io::Write;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use http::{Method, StatusCode, Version};
use jiff::Zoned;

/// Where access-log lines go. Cloning it gives the same log.
#[derive(Clone)]
pub struct AccessLog {
    inner: Arc<Inner>,
}

struct Inner {
    // Guards the sender, which is taken out to end the thread.
    lines: Mutex<Option<SyncSender<String>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    dropped: AtomicU64,
}

/// What is known of a request when its answer begins.
pub(crate) struct Record {
    pub(crate) log: AccessLog,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) started: Zoned,
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) version: Version,
    pub(crate) status: StatusCode,
    pub(crate) referer: String,
    pub(crate) user_agent: String,
}

// === impl AccessLog ===

impl AccessLog {
    /// A log that writes to `output`.
    #[must_use]
    pub fn new(mut output: impl Write + Send + 'static) -> Self {
        let (sender, lines) = mpsc::sync_channel::<String>(MOST_LINES);
        let thread = std::thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || {
                while let Ok(line) = lines.recv() {
                    // A log that cannot be written must not stop the server.
                    let _ = output.write_all(line.as_bytes());
                    for line in lines.try_iter() {
                        let _ = output.write_all(line.as_bytes());
                    }
                    let _ = output.flush();
                }
            });
        let thread = thread.inspect_err(
            |error| tracing::error!(%error, "no access log: its thread did not start"),
        );
        let inner = Inner {
            lines: Mutex::new(Some(sender)),
            thread: Mutex::new(thread.ok()),
            dropped: AtomicU64::new(0),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Writes what is still waiting, and ends. Later lines are dropped.
    pub fn close(&self) {
        self.inner
            .lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let thread = self
            .inner
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // It can only have panicked, and then there is nothing left to write.
            let _ = thread.join();
        }
    }

    fn write(&self, line: String) {
        let lines = self
            .inner
            .lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = lines.as_ref() else { return };
        match sender.try_send(line) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                let dropped = self.inner.dropped.fetch_add(1, Ordering::Relaxed) + 1;
                if dropped.is_power_of_two() {
                    tracing::warn!(
                        dropped,
                        "access-log lines were dropped: nobody reads them fast enough"
                    );
                }
            }
        }
    }
}

// === impl Record ===

impl Record {
    /// Writes the line for an answer of which `bytes` were sent.
    pub(crate) fn write(self, bytes: u64) {
        let peer = self
            .peer
            .map_or_else(|| "-".to_owned(), |peer| peer.to_string());
        let time = self.started.strftime("%d/%b/%Y:%H:%M:%S %z");
        let line = format!(
            "{peer} - - [{time}] \"{} {} {:?}\" {} {bytes} \"{}\" \"{}\"\n",
            self.method,
            escape(&self.target),
            self.version,
            self.status.as_u16(),
            escape(&self.referer),
            escape(&self.user_agent),
        );
        self.log.write(line);
    }
}

/// Nothing that a client sends may end a line or a quotation early, look like something
/// else in a terminal, or fill the log.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if escaped.len() >= LONGEST_FIELD {
            escaped.push_str("...");
            break;
        }
        if c == ' ' || (c.is_ascii_graphic() && c != '"' && c != '\\') {
            escaped.push(c);
        } else {
            escaped.extend(c.escape_default());
        }
    }
    escaped
}

/// Bytes of a request target or a header that are logged.
const LONGEST_FIELD: usize = 4096;
/// Lines that may wait for the disk.
const MOST_LINES: usize = 8192;
