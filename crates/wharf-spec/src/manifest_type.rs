//! The four kinds of manifest that a registry takes.

use std::fmt;

use crate::media_type;

/// What a manifest is, by its media type.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ManifestType {
    /// Docker's image manifest, schema 2.
    DockerManifest,
    /// Docker's list of image manifests.
    DockerManifestList,
    /// image-spec: manifest.md
    OciManifest,
    /// image-spec: image-index.md
    OciIndex,
}

// === impl ManifestType ===

impl ManifestType {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::DockerManifest,
        Self::DockerManifestList,
        Self::OciManifest,
        Self::OciIndex,
    ];

    /// The media type, as it stands in headers and bodies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DockerManifest => media_type::DOCKER_MANIFEST,
            Self::DockerManifestList => media_type::DOCKER_MANIFEST_LIST,
            Self::OciManifest => media_type::OCI_MANIFEST,
            Self::OciIndex => media_type::OCI_INDEX,
        }
    }

    /// Reads the value of a `Content-Type` header. Parameters are ignored (distribution-spec:
    /// "Pushing Manifests"), and so is case (RFC 9110, section 8.3.1).
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let essence = media_type::essence(header);
        Self::ALL
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(essence))
    }

    /// Whether it lists other manifests rather than blobs.
    #[must_use]
    pub const fn is_index(self) -> bool {
        match self {
            Self::DockerManifestList | Self::OciIndex => true,
            Self::DockerManifest | Self::OciManifest => false,
        }
    }

    /// Whether the OCI defined it; those may leave out their own `mediaType`.
    #[must_use]
    pub const fn is_oci(self) -> bool {
        match self {
            Self::OciManifest | Self::OciIndex => true,
            Self::DockerManifest | Self::DockerManifestList => false,
        }
    }
}

impl fmt::Display for ManifestType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_are_read_without_parameters_and_case() {
        for kind in ManifestType::ALL {
            let text = kind.as_str();
            for form in [
                text.to_owned(),
                text.to_uppercase(),
                format!(" {text} ; charset=utf-8"),
            ] {
                assert_eq!(ManifestType::parse(&form), Some(kind), "{form:?}");
            }
        }
        for unknown in [
            "",
            ";",
            "application/json",
            "*/*",
            media_type::DOCKER_SCHEMA1,
        ] {
            assert_eq!(ManifestType::parse(unknown), None, "{unknown:?}");
        }
    }
}
