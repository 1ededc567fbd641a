//! Which manifest a client gets that names the types it takes.

use serde_json::Value;
use wharf_registry::{Repository, StoredManifest};
use wharf_spec::{Accept, ErrorCode, Manifest, ManifestType, Reference};

use crate::error::Failure;

/// The manifest as stored, or the part of it that the client can use.
///
/// A client that names no manifest type (no `Accept`, `*/*`, `application/json`) gets
/// what is stored. One that names some but not the stored one gets what distribution
/// gives it (`registry/handlers/manifests.go`): the linux/amd64 child of a Docker list
/// asked for by tag, nothing for an OCI manifest, and everything else as stored.
pub(super) async fn choose(
    repository: &Repository,
    reference: &Reference,
    accept: &Accept,
    stored: StoredManifest,
) -> Result<StoredManifest, Failure> {
    if accept.accepts(stored.media_type) || !accept.names_any_manifest_type() {
        return Ok(stored);
    }
    match (stored.media_type, reference) {
        (ManifestType::OciManifest, Reference::Tag(_) | Reference::Digest(_)) => Err(Failure::new(
            ErrorCode::ManifestUnknown,
            "OCI manifest found, but the Accept header does not take OCI manifests",
            Value::Null,
        )),
        (ManifestType::DockerManifestList, Reference::Tag(_))
            if accept.accepts(ManifestType::DockerManifest) =>
        {
            // Hardly any client needs it, and every request would take its memory.
            Box::pin(default_child(repository, stored)).await
        }
        (ManifestType::DockerManifestList, Reference::Tag(_)) => Err(Failure::new(
            ErrorCode::ManifestInvalid,
            "the tag is a manifest list, and the Accept header takes neither that nor a schema 2 manifest",
            Value::Null,
        )),
        (ManifestType::DockerManifestList, Reference::Digest(_))
        | (
            ManifestType::DockerManifest | ManifestType::OciIndex,
            Reference::Tag(_) | Reference::Digest(_),
        ) => Ok(stored),
    }
}

async fn default_child(
    repository: &Repository,
    list: StoredManifest,
) -> Result<StoredManifest, Failure> {
    let parsed = Manifest::parse(list.bytes, None).map_err(wharf_registry::Error::from)?;
    let child = parsed.children().iter().find(|child| {
        child
            .platform
            .as_ref()
            .is_some_and(|platform| platform.os == "linux" && platform.architecture == "amd64")
    });
    let Some(child) = child else {
        let message =
            "the manifest list has no linux/amd64 image, and the Accept header takes no list";
        return Err(Failure::new(
            ErrorCode::ManifestUnknown,
            message,
            Value::Null,
        ));
    };
    Ok(repository
        .manifest(&Reference::Digest(child.digest))
        .await?)
}
