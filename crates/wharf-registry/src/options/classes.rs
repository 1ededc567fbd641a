//! What a repository is for.

use std::fmt;
use std::str::FromStr;

use wharf_spec::{Manifest, ManifestType, media_type};

use crate::{Error, Result};

/// What may be pushed at all (distribution: `policy.repository.classes`).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Classes {
    /// Anything.
    #[default]
    Any,
    /// Manifests of these classes, and indexes. A manifest that has none of the classes
    /// that there are, such as a Helm chart, is refused.
    Only(Vec<Class>),
}

/// What a manifest is for, by the media type of its configuration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// An image of containers.
    Image,
    /// A plugin of Docker's engine.
    Plugin,
}

/// There is no such class.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("there is no class {0:?} of repositories: `image` and `plugin` are those that are known")]
pub struct ClassError(String);

// === impl Classes ===

impl Classes {
    /// The policy of a list; an empty one excludes nothing, as in distribution.
    #[must_use]
    pub fn of(list: Vec<Class>) -> Self {
        if list.is_empty() {
            Self::Any
        } else {
            Self::Only(list)
        }
    }

    /// Refuses a manifest of another class.
    /// distribution: registry/handlers/manifests.go, `applyResourcePolicy`
    pub(crate) fn check(&self, manifest: &Manifest) -> Result<()> {
        let (Self::Only(allowed), Some(config)) = (self, manifest.config()) else {
            return Ok(());
        };
        let class = match (manifest.media_type(), config.media_type.as_str()) {
            (ManifestType::OciManifest, media_type::OCI_CONFIG)
            | (ManifestType::DockerManifest, media_type::DOCKER_CONFIG) => Class::Image,
            (ManifestType::DockerManifest, media_type::DOCKER_PLUGIN_CONFIG) => Class::Plugin,
            (_, other) => {
                let shown = other.chars().take(LONGEST_MEDIA_TYPE).collect();
                return Err(Error::ClassUnknown(shown));
            }
        };
        if allowed.contains(&class) {
            Ok(())
        } else {
            Err(Error::ClassDenied(class))
        }
    }
}

// === impl Class ===

impl FromStr for Class {
    type Err = ClassError;

    fn from_str(text: &str) -> std::result::Result<Self, ClassError> {
        match text {
            "image" => Ok(Self::Image),
            "plugin" => Ok(Self::Plugin),
            other => Err(ClassError(other.to_owned())),
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Image => "image",
            Self::Plugin => "plugin",
        })
    }
}

/// RFC 6838, section 4.2: two names and a slash.
const LONGEST_MEDIA_TYPE: usize = 127 + 1 + 127;
