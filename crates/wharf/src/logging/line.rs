//! A line, before it is written in one style or another.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Zoned;
use serde_json::Value;
use tracing::{Level, Metadata};

use super::{json, text};

/// One event.
pub(super) struct Line<'a> {
    pub(super) time: Zoned,
    pub(super) level: Level,
    pub(super) message: &'a str,
    pub(super) caller: Option<Caller>,
    /// Of several with the same name, the last one counts.
    pub(super) fields: Vec<(&'a str, Cow<'a, Value>)>,
}

/// Where an event comes from.
pub(super) struct Caller {
    pub(super) function: &'static str,
    pub(super) file: String,
}

/// How lines look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Style {
    Terminal,
    Text,
    Json,
    Logstash,
}

// === impl Line ===

impl Line<'_> {
    /// The line with its line feed.
    pub(super) fn write(&self, style: Style) -> String {
        let mut line = String::with_capacity(USUAL);
        match style {
            Style::Terminal => text::for_people(&mut line, self),
            Style::Text => text::for_programs(&mut line, self),
            Style::Json => json::write(&mut line, self, &json::LOGRUS),
            Style::Logstash => json::write(&mut line, self, &json::LOGSTASH),
        }
        line.push('\n');
        line
    }

    /// The fields in the order of their names, each once. Those that are called like a part
    /// of the line itself come as `fields.<name>`.
    pub(super) fn fields_besides(&self, taken: &[&str]) -> Vec<(Cow<'_, str>, &Value)> {
        let fields = self
            .fields
            .iter()
            .map(|(key, value)| (*key, value.as_ref()));
        let mut fields: Vec<_> = fields.collect();
        fields.sort_by_key(|(key, _)| *key);
        // Of equal neighbours the last one is kept.
        fields.reverse();
        fields.dedup_by_key(|(key, _)| *key);
        let named = fields.into_iter().map(|(key, value)| {
            let key = if taken.contains(&key) {
                Cow::Owned(format!("fields.{key}"))
            } else {
                Cow::Borrowed(key)
            };
            (key, value)
        });
        let mut fields: Vec<_> = named.collect();
        fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        fields
    }

    /// logrus' names of levels.
    pub(super) const fn level_name(&self) -> &'static str {
        match self.level {
            Level::ERROR => "error",
            Level::WARN => "warning",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        }
    }
}

// === impl Caller ===

impl Caller {
    /// `tracing` does not know functions; their module is next best.
    pub(super) fn of(metadata: &'static Metadata<'static>) -> Self {
        let mut file = metadata.file().unwrap_or("?").to_owned();
        if let Some(line) = metadata.line() {
            // A string takes all that is written to it.
            let _ = write!(file, ":{line}");
        }
        Self {
            function: metadata.module_path().unwrap_or_else(|| metadata.target()),
            file,
        }
    }
}

/// Bytes of a line about a request, roughly.
const USUAL: usize = 1024;
