//! What a registry holds when a workload begins.

use wharf_spec::Digest;

use crate::content::{Content, Mould};

/// How much of everything: all of it, or little for a smoke test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sizes {
    /// Bytes of the blob of the big pulls and pushes.
    pub big: usize,
    /// Bytes of each blob that is pushed in parallel.
    pub parallel: usize,
    /// Bytes of a range or of a chunk.
    pub piece: usize,
    /// How many blobs of 16 KiB.
    pub small: usize,
    /// How many manifests, each with a tag.
    pub manifests: usize,
    /// Tags of the repository with many tags.
    pub tags: usize,
    /// How many repositories.
    pub repositories: usize,
    /// How many idle connections.
    pub idle: usize,
    /// Images of the store that is collected, a multiple of 100.
    #[serde(default = "images_collected")]
    pub collected: usize,
    /// Images of the store that is collected while others pull, a multiple of 100.
    #[serde(default = "images_collected_beside_pulls")]
    pub collected_beside_pulls: usize,
}

/// Blobs and manifests of one repository.
#[derive(Clone, Debug)]
pub struct Goods {
    /// The big blob, unless the workload needs none.
    pub big: Option<Content>,
    /// The blobs of 16 KiB, which the manifests refer to.
    pub small: Vec<Content>,
    /// Manifests with their tags.
    pub manifests: Vec<(String, Content)>,
}

/// The repository that is pulled from.
pub const REPOSITORY: &str = "bench/pull";
/// What manifests are pushed and asked for as.
pub const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// Bytes of a small blob.
pub const SMALL: usize = 16 * 1024;

const LAYERS: usize = 6;

// === impl Sizes ===

impl Sizes {
    /// What the reports in the tree were made with.
    #[must_use]
    pub const fn full() -> Self {
        Self {
            big: 512 << 20,
            parallel: 64 << 20,
            piece: 8 << 20,
            small: 256,
            manifests: 64,
            tags: 100_000,
            repositories: 10_000,
            idle: 1_000,
            collected: images_collected(),
            collected_beside_pulls: images_collected_beside_pulls(),
        }
    }

    /// Enough to see that everything works.
    #[must_use]
    pub const fn smoke() -> Self {
        Self {
            big: 16 << 20,
            parallel: 4 << 20,
            piece: 2 << 20,
            small: 16,
            manifests: 8,
            tags: 400,
            repositories: 200,
            idle: 50,
            collected: 300,
            collected_beside_pulls: 200,
        }
    }
}

// === impl Goods ===

impl Goods {
    /// The same in every run. Takes as long as the big blob takes to hash.
    #[must_use]
    pub fn new(sizes: &Sizes) -> Self {
        let mould = Mould::new(2, SMALL);
        let small: Vec<Content> = (0..sizes.small as u128).map(|at| mould.cast(at)).collect();
        let manifests = (0..sizes.manifests)
            .map(|at| (format!("v{at}"), manifest_of(&small, at)))
            .collect();
        Self {
            big: Some(Mould::new(1, sizes.big).cast(0)),
            small,
            manifests,
        }
    }

    /// Without the big blob, for stores that are made often.
    #[must_use]
    pub fn without_big(&self) -> Self {
        Self {
            big: None,
            ..self.clone()
        }
    }

    /// Without the blobs that no manifest refers to: a collection would take them.
    #[must_use]
    pub fn needed(&self) -> Self {
        let mut needed = self.without_big();
        needed.small.truncate(self.manifests.len() + LAYERS);
        needed
    }

    /// Every blob.
    pub fn blobs(&self) -> impl Iterator<Item = &Content> {
        self.big.iter().chain(&self.small)
    }
}

/// Of all reports, those that were made before it was measured included.
const fn images_collected() -> usize {
    100_000
}

/// A collection of so many takes about as long as a measurement.
const fn images_collected_beside_pulls() -> usize {
    10_000
}

/// The manifest number `at`, of seven of these blobs.
fn manifest_of(blobs: &[Content], at: usize) -> Content {
    let some: Vec<&Content> = blobs.iter().cycle().skip(at).take(LAYERS + 1).collect();
    let digests: Vec<(Digest, u64)> = some.iter().map(|blob| (blob.digest, blob.len())).collect();
    let note = format!("manifest {at}");
    match digests.split_first() {
        Some((config, layers)) => image(*config, layers, &note),
        None => Content::of(""),
    }
}

/// An OCI image manifest.
#[must_use]
pub fn image(config: (Digest, u64), layers: &[(Digest, u64)], note: &str) -> Content {
    let descriptor = |media_type: &str, (digest, size): (Digest, u64)| serde_json::json!({"mediaType": media_type, "digest": digest.to_string(), "size": size});
    let layers: Vec<_> = layers
        .iter()
        .map(|&layer| descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer))
        .collect();
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": descriptor("application/vnd.oci.image.config.v1+json", config),
        "layers": layers,
        "annotations": {"note": note},
    });
    Content::of(manifest.to_string())
}
