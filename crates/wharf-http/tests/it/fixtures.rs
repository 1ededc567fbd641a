//! Things to push.

use serde_json::{Value, json};
use wharf_spec::{Algorithm, Digest, media_type};

use crate::harness::Wharf;
use crate::wire::Request;

pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> Digest {
    wharf_hash::digest(Algorithm::Sha256, bytes.as_ref())
}

/// Bytes among which no two neighbouring pieces are alike.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

pub(crate) fn descriptor(media_type: &str, bytes: impl AsRef<[u8]>) -> Value {
    json!({ "mediaType": media_type, "digest": sha256(&bytes), "size": bytes.as_ref().len() })
}

/// An image of the given type whose configuration and layer are [`CONFIG`] and [`LAYER`].
pub(crate) fn image(media_type: &str) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": descriptor(media_type::OCI_CONFIG, CONFIG),
        "layers": [descriptor(media_type::OCI_LAYER, LAYER)],
    })
}

/// An index or a list of the given type, with one entry: a manifest for linux/amd64.
pub(crate) fn index(media_type: &str, child_type: &str, child: &str) -> Value {
    let mut child = descriptor(child_type, child);
    child["platform"] = json!({ "architecture": "amd64", "os": "linux" });
    json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": [child] })
}

pub(crate) const CONFIG: &str = "{}";
pub(crate) const LAYER: &str = "a layer";

// === impl Wharf ===

impl Wharf {
    /// Stores a blob.
    pub(crate) async fn push_blob(&self, name: &str, bytes: impl AsRef<[u8]>) -> Digest {
        let digest = sha256(&bytes);
        let request =
            Request::post(&format!("/v2/{name}/blobs/uploads/?digest={digest}")).body(bytes);
        let response = self.ask(request).await;
        assert_eq!(response.status, 201, "{}", response.show());
        digest
    }

    /// Stores [`CONFIG`] and [`LAYER`].
    pub(crate) async fn push_parts(&self, name: &str) {
        self.push_blob(name, CONFIG).await;
        self.push_blob(name, LAYER).await;
    }

    /// Stores a manifest of the type that it names.
    pub(crate) async fn push_manifest(
        &self,
        name: &str,
        reference: &str,
        manifest: &Value,
    ) -> Digest {
        let response = self.ask(push(name, reference, manifest)).await;
        assert_eq!(response.status, 201, "{}", response.show());
        sha256(manifest.to_string())
    }

    /// Starts an upload; returns its path.
    pub(crate) async fn start_upload(&self, name: &str) -> String {
        let response = self
            .ask(Request::post(&format!("/v2/{name}/blobs/uploads/")))
            .await;
        assert_eq!(response.status, 202, "{}", response.show());
        response.location()
    }

    /// How many bytes an upload has: one and none look the same, and count as none.
    pub(crate) async fn upload_size(&self, upload: &str) -> usize {
        let status = self.ask(Request::get(upload)).await;
        assert_eq!(status.status, 204, "{}", status.show());
        match status
            .header("Range")
            .unwrap()
            .strip_prefix("0-")
            .unwrap()
            .parse()
            .unwrap()
        {
            0 => 0,
            last => last + 1_usize,
        }
    }

    /// Waits until an upload has that many bytes: what a client that is gone has sent is
    /// written without it.
    pub(crate) async fn upload_reaches(&self, upload: &str, size: usize) {
        for _ in 0..200 {
            if self.upload_size(upload).await == size {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!(
            "the upload stands at {}, not {size}",
            self.upload_size(upload).await
        );
    }
}

/// The push of a manifest of the type that it names.
pub(crate) fn push(name: &str, reference: &str, manifest: &Value) -> Request {
    let request = Request::put(&format!("/v2/{name}/manifests/{reference}"));
    let request = match manifest["mediaType"].as_str() {
        Some(media_type) => request.header("Content-Type", media_type),
        None => request,
    };
    request.body(manifest.to_string())
}
