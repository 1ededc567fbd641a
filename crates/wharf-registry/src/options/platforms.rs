//! Platforms that an index must be complete for.

use wharf_spec::Platform;

/// A list of platforms, of which there is at least one (distribution:
/// `validation.manifests.indexes.platformlist`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequiredPlatforms(Vec<RequiredPlatform>);

/// A platform, as far as the list goes; variants and versions make no difference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequiredPlatform {
    /// The processor, as in `GOARCH`.
    pub architecture: String,
    /// The operating system, as in `GOOS`.
    pub os: String,
}

// === impl RequiredPlatforms ===

impl RequiredPlatforms {
    /// `None` of an empty list: distribution takes that for all platforms.
    #[must_use]
    pub fn new(list: Vec<RequiredPlatform>) -> Option<Self> {
        (!list.is_empty()).then_some(Self(list))
    }

    /// Whether what runs on `platform` must be there. Without a platform it need not.
    #[must_use]
    pub fn contain(&self, platform: Option<&Platform>) -> bool {
        let is = |listed: &RequiredPlatform, platform: &Platform| {
            listed.architecture == platform.architecture && listed.os == platform.os
        };
        platform.is_some_and(|platform| self.0.iter().any(|listed| is(listed, platform)))
    }
}
