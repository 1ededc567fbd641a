//! The log on standard error, line by line as distribution writes it (logrus, and the
//! formatter for Logstash).

mod fields;
mod json;
mod layer;
mod line;
mod text;
mod time;

use std::io::IsTerminal as _;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use wharf_log::Lines;

use self::layer::{Gate, LogLayer};
use self::line::Style;

/// What the log says, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogSettings {
    /// The least severe lines that are written.
    pub(crate) level: Level,
    /// How lines are written.
    pub(crate) format: Format,
    /// Fields that each line has; a field of the line itself comes before one of these.
    pub(crate) fields: Vec<(String, Value)>,
    /// Whether each line tells the file, line and module that it comes from.
    pub(crate) report_caller: bool,
}

/// How severe a line is (distribution: `log.level`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Level {
    /// Something failed that should not have, or a request was refused.
    Error,
    /// Something should be looked at.
    Warn,
    /// What happens.
    #[default]
    Info,
    /// Why it happens.
    Debug,
}

/// How a line is written (distribution: `log.formatter`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Format {
    /// `key=value`, as logrus does; on a terminal, something for people.
    #[default]
    Text,
    /// An object of JSON, as logrus does.
    Json,
    /// An object of JSON, as Logstash wants it.
    Logstash,
}

/// The log of this process. What is waiting is written when it is dropped.
pub(crate) struct LogHandle {
    gate: Arc<Gate>,
    lines: Lines,
}

/// Sends every event of this process to standard error.
///
/// # Errors
/// When it has been started before, or standard error is closed.
pub(crate) fn start(settings: &LogSettings) -> Result<LogHandle> {
    let stderr = std::io::stderr();
    let style = match settings.format {
        Format::Text if stderr.is_terminal() && !no_colour() => Style::Terminal,
        Format::Text => Style::Text,
        Format::Json => Style::Json,
        Format::Logstash => Style::Logstash,
    };
    // A handle of its own: the thread may hang in a write, and must not hold the lock that
    // the message of a panic needs.
    let output = stderr.as_fd().try_clone_to_owned();
    let output = std::fs::File::from(output.context("standard error cannot be written to")?);
    let lines = Lines::new("log", output, MOST_WAITING).context("cannot start to log")?;
    let gate = Arc::new(Gate::new(settings.level));
    let layer = LogLayer::new(settings, style, Arc::clone(&gate), lines.clone());
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber).context("cannot start to log")?;
    Ok(LogHandle { gate, lines })
}

fn no_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

// === impl LogHandle ===

impl LogHandle {
    /// From now on, writes the lines of `level` and above.
    pub(crate) fn set_level(&self, level: Level) {
        self.gate.set(level);
    }
}

impl Drop for LogHandle {
    fn drop(&mut self) {
        // If nobody reads it, nobody misses it.
        let _ = self.lines.close(PATIENCE);
    }
}

// === impl Level ===

impl Level {
    const fn filter(self) -> LevelFilter {
        match self {
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
        }
    }
}

/// Bytes of lines that may wait for the reader of the log.
const MOST_WAITING: usize = 8 << 20;
/// For a reader that has stopped reading, when the process ends.
const PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
