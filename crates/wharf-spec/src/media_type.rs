//! The media types that mean something to a registry. All others are the clients' affair.

/// image-spec: manifest.md
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// image-spec: image-index.md
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// image-spec: config.md
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// image-spec: layer.md, uncompressed
pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
/// image-spec: layer.md, compressed by gzip
pub const OCI_LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// image-spec: layer.md, compressed by zstd
pub const OCI_LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
/// image-spec: layer.md, a layer that a registry need not hold
pub const OCI_NONDISTRIBUTABLE_LAYER: &str =
    "application/vnd.oci.image.layer.nondistributable.v1.tar";
/// The same, compressed by gzip
pub const OCI_NONDISTRIBUTABLE_LAYER_GZIP: &str =
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
/// The same, compressed by zstd
pub const OCI_NONDISTRIBUTABLE_LAYER_ZSTD: &str =
    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd";
/// image-spec: manifest.md, "Guidance for an Empty Descriptor"
pub const EMPTY_JSON: &str = "application/vnd.oci.empty.v1+json";

/// Docker's image manifest, schema 2
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker's list of image manifests
pub const DOCKER_MANIFEST_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// The configuration in a [`DOCKER_MANIFEST`]
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// The configuration in a [`DOCKER_MANIFEST`] that is a plugin of Docker's engine
pub const DOCKER_PLUGIN_CONFIG: &str = "application/vnd.docker.plugin.v1+json";
/// A layer in a [`DOCKER_MANIFEST`]
pub const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
/// A layer in a [`DOCKER_MANIFEST`] that a registry need not hold
pub const DOCKER_FOREIGN_LAYER: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
/// Docker's first manifest, which we recognise in order to refuse it
pub const DOCKER_SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+json";
/// The same, signed
pub const DOCKER_SCHEMA1_SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";

/// Blobs on the wire
pub const OCTET_STREAM: &str = "application/octet-stream";
/// Error bodies and listings
pub const JSON: &str = "application/json";

/// A header's media type without its parameters.
pub(crate) fn essence(header: &str) -> &str {
    header
        .split_once(';')
        .map_or(header, |(essence, _)| essence)
        .trim()
}

/// Whether it is one of Docker's schema 1 types.
pub(crate) fn is_schema1(essence: &str) -> bool {
    [DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED]
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
}
