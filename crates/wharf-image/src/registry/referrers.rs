//! Registries that do not list referrers: their clients keep a list under a tag
//! (distribution-spec: "Pushing Manifests with Subject").

use bytes::Bytes;
use serde_json::json;
use wharf_client::{ClientError, RegistryClient};
use wharf_spec::{Descriptor, Digest, Manifest, Reference, RepositoryName, Tag, media_type};

use crate::ImageError;

/// Adds a manifest to the list of its subject, unless it is there.
pub(super) async fn list(
    client: &RegistryClient,
    repository: &RepositoryName,
    subject: &Digest,
    referrer: Descriptor,
) -> Result<(), ImageError> {
    let Some(tag) = tag(subject) else {
        return Ok(());
    };
    let reference = Reference::Tag(tag);
    let mut entries = match client.manifest(repository, &reference, &[]).await {
        Ok(found) => {
            let digest = found.digest;
            let index = Manifest::parse(found.bytes, Some(&found.media_type));
            let index = index.map_err(|source| ImageError::Manifest { digest, source })?;
            index.children().to_vec()
        }
        Err(ClientError::NotFound { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    if entries.iter().any(|entry| entry.digest == referrer.digest) {
        return Ok(());
    }
    entries.push(referrer);
    let index = json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_INDEX,
        "manifests": entries,
    });
    let bytes = Bytes::from(index.to_string());
    let pushed = client.push_manifest(repository, &reference, media_type::OCI_INDEX, bytes);
    pushed.await?;
    Ok(())
}

/// The digest with a dash for its colon, as long as a tag may be.
fn tag(subject: &Digest) -> Option<Tag> {
    let hex = subject.hex();
    let hex = hex.get(..64).unwrap_or(&hex);
    format!("{}-{hex}", subject.algorithm()).parse().ok()
}
