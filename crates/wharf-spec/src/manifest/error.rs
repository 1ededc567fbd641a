//! Why a registry does not take a manifest, said so that its author can mend it.

use crate::{DigestError, ManifestType};

/// Why a text is not a [`Manifest`](crate::Manifest).
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is no JSON object, or a field has the wrong type.
    #[error("the manifest cannot be read as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is of Docker's first schema, by its version or its media type.
    #[error("manifests of schema version 1 are not supported: push the image as schema 2 or OCI")]
    Schema1,
    /// Its `schemaVersion` is missing or unknown.
    #[error("`schemaVersion` must be 2, not {}", .0.map_or("missing".into(), |it| it.to_string()))]
    SchemaVersion(Option<i64>),
    /// The `Content-Type`, or without one the `mediaType`, is not that of a manifest.
    #[error("{0:?} is not a media type of manifests that this registry takes")]
    UnsupportedMediaType(String),
    /// The body contradicts the `Content-Type`.
    #[error("`mediaType` is {body:?}, but the Content-Type says {header}: they must be equal")]
    MediaTypeMismatch {
        /// The request's.
        header: ManifestType,
        /// The body's.
        body: String,
    },
    /// The body has no `mediaType`, which Docker's types require.
    #[error("`mediaType` is missing: set it to {0}")]
    MediaTypeMissing(ManifestType),
    /// It could be read as an image manifest and as an index (CVE-2021-41190).
    #[error("`manifests` and `config` or `layers` cannot stand in the same manifest: remove one")]
    Ambiguous,
    /// It has what belongs to the other kind of manifest.
    #[error("{media_type} cannot have the field `{field}`: set the media type to what it is")]
    WrongKind {
        /// What it claims to be.
        media_type: ManifestType,
        /// The field that speaks against it.
        field: &'static str,
    },
    /// It lacks what its kind of manifest must have.
    #[error("{media_type} must have the field `{field}`")]
    MissingField {
        /// What it claims to be.
        media_type: ManifestType,
        /// The field that it lacks.
        field: &'static str,
    },
    /// Some programs would read this field as another one, and some would not.
    #[error("the field {found:?} must be written `{expected}`")]
    FieldName {
        /// As it was written.
        found: String,
        /// As it must be written.
        expected: &'static str,
    },
    /// A descriptor's digest is missing or invalid.
    #[error("`{field}`: {source}")]
    Digest {
        /// Where it is, such as `layers[2].digest`.
        field: String,
        /// What is wrong with it.
        source: DigestError,
    },
}
