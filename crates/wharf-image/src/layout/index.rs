//! The list of images, `index.json` (image-spec: image-layout.md).

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use wharf_spec::{Descriptor, Manifest, media_type};

use crate::ImageError;

/// The annotation with an image's name within a layout (image-spec: annotations.md).
pub(crate) const REFERENCE_NAME: &str = "org.opencontainers.image.ref.name";
/// The annotation with a full name. containerd: core/images/annotations.go
pub(crate) const IMAGE_NAME: &str = "io.containerd.image.name";
/// Bytes that are read.
pub(crate) const MOST_INDEX: u64 = 32 << 20;

/// The list, with whatever else stands in the file.
#[derive(Debug)]
pub(crate) struct Index {
    document: Map<String, Value>,
}

// === impl Index ===

impl Index {
    pub(crate) fn new() -> Self {
        let document = json!({
            "schemaVersion": 2,
            "mediaType": media_type::OCI_INDEX,
            "manifests": [],
        });
        Self {
            document: match document {
                Value::Object(document) => document,
                _ => Map::new(),
            },
        }
    }

    /// The list that a file has, to be added to.
    pub(crate) fn read(bytes: &[u8], what: &str) -> Result<Self, ImageError> {
        let document: Map<String, Value> = serde_json::from_slice(bytes)
            .map_err(|error| ImageError::damaged(what, error.to_string()))?;
        match document.get("manifests") {
            Some(Value::Array(_)) => Ok(Self { document }),
            _ => Err(ImageError::damaged(what, "it has no list of manifests")),
        }
    }

    /// The entries of a list that is only read.
    pub(crate) fn entries(bytes: Bytes, what: &str) -> Result<Vec<Descriptor>, ImageError> {
        let index = Manifest::parse(bytes, Some(media_type::OCI_INDEX));
        let index = index.map_err(|error| ImageError::damaged(what, error.to_string()))?;
        Ok(index.children().to_vec())
    }

    /// Adds an image under names, which others lose, or without one, unless it is listed.
    pub(crate) fn put(&mut self, descriptor: &Descriptor, names: &[EntryName]) {
        let Some(Value::Array(entries)) = self.document.get_mut("manifests") else {
            return;
        };
        let digest = descriptor.digest.to_string();
        let name_of = |entry: &Value, key: &str| {
            let name = entry.get("annotations").and_then(|it| it.get(key));
            name.and_then(Value::as_str).map(str::to_owned)
        };
        if names.is_empty() {
            let is_same =
                |entry: &Value| entry.get("digest").and_then(Value::as_str) == Some(&digest);
            if !entries.iter().any(is_same) {
                entries.extend(entry(descriptor, None));
            }
            return;
        }
        entries.retain(|old| {
            let is_same = old.get("digest").and_then(Value::as_str) == Some(&digest);
            let full = name_of(old, IMAGE_NAME);
            match name_of(old, REFERENCE_NAME) {
                // A name stands in its place now.
                None => !(is_same && full.is_none()),
                Some(short) => !names
                    .iter()
                    .any(|name| name.short == short && (full.is_none() || full == name.full)),
            }
        });
        entries.extend(
            names
                .iter()
                .filter_map(|name| entry(descriptor, Some(name))),
        );
    }

    pub(crate) fn to_bytes(&self) -> Bytes {
        serde_json::to_vec(&self.document)
            .unwrap_or_default()
            .into()
    }
}

/// What an entry is called.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct EntryName {
    pub(crate) short: String,
    /// With registry and repository.
    pub(crate) full: Option<String>,
}

// === impl EntryName ===

impl EntryName {
    /// A name within a layout alone.
    pub(crate) const fn short(short: String) -> Self {
        Self { short, full: None }
    }
}

// === private ===

fn entry(descriptor: &Descriptor, name: Option<&EntryName>) -> Option<Value> {
    let mut descriptor = descriptor.clone();
    // Names that it had elsewhere are not those it has here.
    let mut annotations: BTreeMap<_, _> = std::mem::take(&mut descriptor.annotations);
    annotations.retain(|key, _| key != REFERENCE_NAME && key != IMAGE_NAME);
    if let Some(name) = name {
        annotations.insert(REFERENCE_NAME.to_owned(), name.short.clone());
        let full = name.full.clone();
        annotations.extend(full.map(|full| (IMAGE_NAME.to_owned(), full)));
    }
    descriptor.annotations = annotations;
    serde_json::to_value(&descriptor).ok()
}
