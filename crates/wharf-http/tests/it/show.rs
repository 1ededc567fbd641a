//! Answers as text for snapshots.

use crate::wire::Response;

impl Response {
    /// Head and body, without what is different each time, and without `Vary`, which has
    /// its test in `accept.rs`.
    pub(crate) fn show(&self) -> String {
        let is_shown = |line: &&str| !line.starts_with("date: ") && !line.starts_with("vary: ");
        let lines = self.head.lines().filter(is_shown);
        let mut shown: String = lines.flat_map(|line| [line.trim_end(), "\n"]).collect();
        assert!(
            self.header("Date").is_some(),
            "RFC 9110, section 6.6.1: {}",
            self.head
        );
        if !self.body.is_empty() {
            shown += "\n";
            shown += &String::from_utf8_lossy(&self.body);
        }
        normalise(&shown)
    }
}

/// Digests get short, identifiers of uploads go.
pub(crate) fn normalise(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let digits = rest
            .find(|digit: char| !digit.is_ascii_hexdigit())
            .unwrap_or(rest.len());
        if is_uuid(rest) {
            shown += "<id>";
            rest = &rest[UUID.len()..];
        } else if digits >= 64 {
            shown += &format!("{}..", &rest[..6]);
            rest = &rest[digits..];
        } else {
            shown.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    shown
}

fn is_uuid(text: &str) -> bool {
    let fits = |(found, form): (u8, u8)| {
        if form == b'-' {
            found == b'-'
        } else {
            found.is_ascii_hexdigit()
        }
    };
    text.len() >= UUID.len() && text.bytes().zip(UUID.bytes()).all(fits)
}

const UUID: &str = "00000000-0000-0000-0000-000000000000";
