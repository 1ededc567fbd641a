//! Which images of an index are copied, and what stands for the index then.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};
use wharf_spec::{Descriptor, Digest, Manifest, ManifestType};

use super::Rewritten;
use crate::inspect::ImageConfig;
use crate::platform::label;
use crate::source::Source;
use crate::{ImageError, WantedPlatform, manifests};

/// Which images of an index are copied. Of an image without an index, it is looked whether it
/// is for one of these platforms.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Platforms {
    /// All of them.
    #[default]
    All,
    /// The best for one platform, without the index.
    One(WantedPlatform),
    /// The best for each of these, with an index that has no others, and so another digest.
    Several(Vec<WantedPlatform>),
    /// The same with the whole index, which then speaks of what is not there; most registries
    /// do not take that.
    Sparse(Vec<WantedPlatform>),
}

/// A root, and which of its children go with it.
pub(crate) struct Selected {
    pub(crate) descriptor: Descriptor,
    pub(crate) bytes: Bytes,
    /// `None` for all.
    pub(super) children: Option<BTreeSet<Digest>>,
    pub(super) rewritten: Option<Rewritten>,
}

pub(crate) async fn select(
    source: &Arc<dyn Source>,
    root: &Descriptor,
    platforms: &Platforms,
) -> Result<Selected, ImageError> {
    let mut descriptor = root.clone();
    let mut nested = 0;
    loop {
        let bytes = source.manifest(&descriptor).await?;
        let manifest = manifests::parse(bytes.clone(), &descriptor)?;
        let (wanted, is_sparse) = match platforms {
            Platforms::All => return Ok(Selected::all(descriptor, bytes)),
            Platforms::One(wanted) => (std::slice::from_ref(wanted), false),
            Platforms::Several(wanted) => (wanted.as_slice(), false),
            Platforms::Sparse(wanted) => (wanted.as_slice(), true),
        };
        if !manifest.media_type().is_index() {
            check(source, &manifest, wanted).await?;
            return Ok(Selected::all(descriptor, bytes));
        }
        let best = wanted
            .iter()
            .map(|wanted| best(manifest.children(), wanted));
        let best = best.collect::<Result<Vec<_>, _>>()?;
        match (platforms, best.as_slice()) {
            (Platforms::One(_), [one]) if nested < MOST_NESTED => {
                descriptor = (*one).clone();
                nested += 1;
            }
            _ => {
                let chosen = best.iter().map(|child| child.digest).collect();
                return Selected::some(descriptor, &manifest, chosen, is_sparse);
            }
        }
    }
}

// === impl Selected ===

impl Selected {
    const fn all(descriptor: Descriptor, bytes: Bytes) -> Self {
        Self {
            descriptor,
            bytes,
            children: None,
            rewritten: None,
        }
    }

    fn some(
        descriptor: Descriptor,
        index: &Manifest,
        mut chosen: BTreeSet<Digest>,
        is_sparse: bool,
    ) -> Result<Self, ImageError> {
        let about = index
            .children()
            .iter()
            .filter(|child| is_about(child, &chosen));
        let about: Vec<_> = about.map(|child| child.digest).collect();
        chosen.extend(about);
        let bytes = index.bytes().clone();
        let is_all = index
            .children()
            .iter()
            .all(|child| chosen.contains(&child.digest));
        if is_all || is_sparse {
            let children = Some(chosen);
            return Ok(Self {
                children,
                ..Self::all(descriptor, bytes)
            });
        }
        let bytes = without_others(&bytes, &chosen, descriptor.digest)?;
        let digest = wharf_hash::digest(descriptor.digest.algorithm(), &bytes);
        let rewritten = Rewritten {
            from: descriptor.digest,
            reason: "the index lists only the platforms that were asked for".to_owned(),
        };
        let descriptor = Descriptor {
            digest,
            size: bytes.len() as u64,
            ..descriptor
        };
        Ok(Self {
            rewritten: Some(rewritten),
            ..Self::all(descriptor, bytes)
        })
    }
}

// === private ===

fn best<'a>(
    children: &'a [Descriptor],
    wanted: &WantedPlatform,
) -> Result<&'a Descriptor, ImageError> {
    let rank = |child: &Descriptor| child.platform.as_ref().and_then(|it| wanted.rank(it));
    let ranked = children
        .iter()
        .filter_map(|child| Some((rank(child)?, child)));
    let best = ranked.min_by_key(|(rank, _)| *rank);
    best.map(|(_, child)| child).ok_or_else(|| {
        let platforms = children.iter().filter_map(|child| child.platform.as_ref());
        let mut available: Vec<_> = platforms.map(label).collect();
        available.dedup();
        no_platform(wanted, available)
    })
}

/// Whether an entry is an attestation of a chosen one.
/// buildkit: docs/attestations/attestation-storage.md
fn is_about(child: &Descriptor, chosen: &BTreeSet<Digest>) -> bool {
    let about = child.annotations.get("vnd.docker.reference.digest");
    let about = about.and_then(|digest| digest.parse().ok());
    about.is_some_and(|digest| chosen.contains(&digest))
}

/// The same document without the other entries.
fn without_others(
    bytes: &[u8],
    chosen: &BTreeSet<Digest>,
    digest: Digest,
) -> Result<Bytes, ImageError> {
    let invalid = |error: serde_json::Error| ImageError::Manifest {
        digest,
        source: error.into(),
    };
    let mut document: Map<String, Value> = serde_json::from_slice(bytes).map_err(invalid)?;
    if let Some(Value::Array(entries)) = document.get_mut("manifests") {
        entries.retain(|entry| {
            let digest = entry.get("digest").and_then(Value::as_str);
            digest
                .and_then(|it| it.parse().ok())
                .is_some_and(|it| chosen.contains(&it))
        });
    }
    serde_json::to_vec(&document)
        .map(Bytes::from)
        .map_err(invalid)
}

/// Whether an image is for one of these platforms; one that does not say is for all.
async fn check(
    source: &Arc<dyn Source>,
    manifest: &Manifest,
    wanted: &[WantedPlatform],
) -> Result<(), ImageError> {
    let Some(config) = manifest.config() else {
        return Ok(());
    };
    let Some(config) = ImageConfig::read(source, config).await? else {
        return Ok(());
    };
    let platform = config.platform();
    let says = !platform.os.is_empty() && !platform.architecture.is_empty();
    let runs = |wanted: &WantedPlatform| wanted.rank(&platform).is_some();
    match wanted.first() {
        Some(first) if says && !wanted.iter().any(runs) => {
            Err(no_platform(first, vec![label(&platform)]))
        }
        _ => Ok(()),
    }
}

fn no_platform(wanted: &WantedPlatform, mut available: Vec<String>) -> ImageError {
    if available.is_empty() {
        available.push("none that says its platform".to_owned());
    }
    ImageError::NoPlatform {
        wanted: wanted.to_string(),
        available,
    }
}

/// Whether a descriptor is of a manifest rather than of a blob.
pub(super) fn is_manifest(descriptor: &Descriptor) -> bool {
    descriptor.media_type.is_empty() || ManifestType::parse(&descriptor.media_type).is_some()
}

/// Indexes within indexes that are looked into.
const MOST_NESTED: usize = 8;
