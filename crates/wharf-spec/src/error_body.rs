//! The JSON of an answer that is an error.

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::ErrorCode;

/// The body of an error (distribution-spec: "Error Codes"): one entry or several.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorBody {
    errors: Vec<ErrorEntry>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorEntry {
    /// What clients act upon.
    pub code: ErrorCode,
    /// What people read, where the code's own message says too little.
    pub message: Option<String>,
    /// What helps to find the fault; left out of the answer when it is `null`.
    pub detail: Value,
}

// === impl ErrorBody ===

impl ErrorBody {
    /// A body with these entries; the first gives the answer its status.
    #[must_use]
    pub const fn new(errors: Vec<ErrorEntry>) -> Self {
        Self { errors }
    }

    /// What is wrong, the most important first.
    #[must_use]
    pub fn errors(&self) -> &[ErrorEntry] {
        &self.errors
    }

    /// The HTTP status of the first entry. distribution: api/errcode/handler.go
    #[must_use]
    pub fn status(&self) -> u16 {
        self.errors
            .first()
            .map_or(ErrorCode::Unknown, |entry| entry.code)
            .status()
    }

    /// The body as it is sent, with the line feed that Go's encoder ends it with.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Nothing in it can fail to be written: its only maps have texts as keys.
        let mut json = serde_json::to_vec(self).unwrap_or_default();
        json.push(b'\n');
        json
    }
}

impl From<ErrorEntry> for ErrorBody {
    fn from(entry: ErrorEntry) -> Self {
        Self::new(vec![entry])
    }
}

// === impl ErrorEntry ===

impl ErrorEntry {
    /// The same with this message instead of the code's own.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// The same with this detail.
    #[must_use]
    pub fn with_detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

impl From<ErrorCode> for ErrorEntry {
    fn from(code: ErrorCode) -> Self {
        Self {
            code,
            message: None,
            detail: Value::Null,
        }
    }
}

impl Serialize for ErrorEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let message = self
            .message
            .as_deref()
            .unwrap_or_else(|| self.code.message());
        WireEntry {
            code: self.code,
            message,
            detail: &self.detail,
        }
        .serialize(serializer)
    }
}

// === private ===

#[derive(Serialize)]
struct WireEntry<'a> {
    code: ErrorCode,
    message: &'a str,
    #[serde(skip_serializing_if = "Value::is_null")]
    detail: &'a Value,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bodies_look_like_distributions() {
        let body = ErrorBody::new(vec![
            ErrorEntry::from(ErrorCode::ManifestBlobUnknown).with_detail(json!({"digest": "x"})),
            ErrorEntry::from(ErrorCode::DigestInvalid).with_message("digest missing"),
        ]);
        assert_eq!(body.status(), 400);
        insta::assert_snapshot!(String::from_utf8(body.to_json()).unwrap(), @r#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry","detail":{"digest":"x"}},{"code":"DIGEST_INVALID","message":"digest missing"}]}"#);
        assert!(body.to_json().ends_with(b"}\n"));
        assert_eq!(ErrorBody::new(Vec::new()).status(), 500);
    }
}
