//! What an archive says at its end of the images in it.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_client::ImageName;
use wharf_spec::{Descriptor, Digest, Manifest, media_type};

use super::ArchiveForm;
use crate::layout::{EntryName, Index, blob_name};
use crate::target::{PlacedManifest, Role};
use crate::{ImageError, LayoutReference, WantedPlatform, manifests};

/// It, while it grows.
pub(super) struct Listing {
    form: ArchiveForm,
    index: Index,
    /// Image manifests, for Docker, in the order in which they came.
    images: Vec<(Digest, Manifest)>,
    /// Names of image manifests.
    tags: BTreeMap<Digest, Vec<ImageName>>,
}

// === impl Listing ===

impl Listing {
    pub(super) fn new(form: ArchiveForm) -> Self {
        Self {
            form,
            index: Index::new(),
            images: Vec::new(),
            tags: BTreeMap::new(),
        }
    }

    /// Whether such an archive can have it.
    pub(super) fn check(&self, manifest: &PlacedManifest, place: &str) -> Result<(), ImageError> {
        let wanted = match &self.form {
            ArchiveForm::Layout(Some(LayoutReference::Digest(digest))) => Some(digest),
            ArchiveForm::Layout(_) | ArchiveForm::Docker(_) => None,
        };
        let found = manifest.descriptor.digest;
        match (wanted, &manifest.role) {
            (Some(expected), Role::Root(_)) if *expected != found => {
                Err(ImageError::DigestMismatch {
                    what: format!("what is to be written to {place}"),
                    expected: *expected,
                    found,
                })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn put(&mut self, placed: PlacedManifest) {
        let descriptor = placed.descriptor;
        // What cannot be understood is no image to Docker either.
        let parsed = manifests::parse(placed.bytes, &descriptor).ok();
        match placed.role {
            Role::Child => {}
            Role::Referrer => {
                self.index.put(&descriptor, &[]);
                return;
            }
            Role::Attached(tag) => {
                let name = EntryName::short(tag.to_string());
                self.index.put(&descriptor, &[name]);
                return;
            }
            Role::Root(given) => {
                let names = self.names(&given);
                self.index.put(&descriptor, &names);
                let full = names.into_iter().filter_map(|name| name.full?.parse().ok());
                let image = image_for_docker(&descriptor, parsed.as_ref());
                self.tags.entry(image).or_default().extend(full);
            }
        }
        if let Some(manifest) = parsed.filter(is_image) {
            self.images.push((descriptor.digest, manifest));
        }
    }

    pub(super) fn index(&self) -> Bytes {
        self.index.to_bytes()
    }

    /// moby: image/tarexport/save.go
    pub(super) fn docker_files(&self) -> Vec<(&'static str, Bytes)> {
        if matches!(self.form, ArchiveForm::Layout(_)) {
            return Vec::new();
        }
        let mut repositories: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut images = Vec::new();
        for (digest, manifest) in &self.images {
            let Some(config) = manifest.config() else {
                continue;
            };
            let names = self.tags.get(digest).map(Vec::as_slice).unwrap_or_default();
            let layers = manifest.layers().iter().map(|it| blob_name(&it.digest));
            images.push(json!({
                "Config": blob_name(&config.digest),
                "RepoTags": names.iter().map(ImageName::familiar).collect::<Vec<_>>(),
                "Layers": layers.collect::<Vec<_>>(),
            }));
            for name in names {
                if let (Some(tag), Some(top)) = (&name.tag, manifest.layers().last()) {
                    let tags = repositories.entry(familiar_repository(name)).or_default();
                    tags.insert(tag.to_string(), top.digest.hex());
                }
            }
        }
        let mut files = vec![("manifest.json", Value::Array(images))];
        if !repositories.is_empty() {
            files.push(("repositories", json!(repositories)));
        }
        let bytes = |value: Value| Bytes::from(value.to_string());
        files
            .into_iter()
            .map(|(name, value)| (name, bytes(value)))
            .collect()
    }

    fn names(&self, given: &[String]) -> Vec<EntryName> {
        match &self.form {
            ArchiveForm::Layout(Some(LayoutReference::Name(name))) => {
                vec![EntryName::short(name.clone())]
            }
            ArchiveForm::Layout(Some(LayoutReference::Digest(_))) => Vec::new(),
            ArchiveForm::Layout(None) => given.iter().cloned().map(EntryName::short).collect(),
            ArchiveForm::Docker(Some(name)) => docker_name(name).into_iter().collect(),
            ArchiveForm::Docker(None) => {
                // A plain tag could pass for the name of a repository.
                let full = given.iter().filter(|name| name.contains([':', '/']));
                let names = full.filter_map(|name| name.parse().ok());
                names
                    .filter_map(|name: ImageName| docker_name(&name))
                    .collect()
            }
        }
    }
}

// === private ===

/// A name with a digest alone is none that an engine could give.
fn docker_name(name: &ImageName) -> Option<EntryName> {
    let short = name.tag.as_ref()?.to_string();
    let name = ImageName {
        digest: None,
        ..name.clone()
    };
    Some(EntryName {
        short,
        full: Some(name.to_string()),
    })
}

/// The image manifest that has a root's names: itself, or the one of an index that runs here,
/// or its first one.
fn image_for_docker(root: &Descriptor, manifest: Option<&Manifest>) -> Digest {
    let children = manifest.map(Manifest::children).unwrap_or_default();
    let here = WantedPlatform::here();
    let rank = |child: &&Descriptor| {
        let platform = child.platform.as_ref();
        platform
            .and_then(|platform| here.rank(platform))
            .unwrap_or(usize::MAX)
    };
    children.iter().min_by_key(rank).unwrap_or(root).digest
}

/// Artifacts of other kinds have a manifest too, but no engine can load them.
fn is_image(manifest: &Manifest) -> bool {
    let config = manifest.config().map(|config| config.media_type.as_str());
    matches!(
        config,
        Some(media_type::OCI_CONFIG | media_type::DOCKER_CONFIG)
    )
}

/// The name without its tag, as people write it.
fn familiar_repository(name: &ImageName) -> String {
    let familiar = name.familiar();
    let tag = name.tag.as_ref().map(|tag| format!(":{tag}"));
    let tag = tag.unwrap_or_default();
    familiar.strip_suffix(&tag).unwrap_or(&familiar).to_owned()
}
