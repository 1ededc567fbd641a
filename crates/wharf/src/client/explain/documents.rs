//! What the documents and layers of images are for, as far as manifests said it.

use std::collections::HashMap;

use wharf_client::FetchedManifest;
use wharf_spec::{Descriptor, Digest, Manifest, ManifestType, media_type};

/// Roles by digest.
#[derive(Debug, Default)]
pub(super) struct Documents(HashMap<Digest, Role>);

/// What something is within an image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// An entry of an index, for this platform.
    Child(Option<String>),
    Config,
    /// One of so many layers, counted from 1, and the end of its file's name.
    Layer {
        number: usize,
        of: usize,
        ending: &'static str,
    },
    /// A layer, of which nobody said more.
    SomeLayer(&'static str),
}

// === impl Documents ===

impl Documents {
    pub(super) fn role(&self, digest: &Digest) -> Option<&Role> {
        self.0.get(digest)
    }

    /// Notes what a manifest says of others.
    pub(super) fn read(&mut self, fetched: &FetchedManifest) {
        let manifest = Manifest::parse(fetched.bytes.clone(), Some(&fetched.media_type));
        let Ok(manifest) = manifest else {
            return;
        };
        for child in manifest.children() {
            let platform = child.platform.as_ref();
            let platform = platform.map(|it| match &it.variant {
                Some(variant) => format!("{}/{}/{variant}", it.os, it.architecture),
                None => format!("{}/{}", it.os, it.architecture),
            });
            self.note(child.digest, Role::Child(platform));
        }
        if let Some(config) = manifest.config() {
            self.note(config.digest, Role::Config);
        }
        let of = manifest.layers().len();
        for (number, layer) in (1..).zip(manifest.layers()) {
            let ending = ending(&layer.media_type);
            self.note(layer.digest, Role::Layer { number, of, ending });
        }
    }

    /// Notes what the type of a blob says.
    pub(super) fn learn(&mut self, descriptor: &Descriptor) {
        let is_known = self.0.contains_key(&descriptor.digest);
        let role = match descriptor.media_type.as_str() {
            media_type::OCI_CONFIG | media_type::DOCKER_CONFIG => Some(Role::Config),
            other if other.contains("layer") || other.contains("rootfs") => {
                Some(Role::SomeLayer(ending(other)))
            }
            _ => None,
        };
        if let Some(role) = role.filter(|_| !is_known) {
            self.note(descriptor.digest, role);
        }
    }

    fn note(&mut self, digest: Digest, role: Role) {
        if self.0.len() < MOST {
            self.0.insert(digest, role);
        }
    }
}

/// What a manifest of this type is, and the beginning of its file's name.
pub(super) fn manifest(content_type: &str) -> (&'static str, &'static str) {
    match ManifestType::parse(content_type) {
        Some(kind) if kind.is_index() => ("an index: a manifest for each platform", "index"),
        Some(_) => ("an image manifest: its config and its layers", "manifest"),
        None => ("a manifest", "manifest"),
    }
}

// === private ===

fn ending(media_type: &str) -> &'static str {
    if media_type.ends_with("gzip") {
        ".tar.gz"
    } else if media_type.ends_with("zstd") {
        ".tar.zst"
    } else if media_type.contains(".tar") {
        ".tar"
    } else {
        ""
    }
}

/// Of which something is known.
const MOST: usize = 100_000;
