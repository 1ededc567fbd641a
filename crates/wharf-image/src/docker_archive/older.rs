//! Archives that have no manifests: they are made here, of what the archive has.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::json;
use wharf_client::ImageName;
use wharf_spec::{Algorithm, Descriptor, Digest, media_type};

use super::Saved;
use crate::file::{FileSpan, blocking};
use crate::manifests::{self, descriptor};
use crate::members::Members;
use crate::source::{Root, Source};
use crate::{BlobStream, ImageError};

/// It.
pub(super) struct OlderSource {
    place: String,
    roots: Vec<Root>,
    manifests: HashMap<Digest, Bytes>,
    blobs: HashMap<Digest, FileSpan>,
}

// === impl OlderSource ===

impl OlderSource {
    /// Reads all layers once, for their digests.
    pub(super) async fn open(
        members: Arc<dyn Members>,
        saved: Vec<Saved>,
        wanted: Option<ImageName>,
    ) -> Result<Self, ImageError> {
        blocking(move || {
            let layers: usize = saved.iter().flat_map(|it| &it.layers).map(Vec::len).sum();
            if layers > MOST_LAYERS {
                let problem = format!("its images have {layers} layers: {MOST_LAYERS} are taken");
                return Err(ImageError::damaged(members.place(), problem));
            }
            let mut source = Self {
                place: members.place(),
                roots: Vec::new(),
                manifests: HashMap::new(),
                blobs: HashMap::new(),
            };
            let mut digests = HashMap::new();
            let mut available = Vec::new();
            for image in saved {
                let mut names = image.repo_tags.clone().unwrap_or_default();
                // What would move somebody's cursor is no name.
                names.retain(|name| !name.contains(char::is_control));
                let is_wanted = wanted.as_ref().is_none_or(|wanted| {
                    let mut names = names
                        .iter()
                        .filter_map(|name| name.parse::<ImageName>().ok());
                    names.any(|name| name.to_string() == wanted.to_string())
                });
                available.extend(names.iter().cloned());
                if is_wanted {
                    source.add(&*members, &image, names, &mut digests)?;
                }
            }
            if source.roots.is_empty() {
                let what = wanted.map_or_else(|| "an image".to_owned(), |it| it.familiar());
                return Err(ImageError::NotFound {
                    what,
                    place: source.place,
                    available,
                });
            }
            Ok(source)
        })
        .await
    }

    fn add(
        &mut self,
        members: &dyn Members,
        image: &Saved,
        names: Vec<String>,
        digests: &mut HashMap<(u64, u64), Descriptor>,
    ) -> Result<(), ImageError> {
        let config = self.part(members, &image.config, digests, |_| {
            media_type::DOCKER_CONFIG
        })?;
        let mut layers = Vec::new();
        for name in image.layers.iter().flatten() {
            layers.push(self.part(members, name, digests, layer_type)?);
        }
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": media_type::DOCKER_MANIFEST,
            "config": config,
            "layers": layers,
        });
        let bytes = Bytes::from(manifest.to_string());
        let digest = wharf_hash::digest(Algorithm::Sha256, &bytes);
        let size = bytes.len() as u64;
        self.manifests.insert(digest, bytes);
        self.roots.push(Root {
            descriptor: descriptor(media_type::DOCKER_MANIFEST, digest, size),
            names,
        });
        Ok(())
    }

    /// A file of the archive as a blob. Several images may have it, by several names; it is
    /// hashed once.
    fn part(
        &mut self,
        members: &dyn Members,
        name: &str,
        digests: &mut HashMap<(u64, u64), Descriptor>,
        media_type: fn([u8; 4]) -> &'static str,
    ) -> Result<Descriptor, ImageError> {
        let span = members.member(name)?.ok_or_else(|| {
            let problem = format!("manifest.json speaks of {name:?}, which it does not have");
            ImageError::damaged(&self.place, problem)
        })?;
        if let Some(known) = digests.get(&span.address()) {
            return Ok(known.clone());
        }
        let mut first = [0; 4];
        if span.length() >= first.len() as u64 {
            span.read_at(0, &mut first)
                .map_err(ImageError::file("read", span.path()))?;
        }
        let part = descriptor(
            media_type(first),
            span.digest(Algorithm::Sha256)?,
            span.length(),
        );
        digests.insert(span.address(), part.clone());
        self.blobs.insert(part.digest, span);
        Ok(part)
    }

    fn lacks(&self, what: String) -> ImageError {
        ImageError::NotFound {
            what,
            place: self.place.clone(),
            available: Vec::new(),
        }
    }
}

#[async_trait]
impl Source for OlderSource {
    fn place(&self) -> String {
        self.place.clone()
    }

    async fn roots(&self) -> Result<Vec<Root>, ImageError> {
        Ok(self.roots.clone())
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<Bytes, ImageError> {
        let digest = descriptor.digest;
        let bytes = self.manifests.get(&digest).cloned();
        let bytes = bytes.ok_or_else(|| self.lacks(format!("the manifest {digest}")))?;
        manifests::verify(&bytes, digest, format!("the manifest {digest}"))?;
        Ok(bytes)
    }

    async fn blob(&self, descriptor: &Descriptor) -> Result<BlobStream, ImageError> {
        let digest = descriptor.digest;
        let span = self.blobs.get(&digest).cloned();
        let span = span.ok_or_else(|| self.lacks(format!("the blob {digest}")))?;
        Ok(span.stream(digest))
    }

    async fn referrers(&self, _subject: &Digest) -> Result<Vec<Descriptor>, ImageError> {
        Ok(Vec::new())
    }
}

// === private ===

/// Of all images in an archive: those of hundreds of images, and little memory.
const MOST_LAYERS: usize = 50_000;

/// Old engines wrote plain tar, others compress it without saying so.
const fn layer_type(first: [u8; 4]) -> &'static str {
    match first {
        [0x1f, 0x8b, ..] => media_type::DOCKER_LAYER,
        [0x28, 0xb5, 0x2f, 0xfd] => media_type::OCI_LAYER_ZSTD,
        _ => "application/vnd.docker.image.rootfs.diff.tar",
    }
}
