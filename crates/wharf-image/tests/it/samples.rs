//! Images that are made for tests.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_image::Root;
use wharf_spec::{Algorithm, Descriptor, Digest, Manifest, media_type};

use crate::memory::Memory;

pub(crate) fn digest(bytes: &[u8]) -> Digest {
    wharf_hash::digest(Algorithm::Sha256, bytes)
}

pub(crate) fn descriptor(media_type: &str, bytes: &[u8]) -> Descriptor {
    Descriptor {
        media_type: media_type.to_owned(),
        digest: digest(bytes),
        size: bytes.len() as u64,
        urls: Vec::new(),
        annotations: BTreeMap::new(),
        platform: None,
        artifact_type: None,
    }
}

/// A layer that is not like others: several pieces long, or empty.
pub(crate) fn layer(seed: u8, length: usize) -> Bytes {
    let bytes = (0..length).map(|index| (index / 7) as u8 ^ seed);
    bytes.collect::<Vec<_>>().into()
}

pub(crate) fn config(platform: &str) -> Bytes {
    let mut parts = platform.split('/');
    let config = json!({
        "created": "2026-01-02T03:04:05Z",
        "os": parts.next(),
        "architecture": parts.next(),
        "variant": parts.next(),
        "config": {
            "Env": ["PATH=/bin"], "Entrypoint": ["/start"], "Cmd": null,
            "Labels": {"a": "b", "org.opencontainers.image.base.name": "docker.io/library/base:1"},
        },
        "rootfs": {"type": "layers", "diff_ids": [digest(b"one"), digest(b"two")]},
        "history": [
            {"created_by": "ADD one"},
            {"created_by": "ENV x", "empty_layer": true},
            {"created_by": "ADD two", "comment": "c"},
        ],
    });
    Bytes::from(config.to_string())
}

impl Memory {
    pub(crate) fn blob(&mut self, media_type: &str, bytes: Bytes) -> Descriptor {
        let descriptor = descriptor(media_type, &bytes);
        self.blobs.insert(descriptor.digest, bytes);
        descriptor
    }

    pub(crate) fn manifest(&mut self, document: &Value) -> Descriptor {
        let bytes = Bytes::from(document.to_string());
        let kind = Manifest::detect(&bytes).unwrap();
        let descriptor = descriptor(kind.as_str(), &bytes);
        self.manifests.insert(descriptor.digest, bytes);
        descriptor
    }

    /// An image with two layers, of which `seed` tells one.
    pub(crate) fn image(&mut self, platform: &str, seed: u8) -> Descriptor {
        let config = self.blob(media_type::OCI_CONFIG, config(platform));
        let shared = self.blob(media_type::OCI_LAYER_GZIP, layer(0, 700_000));
        let own = self.blob(media_type::OCI_LAYER, layer(seed, 3000 + usize::from(seed)));
        self.manifest(&json!({
            "schemaVersion": 2,
            "mediaType": media_type::OCI_MANIFEST,
            "config": config,
            "layers": [shared, own],
        }))
    }

    /// An index of images for these platforms, with an attestation of the first.
    pub(crate) fn index(&mut self, platforms: &[&str]) -> Descriptor {
        let mut entries = Vec::new();
        for (seed, platform) in (1..).zip(platforms) {
            let image = self.image(platform, seed);
            let mut parts = platform.split('/');
            let platform = json!({
                "os": parts.next(), "architecture": parts.next(), "variant": parts.next(),
            });
            let mut entry = serde_json::to_value(&image).unwrap();
            entry["platform"] = platform;
            entries.push(entry);
        }
        let about = entries[0]["digest"].clone();
        let attestation = self.referrer(None);
        let mut entry = serde_json::to_value(&attestation).unwrap();
        entry["platform"] = json!({"os": "unknown", "architecture": "unknown"});
        entry["annotations"] = json!({"vnd.docker.reference.digest": about});
        entries.push(entry);
        self.manifest(&json!({
            "schemaVersion": 2,
            "mediaType": media_type::OCI_INDEX,
            "manifests": entries,
            "annotations": {"kept": "yes"},
        }))
    }

    /// An artifact that is about something, or about nothing.
    pub(crate) fn referrer(&mut self, subject: Option<&Descriptor>) -> Descriptor {
        let config = self.blob(media_type::EMPTY_JSON, Bytes::from_static(b"{}"));
        let content = self.blob("text/plain", Bytes::from_static(b"good"));
        let mut document = json!({
            "schemaVersion": 2,
            "mediaType": media_type::OCI_MANIFEST,
            "artifactType": "application/vnd.example",
            "config": config,
            "layers": [content],
        });
        if let Some(subject) = subject {
            document["subject"] = json!(subject);
        }
        self.manifest(&document)
    }

    /// Makes something what the place speaks of.
    pub(crate) fn root(&mut self, descriptor: &Descriptor, names: &[&str]) {
        self.roots.push(Root {
            descriptor: descriptor.clone(),
            names: names.iter().map(ToString::to_string).collect(),
        });
    }
}
