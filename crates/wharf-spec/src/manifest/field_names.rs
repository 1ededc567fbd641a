//! Field names that some programs take for one of ours, and some do not.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::ManifestError;

/// Refuses field names that Go takes for one of ours: it ignores case, by Unicode's rules.
pub(super) fn check(bytes: &[u8]) -> Result<(), ManifestError> {
    let FirstMisnamed(misnamed) = serde_json::from_slice(bytes)?;
    match misnamed {
        Some((found, expected)) => Err(ManifestError::FieldName { found, expected }),
        None => Ok(()),
    }
}

// === impl FirstMisnamed ===

/// The first field of an object that only looks like one of ours, and the one it looks like.
struct FirstMisnamed(Option<(String, &'static str)>);

struct FieldNameVisitor;

impl<'de> Deserialize<'de> for FirstMisnamed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldNameVisitor)
    }
}

impl<'de> Visitor<'de> for FieldNameVisitor {
    type Value = FirstMisnamed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut first = None;
        while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            first = first.or_else(|| looks_like(&name).map(|field| (name, field)));
        }
        Ok(FirstMisnamed(first))
    }
}

/// The field of ours that Go takes `name` for, unless it is that very name.
/// Go: encoding/json/fold.go
fn looks_like(name: &str) -> Option<&'static str> {
    let fold = |character| match character {
        'ſ' => 's',
        '\u{212a}' => 'k',
        other => char::to_ascii_lowercase(&other),
    };
    let is_like = |field: &&str| {
        name.chars().map(fold).eq(field
            .chars()
            .map(|character| character.to_ascii_lowercase()))
    };
    FIELDS
        .into_iter()
        .find(is_like)
        .filter(|field| *field != name)
}

const FIELDS: [&str; 8] = [
    "schemaVersion",
    "mediaType",
    "artifactType",
    "config",
    "layers",
    "manifests",
    "subject",
    "annotations",
];
