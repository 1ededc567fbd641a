//! From events to lines.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use jiff::Zoned;
use serde_json::Value;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};
use uuid::Uuid;
use wharf_log::Lines;

use super::fields::Fields;
use super::line::{Caller, Line, Style};
use super::{Level, LogSettings};

/// Writes every event that passes the gate.
pub(super) struct LogLayer {
    gate: Arc<Gate>,
    style: Style,
    /// On every line; those of the settings last.
    common: Vec<(String, Value)>,
    report_caller: bool,
    lines: Lines,
    /// How many lines were dropped that no line tells of.
    untold: AtomicU64,
}

/// What is written at all; it can be changed while events come.
pub(super) struct Gate {
    /// An index into [`LEVELS`].
    level: AtomicUsize,
}

// === impl LogLayer ===

impl LogLayer {
    pub(super) fn new(settings: &LogSettings, style: Style, gate: Arc<Gate>, lines: Lines) -> Self {
        // People at a terminal know which process they are looking at.
        let own = match style {
            Style::Terminal => Vec::new(),
            Style::Text | Style::Json | Style::Logstash => vec![
                ("instance.id".to_owned(), Uuid::now_v7().to_string().into()),
                ("version".to_owned(), env!("CARGO_PKG_VERSION").into()),
            ],
        };
        Self {
            gate,
            style,
            common: own.into_iter().chain(settings.fields.clone()).collect(),
            report_caller: settings.report_caller,
            lines,
            untold: AtomicU64::new(0),
        }
    }

    /// Hands a line over, and before it what there is to tell of lines that got lost.
    fn write(&self, line: &Line<'_>) {
        let untold = self.untold.swap(0, Ordering::Relaxed);
        let mut text = if untold > 0 {
            self.loss(line, untold).write(self.style)
        } else {
            String::new()
        };
        text.push_str(&line.write(self.style));
        if self.lines.push(text.as_bytes()).is_err() {
            self.untold.fetch_add(untold + 1, Ordering::Relaxed);
        }
    }

    /// Tells, at the time of `line`, that lines before it were lost.
    fn loss<'a>(&'a self, line: &Line<'_>, count: u64) -> Line<'a> {
        Line {
            time: line.time.clone(),
            level: tracing::Level::WARN,
            message: LOSS,
            caller: None,
            fields: self
                .common()
                .map(|(key, value)| (key, Cow::Borrowed(value)))
                .chain([("dropped", Cow::Owned(count.into()))])
                .collect(),
        }
    }

    fn common(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.common.iter().map(|(key, value)| (key.as_str(), value))
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogLayer {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.gate.lets_pass(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.gate.lets_pass(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.gate.level())
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut own = Fields::default();
        event.record(&mut own);
        let message = own.take_message();
        let spans: Vec<_> = context
            .event_scope(event)
            .into_iter()
            .flat_map(Scope::from_root)
            .collect();
        let extensions: Vec<_> = spans.iter().map(|span| span.extensions()).collect();
        let of_spans = extensions
            .iter()
            .filter_map(|extensions| extensions.get::<Fields>())
            .flat_map(Fields::iter);
        let line = Line {
            time: Zoned::now(),
            level: *metadata.level(),
            message: &message,
            caller: self.report_caller.then(|| Caller::of(metadata)),
            fields: self
                .common()
                .chain(of_spans)
                .chain(own.iter())
                .map(|(key, value)| (key, Cow::Borrowed(value)))
                .collect(),
        };
        self.write(&line);
    }
}

// === impl Gate ===

impl Gate {
    pub(super) fn new(level: Level) -> Self {
        Self {
            level: AtomicUsize::new(level as usize),
        }
    }

    pub(super) fn set(&self, level: Level) {
        self.level.store(level as usize, Ordering::Relaxed);
        // What was decided for each place of an event is decided anew.
        tracing::callsite::rebuild_interest_cache();
    }

    fn level(&self) -> LevelFilter {
        let level = LEVELS.get(self.level.load(Ordering::Relaxed));
        level.copied().unwrap_or_default().filter()
    }

    /// Libraries are heard when they warn: their details are about wires, and what is on
    /// them may be secret.
    fn lets_pass(&self, metadata: &Metadata<'_>) -> bool {
        let ours = metadata.target().starts_with("wharf");
        let level = *metadata.level();
        level <= self.level() && (ours || level <= tracing::Level::WARN)
    }
}

const LOSS: &str = "log lines were dropped: nobody reads them fast enough";
/// By their numbers.
const LEVELS: [Level; 4] = [Level::Error, Level::Warn, Level::Info, Level::Debug];
