//! Manifests to push, as JSON that a test can bend, and images as a whole.

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_registry::{PushedManifest, Repository, Result};
use wharf_spec::{Digest, media_type};

use crate::fixtures::{push_blob, sha256};

/// Stands for some content in a manifest.
pub(crate) fn descriptor(media_type: &str, content: &[u8]) -> Value {
    json!({
        "mediaType": media_type,
        "digest": sha256(content).to_string(),
        "size": content.len(),
    })
}

/// An OCI image of a config and layers.
pub(crate) fn image(config: &[u8], layers: &[&[u8]]) -> Value {
    let layers = layers.iter();
    let layers: Vec<_> = layers
        .map(|layer| descriptor(media_type::OCI_LAYER, layer))
        .collect();
    json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_MANIFEST,
        "config": descriptor(media_type::OCI_CONFIG, config),
        "layers": layers,
    })
}

/// An OCI index of image manifests.
pub(crate) fn index(children: &[&Value]) -> Value {
    let children = children.iter();
    let children: Vec<_> = children
        .map(|child| descriptor(media_type::OCI_MANIFEST, &encode(child)))
        .collect();
    json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_INDEX,
        "manifests": children,
    })
}

/// The same manifest, about another one.
pub(crate) fn about(mut manifest: Value, subject: &Value) -> Value {
    manifest["subject"] = descriptor(media_type::OCI_MANIFEST, &encode(subject));
    manifest
}

/// As it is pushed.
pub(crate) fn encode(manifest: &Value) -> Bytes {
    manifest.to_string().into()
}

/// By what it is pulled.
pub(crate) fn digest_of(manifest: &Value) -> Digest {
    sha256(&encode(manifest))
}

/// Pushes a manifest by a tag or a digest.
pub(crate) async fn try_push(
    repository: &Repository,
    manifest: &Value,
    reference: &str,
) -> Result<PushedManifest> {
    let content_type = manifest["mediaType"].as_str();
    let (bytes, reference) = (encode(manifest), reference.parse().unwrap());
    let push = repository.push_manifest(bytes, content_type, &reference, Vec::new());
    push.await
}

/// Pushes a manifest by its digest, and nothing that it refers to.
pub(crate) async fn push(repository: &Repository, manifest: &Value) -> Digest {
    let reference = digest_of(manifest).to_string();
    try_push(repository, manifest, &reference)
        .await
        .unwrap()
        .digest
}

/// Pushes a small image, whole, by a tag; the name makes it different from others.
pub(crate) async fn push_image(repository: &Repository, name: &str, tag: &str) -> Digest {
    let image = whole_image(repository, name).await;
    try_push(repository, &image, tag).await.unwrap().digest
}

/// Pushes the config and the layer of a small image, whose manifest is the answer.
pub(crate) async fn whole_image(repository: &Repository, name: &str) -> Value {
    let (config, layer) = (format!("config of {name}"), format!("layer of {name}"));
    push_blob(repository, config.clone()).await;
    push_blob(repository, layer.clone()).await;
    image(config.as_bytes(), &[layer.as_bytes()])
}
