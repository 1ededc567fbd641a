//! Lines of JSON (logrus: `json_formatter.go`; logrus-logstash-hook 0.4:
//! `logstash_formatter.go`, as distribution 2.8 has it).

use std::fmt::Write as _;

use serde_json::Value;
use wharf_log::is_printable;

use super::line::Line;
use super::time::Rfc3339Nano;

/// Under which names the parts of a line stand.
pub(super) struct Names {
    time: &'static str,
    message: &'static str,
    function: &'static str,
    /// What each line has besides.
    version: Option<(&'static str, &'static str)>,
}

pub(super) const LOGRUS: Names = Names {
    time: "time",
    message: "msg",
    function: "func",
    version: None,
};

pub(super) const LOGSTASH: Names = Names {
    time: "@timestamp",
    message: "message",
    function: "function",
    version: Some(("@version", "1")),
};

/// An object whose keys are in order, as Go's encoder writes maps.
pub(super) fn write(out: &mut String, line: &Line<'_>, names: &Names) {
    let mut own: Vec<(&str, Value)> = vec![
        (names.time, Rfc3339Nano(&line.time).to_string().into()),
        (names.message, line.message.into()),
        ("level", line.level_name().into()),
    ];
    own.extend(names.version.map(|(name, value)| (name, value.into())));
    if let Some(caller) = &line.caller {
        own.push((names.function, caller.function.into()));
        own.push(("file", caller.file.as_str().into()));
    }
    let taken: Vec<_> = own.iter().map(|(key, _)| *key).collect();
    let mut all = line.fields_besides(&taken);
    all.extend(own.iter().map(|(key, value)| ((*key).into(), value)));
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    object(out, all.iter().map(|(key, value)| (key.as_ref(), *value)));
}

fn object<'a>(out: &mut String, entries: impl Iterator<Item = (&'a str, &'a Value)>) {
    out.push('{');
    for (index, (key, value)) in entries.enumerate() {
        if index > 0 {
            out.push(',');
        }
        string(out, key);
        out.push(':');
        self::value(out, value);
    }
    out.push('}');
}

fn value(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => string(out, text),
        Value::Array(values) => {
            out.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                self::value(out, value);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            object(
                out,
                entries.iter().map(|(key, value)| (key.as_str(), value)),
            );
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            // A string takes all that is written to it.
            let _ = write!(out, "{value}");
        }
    }
}

/// What cannot be seen is written as a number: no reader then takes it for the end of a
/// line, nor a terminal for a command.
fn string(out: &mut String, text: &str) {
    out.push('"');
    let end = out.len() + LONGEST;
    for c in text.chars() {
        if out.len() >= end {
            out.push_str("...");
            break;
        }
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // A string takes all that is written to it.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// Bytes of a text as it is written.
const LONGEST: usize = 8192;
