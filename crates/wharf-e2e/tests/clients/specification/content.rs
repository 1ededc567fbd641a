//! What is pushed: blobs and manifests, in the order in which they refer to each other.

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_e2e::noise;
use wharf_e2e::publish::{OCI_IMAGE, OCI_INDEX, descriptor};

use super::blob::{Algorithm, Blob};

pub(super) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(super) const EMPTY: &str = "application/vnd.oci.empty.v1+json";
pub(super) const GZIP_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
pub(super) const TAR_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
pub(super) const DOCUMENT: &str = "application/vnd.example.document.v1";

/// How manifests get their tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tagging {
    /// Pushed to the path of the tag.
    ByPath,
    /// Pushed to the path of the digest, with `?tag=`.
    ByParameter,
}

/// A manifest and its tags.
#[derive(Clone, Debug)]
pub(super) struct Manifest {
    pub(super) blob: Blob,
    pub(super) json: Value,
    pub(super) tags: Vec<String>,
}

/// All that a test pushes. Of a manifest, what it refers to comes first.
pub(super) struct Content {
    pub(super) name: &'static str,
    pub(super) algorithm: Algorithm,
    pub(super) tagging: Tagging,
    pub(super) blobs: Vec<Blob>,
    pub(super) manifests: Vec<Manifest>,
    seed: u64,
}

// === impl Manifest ===

impl Manifest {
    /// What it says of itself, or what it is, when it says nothing.
    pub(super) fn media_type(&self) -> &str {
        let by_shape = match self.json.get("manifests") {
            Some(_) => OCI_INDEX,
            None => OCI_IMAGE,
        };
        self.json["mediaType"].as_str().unwrap_or(by_shape)
    }

    pub(super) fn subject(&self) -> Option<&str> {
        self.json["subject"]["digest"].as_str()
    }

    pub(super) fn descriptor(&self) -> Value {
        descriptor(self.media_type(), &self.blob.digest, self.blob.bytes.len())
    }

    /// What its subject's list of referrers says of it.
    pub(super) fn listing(&self) -> Value {
        let mut listing = self.descriptor();
        let own = self.json["artifactType"].as_str();
        let given = own.filter(|text| !text.is_empty());
        if let Some(text) = given.or(self.json["config"]["mediaType"].as_str()) {
            listing["artifactType"] = text.into();
        }
        if let Some(annotations) = self.json["annotations"].as_object() {
            listing["annotations"] = annotations.clone().into();
        }
        listing
    }
}

// === impl Content ===

impl Content {
    pub(super) fn new(name: &'static str) -> Self {
        let seed = name.bytes().map(u64::from);
        Self {
            name,
            algorithm: Algorithm::Sha256,
            tagging: Tagging::ByPath,
            blobs: Vec::new(),
            manifests: Vec::new(),
            // Far from the seeds of other names.
            seed: seed.fold(7_u64, |seed, byte| {
                seed.wrapping_mul(257).wrapping_add(byte)
            }) << 16,
        }
    }

    /// The digests of everything are of this kind. Only `?tag=` can tag such a manifest: the
    /// path of a tag does not say which digest is meant.
    pub(super) fn in_sha512(mut self) -> Self {
        self.algorithm = Algorithm::Sha512;
        self.tagged_by_parameter()
    }

    pub(super) fn tagged_by_parameter(mut self) -> Self {
        self.tagging = Tagging::ByParameter;
        self
    }

    /// Adds a blob, once. Returns its descriptor.
    pub(super) fn blob(&mut self, media_type: &str, bytes: impl Into<Bytes>) -> Value {
        let blob = self.algorithm.blob(bytes);
        let described = descriptor(media_type, &blob.digest, blob.bytes.len());
        if self.blobs.iter().all(|held| held.digest != blob.digest) {
            self.blobs.push(blob);
        }
        described
    }

    /// Adds a blob that nobody else has.
    pub(super) fn layer(&mut self, media_type: &str) -> Value {
        self.seed += 1;
        let bytes = noise::bytes(self.seed, 2000);
        self.blob(media_type, bytes)
    }

    /// Describes a blob or manifest that is not there.
    pub(super) fn nowhere(&mut self, media_type: &str) -> Value {
        self.seed += 1;
        let digest = self.algorithm.digest(&noise::bytes(self.seed, 2000));
        descriptor(media_type, &digest, 2000)
    }

    /// Adds a config that nobody else has.
    pub(super) fn config(&mut self) -> Value {
        self.seed += 1;
        let author = format!("{} {}", self.name, self.seed);
        let config = json!({
            "architecture": "amd64", "os": "linux", "author": author,
            "rootfs": {"type": "layers", "diff_ids": []},
        });
        self.blob(CONFIG, config.to_string())
    }

    /// An image with these layers, not pushed yet.
    pub(super) fn image(&mut self, layers: &[Value]) -> Value {
        let config = self.config();
        json!({"schemaVersion": 2, "mediaType": OCI_IMAGE, "config": config, "layers": layers})
    }

    /// An image with two layers that nobody else has.
    pub(super) fn plain_image(&mut self) -> Value {
        let layers = [self.layer(GZIP_LAYER), self.layer(GZIP_LAYER)];
        self.image(&layers)
    }

    /// An artifact without config, with one blob that nobody else has.
    pub(super) fn artifact(&mut self, artifact_type: &str) -> Value {
        let config = self.blob(EMPTY, "{}");
        let layer = self.layer(artifact_type);
        json!({
            "schemaVersion": 2, "mediaType": OCI_IMAGE, "artifactType": artifact_type,
            "config": config, "layers": [layer],
        })
    }

    /// Adds a manifest with tags. Returns its descriptor. What a server would make of it if it
    /// wrote it anew is another sequence of bytes.
    pub(super) fn add(&mut self, json: Value, tags: &[&str]) -> Value {
        let bytes = format!("{json:#}\n");
        let manifest = Manifest {
            blob: self.algorithm.blob(bytes),
            json,
            tags: tags.iter().copied().map(str::to_owned).collect(),
        };
        let described = manifest.descriptor();
        self.manifests.push(manifest);
        described
    }

    pub(super) fn add_image(&mut self, tags: &[&str]) -> Value {
        let image = self.plain_image();
        self.add(image, tags)
    }
}

/// The tags of manifests, sorted.
pub(super) fn tags(manifests: &[Manifest]) -> Vec<String> {
    let tags = manifests.iter().flat_map(|manifest| &manifest.tags);
    let mut tags: Vec<String> = tags.cloned().collect();
    tags.sort();
    tags
}

/// An index, not pushed yet. The platforms are made up.
pub(super) fn index(children: &[Value]) -> Value {
    let children = children.iter().zip(0..).map(|(child, number)| {
        let mut child = child.clone();
        child["platform"] = json!({"architecture": format!("cpu{number}"), "os": "linux"});
        child
    });
    let children: Vec<Value> = children.collect();
    json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children})
}
