//! What an image runs on.

use serde::{Deserialize, Serialize};

use crate::json::or_default;

/// The platform of an index's entry (image-spec: image-index.md). Texts that are missing in
/// the document are empty here, as in every Go client.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Platform {
    /// The processor, as in `GOARCH`.
    #[serde(default, deserialize_with = "or_default")]
    pub architecture: String,
    /// The operating system, as in `GOOS`.
    #[serde(default, deserialize_with = "or_default")]
    pub os: String,
    /// The variant of the processor, such as `v7` of `arm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The version of the operating system, such as Windows' build number.
    #[serde(rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// What the operating system must offer.
    #[serde(
        rename = "os.features",
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub os_features: Vec<String>,
}
