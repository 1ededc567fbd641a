//! What a server holds, read by our own client and checked against digests by coreutils.

use bytes::Bytes;
use serde_json::Value;

use crate::digest;
use crate::server::Server;

const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// A manifest as it was served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its digest, by the server's header and by coreutils.
    pub digest: String,
    /// Its media type, by the server's header.
    pub media_type: String,
    /// Its bytes.
    pub body: Bytes,
}

/// A descriptor inside a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// The digest it points to.
    pub digest: String,
    /// The size it promises.
    pub size: u64,
}

// === impl Manifest ===

impl Manifest {
    /// The manifest as JSON.
    ///
    /// # Panics
    /// When it is not.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a manifest is JSON")
    }

    /// The manifests of an index.
    #[must_use]
    pub fn children(&self) -> Vec<Descriptor> {
        descriptors(&self.json()["manifests"])
    }

    /// The config and the layers of an image.
    #[must_use]
    pub fn blobs(&self) -> Vec<Descriptor> {
        let json = self.json();
        let mut blobs = descriptors(&json["layers"]);
        blobs.extend(descriptor(&json["config"]));
        blobs
    }
}

// === impl Server ===

impl Server {
    /// The manifest under a tag or digest.
    ///
    /// # Panics
    /// When it is not served, or its digest is not what the server says.
    #[must_use]
    pub fn manifest(&self, repository: &str, reference: &str) -> Manifest {
        let target = format!("/v2/{repository}/manifests/{reference}");
        let answer = self
            .http()
            .get(&target)
            .header("accept", ACCEPT)
            .expect(200);
        let told = answer.header("docker-content-digest").to_owned();
        assert_eq!(
            digest::same_algorithm(&told, &answer.body),
            told,
            "{target}"
        );
        if reference.contains(':') {
            assert_eq!(reference, told, "{target}");
        }
        Manifest {
            digest: told,
            media_type: answer.header("content-type").to_owned(),
            body: answer.body,
        }
    }

    /// Whether there is a manifest under a tag or digest.
    #[must_use]
    pub fn has_manifest(&self, repository: &str, reference: &str) -> bool {
        let target = format!("/v2/{repository}/manifests/{reference}");
        let call = self.http().head(&target).header("accept", ACCEPT);
        match call.send().status {
            200 => true,
            404 => false,
            status => panic!("HEAD {target}: {status}"),
        }
    }

    /// A blob.
    ///
    /// # Panics
    /// When it is not served, or not with this digest.
    #[must_use]
    pub fn blob(&self, repository: &str, digest: &str) -> Bytes {
        let target = format!("/v2/{repository}/blobs/{digest}");
        let body = self.http().get(&target).expect(200).body;
        assert_eq!(digest::same_algorithm(digest, &body), digest, "{target}");
        body
    }

    /// Whether there is a blob.
    #[must_use]
    pub fn has_blob(&self, repository: &str, digest: &str) -> bool {
        let target = format!("/v2/{repository}/blobs/{digest}");
        match self.http().head(&target).send().status {
            200 => true,
            404 => false,
            status => panic!("HEAD {target}: {status}"),
        }
    }

    /// The tags of a repository.
    #[must_use]
    pub fn tags(&self, repository: &str) -> Vec<String> {
        let target = format!("/v2/{repository}/tags/list");
        strings(&self.http().get(&target).expect(200).json()["tags"])
    }

    /// The repositories.
    #[must_use]
    pub fn repositories(&self) -> Vec<String> {
        let answer = self.http().get("/v2/_catalog?n=1000").expect(200);
        strings(&answer.json()["repositories"])
    }

    /// Reads an image or an index and all that it refers to, and checks every digest and size.
    ///
    /// # Panics
    /// When one of them is missing or wrong.
    #[must_use]
    pub fn whole_image(&self, repository: &str, reference: &str) -> Manifest {
        let manifest = self.manifest(repository, reference);
        for child in manifest.children() {
            let found = self.whole_image(repository, &child.digest);
            assert_eq!(found.body.len() as u64, child.size, "{child:?}");
        }
        for blob in manifest.blobs() {
            let found = self.blob(repository, &blob.digest);
            assert_eq!(found.len() as u64, blob.size, "{blob:?}");
        }
        manifest
    }
}

fn descriptors(list: &Value) -> Vec<Descriptor> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(descriptor).collect()
}

fn descriptor(value: &Value) -> Option<Descriptor> {
    Some(Descriptor {
        digest: value["digest"].as_str()?.to_owned(),
        size: value["size"].as_u64()?,
    })
}

fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
