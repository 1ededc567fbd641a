//! What is pushed: few layers, so that digests repeat; images, indexes of them, referrers.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::json;
use wharf_e2e::digest::sha256;
use wharf_e2e::noise;
use wharf_e2e::publish::{OCI_IMAGE, OCI_INDEX};

use super::random::Random;

/// Bytes by their digest.
pub(super) struct Blob {
    pub(super) digest: String,
    pub(super) bytes: Bytes,
}

/// A manifest, and what it needs.
pub(super) struct Item {
    pub(super) manifest: Blob,
    pub(super) media_type: &'static str,
    /// Places of blobs in [`Content::blobs`].
    pub(super) blobs: Vec<usize>,
    /// Places of other items.
    pub(super) children: Vec<usize>,
    /// An item that may be there or not.
    pub(super) subject: Option<usize>,
}

/// Everything that can be pushed, the same for a seed.
pub(super) struct Content {
    pub(super) blobs: Vec<Blob>,
    pub(super) items: Vec<Item>,
}

const LAYERS: usize = 20;
const IMAGES: usize = 36;
const INDEXES: usize = 8;
const REFERRERS: usize = 8;

// === impl Blob ===

impl Blob {
    fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            digest: sha256(&bytes),
            bytes,
        }
    }
}

// === impl Content ===

impl Content {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut content = Self {
            blobs: Vec::new(),
            items: Vec::new(),
        };
        for _ in 0..LAYERS {
            let length = match random.below(10) {
                0 => 600_000,
                1..4 => 60_000,
                _ => 2000,
            };
            let bytes = noise::bytes(random.next(), length + random.below(1000));
            content.blobs.push(Blob::new(bytes));
        }
        for image in 0..IMAGES {
            let layers: BTreeSet<usize> = (0..=random.below(4))
                .map(|_| random.below(LAYERS))
                .collect();
            let config =
                json!({"architecture": "amd64", "os": "linux", "seed": seed, "image": image});
            content.add_image(&config.to_string(), layers.into_iter().collect(), None);
        }
        for index in 0..INDEXES {
            let first = random.below(IMAGES);
            let children = vec![first, (first + 1 + random.below(IMAGES - 1)) % IMAGES];
            content.add_index(index, children);
        }
        for referrer in 0..REFERRERS {
            let layer = random.below(LAYERS);
            let subject = random.below(IMAGES);
            let config = json!({"referrer": referrer, "seed": seed}).to_string();
            content.add_image(&config, vec![layer], Some(subject));
        }
        let digests: BTreeSet<_> = content.items.iter().map(|it| &it.manifest.digest).collect();
        assert_eq!(digests.len(), content.items.len(), "one item is another");
        content
    }

    fn add_image(&mut self, config: &str, layers: Vec<usize>, subject: Option<usize>) {
        let config_place = self.blobs.len();
        self.blobs.push(Blob::new(config.to_owned()));
        let describe = |place: usize, kind: &str| {
            let blob = &self.blobs[place];
            json!({"mediaType": kind, "digest": blob.digest, "size": blob.bytes.len()})
        };
        let layer = "application/vnd.oci.image.layer.v1.tar";
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_IMAGE,
            "config": describe(config_place, "application/vnd.oci.image.config.v1+json"),
            "layers": layers.iter().map(|place| describe(*place, layer)).collect::<Vec<_>>(),
        });
        if let Some(subject) = subject {
            manifest["subject"] = self.describe_item(subject);
        }
        self.items.push(Item {
            manifest: Blob::new(manifest.to_string()),
            media_type: OCI_IMAGE,
            blobs: [vec![config_place], layers].concat(),
            children: Vec::new(),
            subject,
        });
    }

    /// Two of the same children would be one manifest, and a deletion of one both's.
    fn add_index(&mut self, index: usize, children: Vec<usize>) {
        let manifests: Vec<_> = children
            .iter()
            .map(|child| self.describe_item(*child))
            .collect();
        let annotations = json!({"index": index.to_string()});
        let manifest = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests, "annotations": annotations});
        self.items.push(Item {
            manifest: Blob::new(manifest.to_string()),
            media_type: OCI_INDEX,
            blobs: Vec::new(),
            children,
            subject: None,
        });
    }

    fn describe_item(&self, place: usize) -> serde_json::Value {
        let item = &self.items[place];
        let manifest = &item.manifest;
        json!({"mediaType": item.media_type, "digest": manifest.digest, "size": manifest.bytes.len()})
    }

    /// The hexadecimal digests of the data that an item needs, its own included.
    pub(super) fn needs(&self, place: usize) -> BTreeSet<String> {
        let item = &self.items[place];
        let own = std::iter::once(&item.manifest.digest)
            .chain(item.blobs.iter().map(|blob| &self.blobs[*blob].digest))
            .cloned();
        let below = item.children.iter().flat_map(|child| self.needs(*child));
        own.chain(below).collect()
    }
}
