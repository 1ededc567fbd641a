//! Manifests about other manifests: found, filtered, paged and forgotten.

mod foreign;
mod listing;
mod paging;

use serde_json::Value;
use wharf_registry::Repository;
use wharf_spec::{Descriptor, Digest};

use crate::images::{about, digest_of, image, push};

/// Everything that is listed under a subject.
async fn referrers(repository: &Repository, subject: &Value) -> Vec<Descriptor> {
    let listed = repository.referrers(digest_of(subject), None, None).await;
    let (found, next) = listed.unwrap();
    assert_eq!(next, None);
    found
}

/// As [`referrers`], by their digests.
async fn digests(repository: &Repository, subject: &Value) -> Vec<Digest> {
    let found = referrers(repository, subject).await;
    found.iter().map(|descriptor| descriptor.digest).collect()
}

/// A manifest about a subject, of parts that are pushed already: [`crate::images::whole_image`].
fn signature_of(subject: &Value, name: &str, artifact_type: &str) -> Value {
    let (config, layer) = (format!("config of {name}"), format!("layer of {name}"));
    let mut manifest = about(image(config.as_bytes(), &[layer.as_bytes()]), subject);
    manifest["artifactType"] = artifact_type.into();
    manifest
}

/// Pushes a manifest about a subject, with its parts.
async fn sign(repository: &Repository, subject: &Value, name: &str, artifact_type: &str) -> Digest {
    crate::images::whole_image(repository, name).await;
    push(repository, &signature_of(subject, name, artifact_type)).await
}

fn sorted<const N: usize>(mut digests: [Digest; N]) -> [Digest; N] {
    digests.sort_unstable();
    digests
}
