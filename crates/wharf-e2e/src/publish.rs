//! Pushing by our own client, for tests of those that read, copy and delete.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::command::Run;
use crate::contents::Manifest;
use crate::http::Answer;
use crate::scratch::Scratch;
use crate::server::Server;
use crate::{digest, noise, rootfs};

/// Media type of an OCI image manifest.
pub const OCI_IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of an OCI index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

impl Server {
    /// Uploads a blob: POST, then PUT of everything.
    pub fn push_blob(&self, repository: &str, bytes: impl Into<Bytes>) -> String {
        let bytes = bytes.into();
        let digest = digest::sha256(&bytes);
        let session = format!("/v2/{repository}/blobs/uploads/");
        let session = self.http().post(&session).expect(202);
        let target = with_digest(session.header("location"), &digest);
        self.http().put(&target).body(bytes).expect(201);
        digest
    }

    /// Puts a manifest under a tag or digest.
    ///
    /// # Panics
    /// When the server names another digest than coreutils.
    pub fn push_manifest(&self, repository: &str, reference: &str, manifest: &Value) -> String {
        let media_type = manifest["mediaType"].as_str().unwrap_or(OCI_IMAGE);
        let body = manifest.to_string();
        let expected = digest::sha256(body.as_bytes());
        let answer = self.put_manifest(repository, reference, media_type, body);
        assert_eq!(answer.header("docker-content-digest"), expected);
        expected
    }

    /// Puts any bytes as a manifest; it has to be accepted.
    pub fn put_manifest(
        &self,
        repository: &str,
        reference: &str,
        media_type: &str,
        body: impl Into<Bytes>,
    ) -> Answer {
        let target = format!("/v2/{repository}/manifests/{reference}");
        let put = self.http().put(&target).header("content-type", media_type);
        put.body(body).expect(201)
    }

    /// An image for `linux/<architecture>` with two layers that nobody else has.
    #[must_use]
    pub fn push_image(&self, repository: &str, tag: &str, architecture: &str) -> Manifest {
        let layers = [0, 1].map(|number| layer(&format!("{repository}:{tag} {number}")));
        let diff_ids = layers.each_ref().map(|tar| digest::sha256(tar));
        let layers = layers.map(|tar| Run::tool("gzip").arg("-n").input(tar).ok().stdout);
        let config = json!({
            "architecture": architecture,
            "os": "linux",
            "config": {"Cmd": ["/bin/sh"]},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        })
        .to_string();
        let config_digest = self.push_blob(repository, config.clone());
        let descriptors = layers.map(|layer| {
            let size = layer.len();
            descriptor(OCI_LAYER, &self.push_blob(repository, layer), size)
        });
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_IMAGE,
            "config": descriptor(OCI_CONFIG, &config_digest, config.len()),
            "layers": descriptors,
        });
        self.push_manifest(repository, tag, &manifest);
        self.manifest(repository, tag)
    }

    /// An index of an image for amd64 and one for arm64; only the index has a tag.
    #[must_use]
    pub fn push_index(&self, repository: &str, tag: &str) -> Manifest {
        let children: Vec<Value> = ["amd64", "arm64"]
            .into_iter()
            .map(|architecture| {
                let scratch_tag = format!("{tag}-{architecture}");
                let image = self.push_image(repository, &scratch_tag, architecture);
                let mut child = descriptor(OCI_IMAGE, &image.digest, image.body.len());
                child["platform"] = json!({"architecture": architecture, "os": "linux"});
                child
            })
            .collect();
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children});
        self.push_manifest(repository, tag, &index);
        self.manifest(repository, tag)
    }
}

/// `location` with `digest=` added to its query.
#[must_use]
pub fn with_digest(location: &str, digest: &str) -> String {
    let separator = if location.contains('?') { '&' } else { '?' };
    format!("{location}{separator}digest={digest}")
}

/// A descriptor without a platform.
#[must_use]
pub fn descriptor(media_type: &str, digest: &str, size: usize) -> Value {
    json!({"mediaType": media_type, "digest": digest, "size": size})
}

/// A tar archive with one file of noise, another one for every name.
fn layer(name: &str) -> Vec<u8> {
    let seed = name
        .bytes()
        .fold(7_u64, |seed, byte| seed.wrapping_mul(31) + u64::from(byte));
    let scratch = Scratch::new();
    std::fs::write(scratch.join("noise"), noise::bytes(seed, 100_000)).expect("write a file");
    rootfs::archive(scratch.path())
}
