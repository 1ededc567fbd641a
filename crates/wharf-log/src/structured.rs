//! A value of JSON as a field of an event.

use std::error::Error;
use std::fmt;

use serde_json::Value;

/// A value that a log in JSON writes as JSON, and a log in text as Go's `%v` does.
///
/// It is an error only so that `tracing`, which knows no structured values, carries it
/// from the event to the writer of the log: `Visit::record_error` can tell it apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Structured(pub Value);

// === impl Structured ===

impl fmt::Display for Structured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        go(f, &self.0)
    }
}

impl Error for Structured {}

fn go(f: &mut fmt::Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Null => f.write_str("<nil>"),
        Value::Bool(value) => write!(f, "{value}"),
        Value::Number(value) => write!(f, "{value}"),
        Value::String(value) => f.write_str(value),
        Value::Array(values) => {
            f.write_str("[")?;
            for (index, value) in values.iter().enumerate() {
                f.write_str(if index > 0 { " " } else { "" })?;
                go(f, value)?;
            }
            f.write_str("]")
        }
        Value::Object(entries) => {
            f.write_str("map[")?;
            for (index, (key, value)) in entries.iter().enumerate() {
                write!(f, "{}{key}:", if index > 0 { " " } else { "" })?;
                go(f, value)?;
            }
            f.write_str("]")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn as_go_prints_them() {
        for (value, shown) in [
            (json!({ "name": "a" }), "map[name:a]"),
            (json!({ "b": ["x", "y<z"], "a": 1 }), "map[a:1 b:[x y<z]]"),
            (json!("unknown tag=latest"), "unknown tag=latest"),
            (json!([null, true, 1.5, {}]), "[<nil> true 1.5 map[]]"),
        ] {
            assert_eq!(Structured(value).to_string(), shown);
        }
    }
}
