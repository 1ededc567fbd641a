//! What a registry said when it did not do what it was asked.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// An answer that is a refusal (distribution-spec: "Error Codes").
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Its reasons, the most important first; none if the body had none that can be read, as
    /// that of a proxy in between.
    pub errors: Vec<RegistryError>,
}

/// One reason.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RegistryError {
    /// The code, as it was sent: registries have some of their own.
    pub code: String,
    /// What the registry tells people; it may be empty.
    pub message: String,
    /// Whatever else it says.
    pub detail: Value,
}

// === impl Refusal ===

impl Refusal {
    /// Reads a body, whatever it is.
    pub(crate) fn new(status: u16, body: &[u8]) -> Self {
        let wire: WireBody = serde_json::from_slice(body).unwrap_or_default();
        let mut errors: Vec<_> = wire.errors.into_iter().map(WireError::read).collect();
        errors.truncate(MOST_ERRORS);
        if errors.is_empty() {
            // Token servers answer as OAuth2 has it (RFC 6749, section 5.2), Docker Hub's and
            // some gateways with a single text.
            let texts = [
                wire.error,
                wire.details,
                wire.message,
                wire.error_description,
            ];
            let texts = texts.into_iter().filter_map(text).collect::<Vec<_>>();
            if !texts.is_empty() {
                errors.push(RegistryError {
                    message: printable(&texts.join(": ")),
                    ..RegistryError::default()
                });
            }
        }
        Self { status, errors }
    }

    /// Whether a code is among the reasons.
    #[must_use]
    pub fn has(&self, code: wharf_spec::ErrorCode) -> bool {
        self.errors.iter().any(|error| error.code == code.code())
    }
}

/// The status and all reasons, in one line.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = reqwest::StatusCode::from_u16(self.status).ok();
        let reason = reason.and_then(|status| status.canonical_reason());
        match reason {
            Some(reason) => write!(f, "{} {reason}", self.status)?,
            None => write!(f, "{}", self.status)?,
        }
        for (number, error) in self.errors.iter().enumerate() {
            f.write_str(if number == 0 { ": " } else { "; " })?;
            match (error.code.as_str(), error.message.as_str()) {
                (code, "") => f.write_str(code)?,
                ("", message) => f.write_str(message)?,
                (code, message) => write!(f, "{code}, {message}")?,
            }
        }
        Ok(())
    }
}

// === private ===

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireBody {
    errors: Vec<WireError>,
    error: Value,
    error_description: Value,
    details: Value,
    message: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireError {
    code: Value,
    message: Value,
    detail: Value,
}

impl WireError {
    fn read(self) -> RegistryError {
        RegistryError {
            code: printable(&text(self.code).unwrap_or_default()),
            message: printable(&text(self.message).unwrap_or_default()),
            detail: self.detail,
        }
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What others wrote must not move anybody's cursor.
fn printable(text: &str) -> String {
    let legal = |character: char| {
        if character.is_control() {
            ' '
        } else {
            character
        }
    };
    text.chars().take(MOST_CHARACTERS).map(legal).collect()
}

/// Reasons that are kept.
const MOST_ERRORS: usize = 16;
/// Characters of a message that are kept.
const MOST_CHARACTERS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_read_in_every_form() {
        for (body, expected) in [
            (
                r#"{"errors":[{"code":"A","message":"b","detail":1},{"code":"C"}]}"#,
                "404 Not Found: A, b; C",
            ),
            (
                r#"{"errors":[{"message":"a\u001b[2Jb"}]}"#,
                "404 Not Found: a [2Jb",
            ),
            (
                r#"{"details":"incorrect username or password"}"#,
                "404 Not Found: incorrect username or password",
            ),
            (
                r#"{"error":"invalid_grant","error_description":"gone"}"#,
                "404 Not Found: invalid_grant: gone",
            ),
            (r#"{"errors":[]}"#, "404 Not Found"),
            (r#"{"errors":{}}"#, "404 Not Found"),
            ("<html>", "404 Not Found"),
            ("", "404 Not Found"),
        ] {
            assert_eq!(Refusal::new(404, body.as_bytes()).to_string(), expected);
        }
        assert_eq!(Refusal::new(499, b"").to_string(), "499");
        let many = format!("{{\"errors\":[{}{{}}]}}", "{},".repeat(100));
        assert_eq!(Refusal::new(400, many.as_bytes()).errors.len(), 16);
    }
}
