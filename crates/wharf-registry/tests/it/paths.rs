//! Where distribution stores what, said once more and independently of the crate.
// distribution: registry/storage/paths.go

use wharf_spec::Digest;
use wharf_store::StorePath;

pub(crate) fn blob_data(digest: Digest) -> StorePath {
    let (algorithm, hex) = (digest.algorithm(), digest.hex());
    let shard: String = hex.chars().take(2).collect();
    at(&format!("blobs/{algorithm}/{shard}/{hex}/data"))
}

pub(crate) fn layer_link(name: &str, digest: Digest) -> StorePath {
    in_repository(name, &format!("_layers/{}/link", nested(digest)))
}

pub(crate) fn revision_link(name: &str, digest: Digest) -> StorePath {
    in_repository(
        name,
        &format!("_manifests/revisions/{}/link", nested(digest)),
    )
}

pub(crate) fn tag(name: &str, tag: &str) -> StorePath {
    in_repository(name, &format!("_manifests/tags/{tag}"))
}

pub(crate) fn tag_current_link(name: &str, tag: &str) -> StorePath {
    in_repository(name, &format!("_manifests/tags/{tag}/current/link"))
}

pub(crate) fn tag_index_link(name: &str, tag: &str, digest: Digest) -> StorePath {
    let digest = nested(digest);
    in_repository(name, &format!("_manifests/tags/{tag}/index/{digest}/link"))
}

/// A file of an upload: `data`, `startedat` or `hashstates/<algorithm>/<offset>`.
pub(crate) fn upload(name: &str, id: &str, file: &str) -> StorePath {
    in_repository(name, &format!("_uploads/{id}/{file}"))
}

fn in_repository(name: &str, below: &str) -> StorePath {
    at(&format!("repositories/{name}/{below}"))
}

fn at(below: &str) -> StorePath {
    StorePath::new("docker/registry/v2")
        .unwrap()
        .join(below)
        .unwrap()
}

fn nested(digest: Digest) -> String {
    format!("{}/{}", digest.algorithm(), digest.hex())
}
