//! Lines of `key=value` (logrus: `text_formatter.go`).

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;
use tracing::Level;
use wharf_log::{Structured, escape, is_printable};

use super::line::Line;
use super::time::Rfc3339Nano;

/// As logrus writes to anything but a terminal.
pub(super) fn for_programs(out: &mut String, line: &Line<'_>) {
    pair(out, "time", &Rfc3339Nano(&line.time).to_string());
    pair(out, "level", line.level_name());
    if !line.message.is_empty() {
        pair(out, "msg", line.message);
    }
    if let Some(caller) = &line.caller {
        pair(out, "func", caller.function);
        pair(out, "file", &caller.file);
    }
    let taken: &[&str] = match line.caller {
        Some(_) => &["time", "level", "msg", "func", "file"],
        None => &["time", "level", "msg"],
    };
    for (key, value) in line.fields_besides(taken) {
        pair(out, &key, &text(value));
    }
}

/// As logrus writes to a terminal, with the time of day.
pub(super) fn for_people(out: &mut String, line: &Line<'_>) {
    let (colour, level) = match line.level {
        Level::ERROR => (RED, "ERRO"),
        Level::WARN => (YELLOW, "WARN"),
        Level::INFO => (BLUE, "INFO"),
        Level::DEBUG => (GREY, "DEBU"),
        Level::TRACE => (GREY, "TRAC"),
    };
    let mut message = String::new();
    for c in line.message.chars() {
        if is_printable(c) {
            message.push(c);
        } else {
            escape(&mut message, c.encode_utf8(&mut [0; 4]).as_bytes(), LONGEST);
        }
    }
    let time = line.time.time();
    // A string takes all that is written to it.
    let _ = write!(
        out,
        "\x1b[{colour}m{level}\x1b[0m[{:02}:{:02}:{:02}] {message:<44}",
        time.hour(),
        time.minute(),
        time.second(),
    );
    if let Some(caller) = &line.caller {
        let _ = write!(out, " \x1b[{colour}mfile\x1b[0m=");
        value(out, &caller.file);
    }
    for (key, field) in line.fields_besides(&[]) {
        let _ = write!(out, " \x1b[{colour}m");
        value(out, &key);
        out.push_str("\x1b[0m=");
        value(out, &text(field));
    }
}

fn pair(out: &mut String, key: &str, text: &str) {
    if !out.is_empty() {
        out.push(' ');
    }
    value(out, key);
    out.push('=');
    value(out, text);
}

/// Quotes what needs it, and leaves the empty string as nothing.
fn value(out: &mut String, text: &str) {
    if text.bytes().all(is_bare) {
        // All of it is ASCII.
        out.push_str(text.get(..LONGEST).unwrap_or(text));
        return;
    }
    out.push('"');
    escape(out, text.as_bytes(), LONGEST);
    out.push('"');
}

const fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'/' | b'@' | b'^' | b'+')
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Structured(value.clone()).to_string().into()
        }
    }
}

const RED: u8 = 31;
const YELLOW: u8 = 33;
const BLUE: u8 = 36;
const GREY: u8 = 37;
/// Bytes of a value as it is written.
const LONGEST: usize = 8192;
