//! Names of images, as Docker understands them.
//!
//! `ubuntu` is `docker.io/library/ubuntu:latest`: what comes before the first slash is a host
//! only if it could not be the beginning of a repository's name.

mod error;
mod host;
mod parse;

use std::fmt;
use std::str::FromStr;

use wharf_spec::{Digest, Reference, RepositoryName, Tag};

pub use self::error::{ImageNameError, RegistryHostError};
pub use self::host::RegistryHost;

/// What somebody calls an image: where it is, and which one of those that are there.
/// distribution/reference: normalize.go, `ParseNormalizedNamed` and `TagNameOnly`
///
/// It is printed in full, as `docker.io/library/ubuntu:latest`; see [`ImageName::familiar`].
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ImageName {
    /// The registry that has it.
    pub registry: RegistryHost,
    /// The repository there.
    pub repository: RepositoryName,
    /// What was said after the colon; `latest` if nothing else was said. Beside a digest it
    /// is for people only.
    pub tag: Option<Tag>,
    /// What was said after the `@`: that very manifest, whatever the tag points to.
    pub digest: Option<Digest>,
}

// === impl ImageName ===

impl ImageName {
    /// The tag of names without one.
    pub const DEFAULT_TAG: &'static str = "latest";

    /// What the registry is asked for: the digest if there is one, else the tag. `None` if
    /// somebody took both away.
    #[must_use]
    pub fn reference(&self) -> Option<Reference> {
        let by_tag = || self.tag.clone().map(Reference::Tag);
        self.digest.map(Reference::Digest).or_else(by_tag)
    }

    /// The name as people write it: without the host and the `library/` of Docker Hub. What
    /// would be read as another image without them keeps them (distribution's own
    /// `FamiliarString` does not see to that).
    #[must_use]
    pub fn familiar(&self) -> String {
        let full = self.to_string();
        let Some(short) = full.strip_prefix("docker.io/") else {
            return full;
        };
        let shorter = short.strip_prefix("library/").unwrap_or(short);
        let is_same = |text: &&str| text.parse().is_ok_and(|name: Self| name == *self);
        let familiar = [shorter, short].into_iter().find(is_same);
        familiar.map_or_else(|| full.clone(), str::to_owned)
    }
}

impl FromStr for ImageName {
    type Err = ImageNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse::image_name(text)
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}
