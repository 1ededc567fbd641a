//! Ways in which a file of a tree can be broken, one image each.

use std::fs;
use std::path::{Path, PathBuf};

use wharf_e2e::contents::Manifest;
use wharf_e2e::digest;

/// One way.
pub(super) struct Damage {
    pub(super) name: &'static str,
    file: File,
    breakage: Breakage,
}

/// What is broken, and what cannot be had any more.
pub(super) struct Victim<'a> {
    pub(super) repository: String,
    pub(super) image: &'a Manifest,
    /// The path of the broken file, as the log has to name it.
    pub(super) broken: String,
    /// Paths of requests that need it.
    pub(super) asked: Vec<String>,
}

/// Which file of the image.
#[derive(Clone, Copy, PartialEq, Eq)]
enum File {
    Tag,
    Revision,
    Layer,
    ManifestData,
    LayerData,
}

/// How it is broken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breakage {
    /// As a full disk leaves it.
    Empty,
    Garbage,
    /// Longer than any link.
    Endless,
    /// A digest that nobody has.
    ToNothing,
    Missing,
    /// The first half.
    Half,
    /// As Docker makes one where it mounts a file that is missing.
    Directory,
    /// A pipe that nobody writes to.
    Pipe,
}

pub(super) const DAMAGES: &[Damage] = &[
    damage("empty-tag", File::Tag, Breakage::Empty),
    damage("empty-revision", File::Revision, Breakage::Empty),
    damage("empty-layer", File::Layer, Breakage::Empty),
    damage("garbage-tag", File::Tag, Breakage::Garbage),
    damage("garbage-revision", File::Revision, Breakage::Garbage),
    damage("garbage-layer", File::Layer, Breakage::Garbage),
    damage("endless-revision", File::Revision, Breakage::Endless),
    damage("tag-to-nothing", File::Tag, Breakage::ToNothing),
    damage("revision-to-nothing", File::Revision, Breakage::ToNothing),
    damage("layer-to-nothing", File::Layer, Breakage::ToNothing),
    damage("missing-revision", File::Revision, Breakage::Missing),
    damage("missing-manifest", File::ManifestData, Breakage::Missing),
    damage("missing-layer", File::LayerData, Breakage::Missing),
    damage("empty-manifest", File::ManifestData, Breakage::Empty),
    damage("half-a-manifest", File::ManifestData, Breakage::Half),
    damage("garbage-manifest", File::ManifestData, Breakage::Garbage),
    damage("tag-directory", File::Tag, Breakage::Directory),
    damage("revision-directory", File::Revision, Breakage::Directory),
    damage("layer-directory", File::Layer, Breakage::Directory),
    damage(
        "manifest-directory",
        File::ManifestData,
        Breakage::Directory,
    ),
    damage("data-directory", File::LayerData, Breakage::Directory),
    damage("revision-pipe", File::Revision, Breakage::Pipe),
];

const fn damage(name: &'static str, file: File, breakage: Breakage) -> Damage {
    Damage {
        name,
        file,
        breakage,
    }
}

// === impl Damage ===

impl Damage {
    pub(super) fn repository(&self) -> String {
        format!("damaged/{}", self.name)
    }

    /// Breaks the file below `root`.
    pub(super) fn inflict<'a>(&self, root: &Path, image: &'a Manifest) -> Victim<'a> {
        let repository = self.repository();
        let layer = &image.blobs()[0].digest;
        let links = repositories(root).join(&repository);
        let path = match self.file {
            File::Tag => links.join("_manifests/tags/1/current/link"),
            File::Revision => links.join(format!(
                "_manifests/revisions/{}/link",
                nested(&image.digest)
            )),
            File::Layer => links.join(format!("_layers/{}/link", nested(layer))),
            File::ManifestData => data(root, &image.digest),
            File::LayerData => data(root, layer),
        };
        self.breakage.inflict(&path);
        // A link to nothing is whole: what it leads to is missing.
        let nobody = digest::sha256(b"nobody has this");
        let broken = match (self.breakage, self.file) {
            (Breakage::ToNothing, File::Tag) => {
                links.join(format!("_manifests/revisions/{}/link", nested(&nobody)))
            }
            (Breakage::ToNothing, _) => data(root, &nobody),
            _ => path,
        };
        let by_tag = format!("/v2/{repository}/manifests/1");
        let by_digest = format!("/v2/{repository}/manifests/{}", image.digest);
        let asked = match self.file {
            File::Tag => vec![by_tag],
            // What was never there looks the same to those who ask by digest.
            File::Revision if self.breakage == Breakage::Missing => vec![by_tag],
            File::Revision | File::ManifestData => vec![by_tag, by_digest],
            File::Layer | File::LayerData => vec![format!("/v2/{repository}/blobs/{layer}")],
        };
        Victim {
            repository,
            image,
            broken: broken.strip_prefix(root).unwrap().display().to_string(),
            asked,
        }
    }
}

// === impl Breakage ===

impl Breakage {
    fn inflict(self, path: &Path) {
        let before = fs::read(path).unwrap();
        fs::remove_file(path).unwrap();
        let nobody = digest::sha256(b"nobody has this");
        match self {
            Self::Empty => fs::write(path, "").unwrap(),
            Self::Garbage => fs::write(path, b"\xffsha256:gar\0bage\n").unwrap(),
            Self::Endless => fs::write(path, "sha256:".repeat(1 << 17)).unwrap(),
            Self::ToNothing => fs::write(path, nobody).unwrap(),
            Self::Missing => {}
            Self::Half => fs::write(path, &before[..before.len() / 2]).unwrap(),
            Self::Directory => fs::create_dir(path).unwrap(),
            Self::Pipe => {
                wharf_e2e::command::Run::tool("mkfifo").arg(path).ok();
            }
        }
    }
}

pub(super) fn repositories(root: &Path) -> PathBuf {
    root.join("docker/registry/v2/repositories")
}

/// Where the bytes of a blob or manifest are.
pub(super) fn data(root: &Path, digest: &str) -> PathBuf {
    let (algorithm, hex) = digest.split_once(':').unwrap();
    let shard = &hex[..2];
    root.join(format!(
        "docker/registry/v2/blobs/{algorithm}/{shard}/{hex}/data"
    ))
}

/// `sha256/<hex>`, as links are nested.
pub(super) fn nested(digest: &str) -> String {
    digest.replacen(':', "/", 1)
}
