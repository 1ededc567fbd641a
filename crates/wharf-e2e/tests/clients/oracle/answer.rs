//! An answer without what differs from one time to the next: ids, times, states, names of
//! repositories that are ours alone.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use wharf_e2e::raw::RawAnswer;

use super::content::Content;

/// What of an answer is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: AnswerBody,
    /// False when the connection ended in the middle of it.
    pub(super) whole: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AnswerBody {
    /// The registry's way to say that it will not.
    Errors(Vec<ErrorEntry>),
    Json(Value),
    Text(String),
    /// So many bytes, with this checksum.
    Bytes(usize, u64),
}

/// One entry of `errors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ErrorEntry {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) detail: Value,
}

/// Headers that say nothing about the API, only about the connection and the time.
const INCIDENTAL: &[&str] = &["connection", "date", "keep-alive", "transfer-encoding"];

// === impl Answer ===

impl Answer {
    /// `secrets` are texts with what stands for them.
    pub(super) fn new(
        raw: &RawAnswer,
        secrets: &[(String, &'static str)],
        content: &Content,
    ) -> Self {
        let names = Names::of(raw, secrets, content);
        let mut headers = BTreeMap::new();
        for (name, value) in &raw.headers {
            if INCIDENTAL.contains(&name.as_str()) {
                continue;
            }
            let value = match name.as_str() {
                "allow" => sorted(value),
                _ => names.put_into(value),
            };
            headers
                .entry(name.clone())
                .and_modify(|all: &mut String| {
                    all.push_str(" | ");
                    all.push_str(&value);
                })
                .or_insert(value);
        }
        Self {
            status: raw.status,
            headers,
            body: AnswerBody::new(&raw.body, &names),
            whole: raw.whole,
        }
    }

    pub(super) fn errors(&self) -> &[ErrorEntry] {
        match &self.body {
            AnswerBody::Errors(errors) => errors,
            AnswerBody::Json(_) | AnswerBody::Text(_) | AnswerBody::Bytes(..) => &[],
        }
    }

    pub(super) fn codes(&self) -> Vec<&str> {
        self.errors()
            .iter()
            .map(|error| error.code.as_str())
            .collect()
    }
}

impl AnswerBody {
    fn new(bytes: &[u8], names: &Names) -> Self {
        let Ok(text) = std::str::from_utf8(bytes) else {
            let checksum = bytes.iter().fold(7_u64, |sum, byte| {
                sum.wrapping_mul(31).wrapping_add(u64::from(*byte))
            });
            return Self::Bytes(bytes.len(), checksum);
        };
        let text = names.put_into(text);
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => errors(&value).map_or_else(|| Self::Json(in_order(value)), Self::Errors),
            Err(_) => Self::Text(text),
        }
    }
}

impl fmt::Display for AnswerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Errors(errors) => {
                for error in errors {
                    write!(f, "{} “{}” {}", error.code, error.message, error.detail)?;
                }
                Ok(())
            }
            Self::Json(value) => write!(f, "{value}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bytes(length, _) => write!(f, "{length} bytes"),
        }
    }
}

fn errors(value: &Value) -> Option<Vec<ErrorEntry>> {
    let errors = value.get("errors")?.as_array()?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let entry = |error: &Value| ErrorEntry {
        code: text(&error["code"]),
        message: text(&error["message"]),
        detail: error["detail"].clone(),
    };
    Some(errors.iter().map(entry).collect())
}

/// What stands for what in a text.
struct Names {
    pairs: Vec<(String, String)>,
}

// === impl Names ===

impl Names {
    fn of(raw: &RawAnswer, secrets: &[(String, &'static str)], content: &Content) -> Self {
        let mut pairs: Vec<_> = secrets
            .iter()
            .map(|(secret, name)| (secret.clone(), (*name).to_owned()))
            .collect();
        for (name, digest) in &content.digests {
            pairs.push((digest.clone(), format!("<digest of {name}>")));
        }
        let content_type = raw.header("content-type").unwrap_or_default();
        if let Some((_, boundary)) = content_type.split_once("boundary=") {
            pairs.push((boundary.to_owned(), "<boundary>".to_owned()));
        }
        Self { pairs }
    }

    fn put_into(&self, text: &str) -> String {
        let text = self
            .pairs
            .iter()
            .fold(text.to_owned(), |text, (what, name)| {
                text.replace(what, name)
            });
        without_digests(text)
    }
}

/// Digests of what a server made up, such as images converted to schema 1.
fn without_digests(mut text: String) -> String {
    const PREFIX: &str = "sha256:";
    let mut from = 0;
    while let Some(found) = text[from..].find(PREFIX) {
        let start = from + found;
        let hex = start + PREFIX.len();
        let length = text[hex..]
            .bytes()
            .take_while(u8::is_ascii_hexdigit)
            .count();
        if length == 64 {
            text.replace_range(start..hex + length, "<some digest>");
        }
        from = start + 1;
    }
    text
}

/// Names in a header, in the order of the alphabet.
fn sorted(list: &str) -> String {
    let mut parts: Vec<&str> = list.split(',').map(str::trim).collect();
    parts.sort_unstable();
    parts.join(", ")
}

/// distribution 2.8 lists tags as the directory brings them: another order on every disk.
fn in_order(mut value: Value) -> Value {
    if let Some(tags) = value.get_mut("tags").and_then(Value::as_array_mut) {
        let before = tags.clone();
        tags.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
        if *tags != before {
            value["sorted"] = Value::Bool(false);
        }
    }
    value
}
