//! Images of layers that a test writes.

use serde_json::{Value, json};
use wharf_e2e::command::Run;
use wharf_e2e::digest;
use wharf_e2e::publish::{OCI_IMAGE, descriptor};
use wharf_e2e::server::Server;

use super::archive::Archive;

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// How layers are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Packed {
    Plain,
    Gzip,
    Zstd,
}

/// An image that is to be pushed.
#[derive(Clone)]
pub(crate) struct Image {
    pub(crate) layers: Vec<Vec<u8>>,
    pub(crate) packed: Packed,
    pub(crate) run: Value,
}

// === impl Image ===

impl Image {
    pub(crate) fn of(layers: impl IntoIterator<Item = Archive>) -> Self {
        Self {
            layers: layers.into_iter().map(Archive::end).collect(),
            packed: Packed::Gzip,
            run: json!({"Cmd": ["/bin/sh"], "Env": ["PATH=/bin"]}),
        }
    }

    pub(crate) fn packed(self, packed: Packed) -> Self {
        Self { packed, ..self }
    }

    pub(crate) fn run(self, run: Value) -> Self {
        Self { run, ..self }
    }

    /// Pushes it for this machine's platform; what is returned is the digest of its manifest.
    pub(crate) fn push(&self, server: &Server, repository: &str, tag: &str) -> String {
        let diff_ids: Vec<_> = self.layers.iter().map(|tar| digest::sha256(tar)).collect();
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let config = json!({
            "architecture": architecture,
            "os": "linux",
            "created": "2026-01-02T03:04:05Z",
            "config": self.run,
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        })
        .to_string();
        let config_digest = server.push_blob(repository, config.clone());
        let layers = self.layers.iter().map(|tar| {
            let (kind, bytes) = self.pack(tar);
            let size = bytes.len();
            descriptor(&kind, &server.push_blob(repository, bytes), size)
        });
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_IMAGE,
            "config": descriptor(CONFIG, &config_digest, config.len()),
            "layers": layers.collect::<Vec<_>>(),
        });
        server.push_manifest(repository, tag, &manifest)
    }

    fn pack(&self, tar: &[u8]) -> (String, Vec<u8>) {
        match self.packed {
            Packed::Plain => (LAYER.to_owned(), tar.to_vec()),
            Packed::Gzip => (
                format!("{LAYER}+gzip"),
                Run::tool("gzip").words("-n -1").input(tar).ok().stdout,
            ),
            Packed::Zstd => (format!("{LAYER}+zstd"), zstd::encode_all(tar, 1).unwrap()),
        }
    }
}
