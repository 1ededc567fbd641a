//! Structured logs on standard error.

use tracing::Level;
use tracing_subscriber::fmt;

use crate::cli::{LogFormat, LogLevel};

/// Sends every log line of this process to standard error.
pub(crate) fn start(format: LogFormat, level: LogLevel) {
    let level = match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
    };
    let lines = fmt().with_max_level(level).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .init(),
        LogFormat::Json | LogFormat::Logstash => lines.json().flatten_event(true).init(),
    }
}
