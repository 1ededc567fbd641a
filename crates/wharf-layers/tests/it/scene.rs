//! A directory to unpack to, and one beside it that nothing may reach.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use wharf_hash::digest;
use wharf_layers::{
    LayerError, LayerSource, Limits, MARK, Options, Reason, Refusal, Report, UnpackError, Unpacking,
};
use wharf_spec::{Algorithm, Descriptor, media_type};

use crate::archive::Archive;
use crate::snapshot::snapshot;

pub(crate) struct Scene {
    temporary: TempDir,
}

// === impl Scene ===

impl Scene {
    /// `outside/canary` beside the image is what hostile layers are after.
    pub(crate) fn new() -> Self {
        let temporary = TempDir::new().unwrap();
        let outside = temporary.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("canary"), "alive").unwrap();
        Self { temporary }
    }

    pub(crate) fn outside(&self) -> PathBuf {
        self.temporary.path().join("outside")
    }

    pub(crate) fn image(&self) -> PathBuf {
        self.temporary.path().join("image")
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.image().join(path)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Whether anything is there, be it a broken link.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.path(path).symlink_metadata().is_ok()
    }

    pub(crate) fn unpack(&self, layers: Vec<Archive>) -> Report {
        let before = snapshot(&self.outside());
        let report = unpack(&self.image(), layers, Limits::default()).unwrap();
        assert_eq!(snapshot(&self.outside()), before);
        assert!(!self.has(MARK));
        report
    }

    /// The last layer is refused at its last entry, and nothing outside is touched.
    pub(crate) fn refuses(&self, layers: Vec<Archive>, refusal: Refusal) {
        let position = layers.len();
        let error = self.fails(layers, Limits::default());
        assert!(
            matches!(*error.reason, Reason::Refused(found) if found == refusal),
            "{error}"
        );
        assert_eq!(error.position, position, "{error}");
        assert!(error.entry.is_some(), "{error}");
    }

    /// The layers are not applied, nothing outside is touched, and the mark says why.
    pub(crate) fn fails(&self, layers: Vec<Archive>, limits: Limits) -> LayerError {
        let sources = layers.into_iter().map(|layer| source(layer.end()));
        self.fails_with(sources.collect(), limits)
    }

    pub(crate) fn fails_with(&self, sources: Vec<LayerSource>, limits: Limits) -> LayerError {
        let before = snapshot(&self.outside());
        let names = names(self.temporary.path());
        let error = unpack_sources(&self.image(), sources, limits).unwrap_err();
        assert_eq!(snapshot(&self.outside()), before, "{error}");
        for name in self::names(self.temporary.path()) {
            assert!(name == "image" || names.contains(&name), "{name} is new");
        }
        let UnpackError::Layer(error) = error else {
            panic!("{error}");
        };
        let mark = self.read(MARK);
        assert!(mark.ends_with(&format!("{error}\n")), "{mark}");
        error
    }
}

pub(crate) fn unpack(
    image: &Path,
    layers: Vec<Archive>,
    limits: Limits,
) -> Result<Report, UnpackError> {
    let sources = layers.into_iter().map(|layer| source(layer.end()));
    unpack_sources(image, sources.collect(), limits)
}

pub(crate) fn unpack_sources(
    image: &Path,
    sources: Vec<LayerSource>,
    limits: Limits,
) -> Result<Report, UnpackError> {
    let mut unpacking = Unpacking::begin(image, Options { limits })?;
    for source in sources {
        unpacking = unpacking.apply(source, &mut |_| {})?;
    }
    unpacking.finish()
}

/// A layer as honest as a layer can be.
pub(crate) fn source(tar: impl AsRef<[u8]>) -> LayerSource {
    packed(tar.as_ref(), tar.as_ref().to_vec())
}

/// The same, compressed in whatever way.
pub(crate) fn packed(tar: &[u8], compressed: Vec<u8>) -> LayerSource {
    LayerSource {
        descriptor: Descriptor {
            media_type: media_type::OCI_LAYER.to_owned(),
            digest: digest(Algorithm::Sha256, &compressed),
            size: compressed.len() as u64,
            urls: Vec::new(),
            annotations: Default::default(),
            platform: None,
            artifact_type: None,
        },
        diff_id: digest(Algorithm::Sha256, tar),
        bytes: Box::new(Cursor::new(compressed)),
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}
