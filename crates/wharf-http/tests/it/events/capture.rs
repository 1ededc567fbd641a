//! Keeps the events of this thread, on which the server of a test runs too.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use wharf_log::Structured;

/// The events so far.
pub(crate) struct Captured {
    events: Arc<Mutex<Vec<Event>>>,
    _guard: DefaultGuard,
}

#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) level: Level,
    pub(crate) message: String,
    pub(crate) fields: BTreeMap<String, Value>,
    /// The number of the request within which it came.
    pub(crate) span: Value,
}

struct Capture {
    level: Level,
    events: Arc<Mutex<Vec<Event>>>,
}

#[derive(Default)]
struct Fields(BTreeMap<String, Value>);

/// Where there is one subscriber, whether a line is wanted is asked of the thread that comes to
/// it first, which may be that of a test without any; where there are two, of all of them.
// tracing-core: callsite.rs, `has_just_one`
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(tracing_subscriber::registry()));

// === impl Captured ===

impl Captured {
    pub(crate) fn start(level: Level) -> Self {
        let events = Arc::default();
        let capture = Capture {
            level,
            events: Arc::clone(&events),
        };
        LazyLock::force(&SECOND);
        let subscriber = tracing_subscriber::registry().with(capture);
        Self {
            events,
            _guard: tracing::subscriber::set_default(subscriber),
        }
    }

    pub(crate) fn all(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    pub(crate) fn clear(&self) {
        self.events.lock().unwrap().clear();
    }

    /// Exactly that many: an event comes when the body is done with, shortly after the
    /// client has it.
    pub(crate) async fn events(&self, count: usize) -> Vec<Event> {
        self.wait(|events| events.len() >= count).await;
        let events = self.all();
        assert_eq!(events.len(), count, "{events:#?}");
        events
    }

    /// Waits for an event.
    pub(crate) async fn until(&self, message: &str) {
        self.wait(|events| events.iter().any(|event| event.message == message))
            .await;
    }

    async fn wait(&self, there: impl Fn(&[Event]) -> bool) {
        for _ in 0..500 {
            if there(&self.all()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no more than {:#?}", self.all());
    }
}

// === impl Event ===

impl Event {
    /// What is the same each time.
    pub(crate) fn show(&self) -> String {
        let mut shown = self.message.clone();
        for (name, value) in &self.fields {
            let text = match name.as_str() {
                "http.request.id" => {
                    assert_eq!(value.as_str().unwrap().len(), 36, "{value}");
                    "<id>".to_owned()
                }
                "http.response.duration" => {
                    assert!(value.as_str().unwrap().ends_with('s'), "{value}");
                    "<duration>".to_owned()
                }
                "http.request.remoteaddr" => without_port(value),
                "vars.uuid" => "<uuid>".to_owned(),
                _ => value.to_string(),
            };
            let text = crate::show::normalise(&text);
            shown += &format!("\n  {name} = {text}");
        }
        shown
    }

    /// Only what tells about the error.
    pub(crate) fn show_error(&self) -> String {
        let of_errors = |name: &str| name.starts_with("err.") || name.starts_with("vars.");
        let fields = self.fields.iter().filter(|(name, _)| {
            of_errors(name) || *name == "http.request.method" || *name == "http.response.status"
        });
        let shown: Vec<_> = fields
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        crate::show::normalise(&shown.join(" "))
    }
}

fn without_port(address: &Value) -> String {
    let address = address.as_str().unwrap();
    match address.rsplit_once(':') {
        Some((host, port)) => {
            assert!(port.parse::<u16>().is_ok(), "{address}");
            format!("{host}:<port>")
        }
        None => address.to_owned(),
    }
}

// === impl Capture ===

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Capture {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= self.level && metadata.target().starts_with("wharf")
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let span = context.event_span(event).map(|span| {
            let extensions = span.extensions();
            let fields = &extensions.get::<Fields>().unwrap().0;
            fields["http.request.id"].clone()
        });
        let message = fields.0.remove("message").unwrap();
        self.events.lock().unwrap().push(Event {
            level: *event.metadata().level(),
            message: message.as_str().unwrap().to_owned(),
            fields: fields.0,
            span: span.unwrap_or_default(),
        });
    }
}

// === impl Fields ===

impl Fields {
    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        let before = self.0.insert(field.name().to_owned(), value.into());
        assert_eq!(before, None, "{field} twice");
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.insert(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        match value.downcast_ref::<Structured>() {
            Some(Structured(value)) => self.insert(field, value.clone()),
            None => self.insert(field, value.to_string()),
        }
    }
}
