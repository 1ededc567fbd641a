//! The fields of an event or a span, as JSON has them and in bounded size.

use std::error::Error;
use std::fmt;

use serde_json::Value;
use tracing::field::{Field, Visit};
use wharf_log::Structured;

/// Fields in the order in which they were recorded.
#[derive(Default)]
pub(super) struct Fields {
    message: String,
    values: Vec<(&'static str, Value)>,
}

// === impl Fields ===

impl Fields {
    pub(super) fn take_message(&mut self) -> String {
        std::mem::take(&mut self.message)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(key, value)| (*key, value))
    }

    fn text(&mut self, field: &Field, mut text: String) {
        if text.len() > LONGEST_TEXT {
            text.truncate(text.floor_char_boundary(LONGEST_TEXT));
            text.push_str("...");
        }
        if field.name() == "message" {
            self.message = text;
        } else {
            self.values.push((field.name(), text.into()));
        }
    }

    fn value(&mut self, field: &Field, value: impl Into<Value>) {
        self.values.push((field.name(), value.into()));
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        let end = value.floor_char_boundary(LONGEST_TEXT + 1);
        self.text(field, value.get(..end).unwrap_or_default().to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, format!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        match value.downcast_ref::<Structured>() {
            // Texts in it are bounded where lines are written.
            Some(Structured(value)) => self.value(field, value.clone()),
            None => {
                let mut text = value.to_string();
                let mut cause = value.source();
                while let Some(error) = cause {
                    text.push_str(&format!(": {error}"));
                    cause = error.source();
                }
                self.text(field, text);
            }
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.value(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field, value);
    }
}

/// Bytes of a text; longer ones are cut.
const LONGEST_TEXT: usize = 4096;
