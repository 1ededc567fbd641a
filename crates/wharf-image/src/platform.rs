//! Which image of an index runs where. containerd/platforms: platforms.go, compare.go

mod names;

use std::fmt;
use std::str::FromStr;

use wharf_spec::Platform;

use self::names::{arm_below, arm64_below, is_architecture, is_os, level, normal};

/// A platform that somebody wants: `linux/amd64`, `linux/arm/v7`, `arm64`. What is not said
/// is as on this machine.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct WantedPlatform {
    os: String,
    architecture: String,
    variant: String,
}

/// Why a text is no [`WantedPlatform`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is no platform: write OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, as linux/arm/v7")]
pub struct PlatformError(String);

// === impl WantedPlatform ===

impl WantedPlatform {
    /// This machine's. Docker runs the images of Linux on every other system.
    #[must_use]
    pub fn here() -> Self {
        let os = match std::env::consts::OS {
            "windows" => "windows",
            "freebsd" => "freebsd",
            _ => "linux",
        };
        Self::new(os, std::env::consts::ARCH, "")
    }

    fn new(os: &str, architecture: &str, variant: &str) -> Self {
        let os = match os.to_ascii_lowercase().as_str() {
            "macos" => "darwin".to_owned(),
            os => os.to_owned(),
        };
        let (architecture, variant) = normal(architecture, variant);
        Self {
            os,
            architecture,
            variant,
        }
    }

    /// How well an image for `platform` runs on this one: 0 is best; `None` if not at all.
    #[must_use]
    pub fn rank(&self, platform: &Platform) -> Option<usize> {
        let os = platform.os.to_ascii_lowercase();
        if os != self.os {
            return None;
        }
        let variant = platform.variant.as_deref().unwrap_or_default();
        let (architecture, variant) = normal(&platform.architecture, variant);
        let runs = self.runs();
        runs.iter()
            .position(|(name, level)| *name == architecture && *level == variant)
    }

    /// Architectures with variants that run here, the best first.
    fn runs(&self) -> Vec<(&str, String)> {
        let own = self.architecture.as_str();
        let mut runs = vec![(own, self.variant.clone())];
        match own {
            "amd64" => {
                let below = (2..level(&self.variant)).rev();
                runs.extend(below.map(|level| (own, format!("v{level}"))));
                if !self.variant.is_empty() {
                    runs.push((own, String::new()));
                }
                runs.push(("386", String::new()));
            }
            "arm" => runs.extend(arm_below(level(&self.variant))),
            "arm64" => {
                runs.extend(arm64_below(&self.variant).into_iter().map(|it| (own, it)));
                runs.push(("arm", "v8".to_owned()));
                runs.extend(arm_below(8));
            }
            _ => {}
        }
        runs
    }
}

impl FromStr for WantedPlatform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_word = |it: &str| {
            let is_legal =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
            !it.is_empty() && it.bytes().all(is_legal)
        };
        let parts: Vec<_> = text.split('/').collect();
        if !parts.iter().all(|part| is_word(part)) {
            return Err(PlatformError(text.to_owned()));
        }
        match parts.as_slice() {
            [one] if is_os(one) => Ok(Self {
                os: one.to_ascii_lowercase(),
                ..Self::here()
            }),
            [one] if is_architecture(one) => Ok(Self {
                os: Self::here().os,
                ..Self::new("", one, "")
            }),
            [os, architecture] => Ok(Self::new(os, architecture, "")),
            [os, architecture, variant] => Ok(Self::new(os, architecture, variant)),
            _ => Err(PlatformError(text.to_owned())),
        }
    }
}

impl fmt::Display for WantedPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match self.variant.as_str() {
            "" => Ok(()),
            variant => write!(f, "/{variant}"),
        }
    }
}

/// A platform as people write it.
pub(crate) fn label(platform: &Platform) -> String {
    let parts = [&platform.os, &platform.architecture];
    let parts = parts.into_iter().chain(&platform.variant);
    parts.map(String::as_str).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(wanted: &str, there: &[&'a str]) -> Option<&'a str> {
        let wanted: WantedPlatform = wanted.parse().unwrap();
        let rank = |text: &&str| {
            let mut parts = text.split('/').map(str::to_owned);
            wanted.rank(&Platform {
                os: parts.next().unwrap(),
                architecture: parts.next().unwrap(),
                variant: parts.next(),
                ..Platform::default()
            })
        };
        let ranked = there
            .iter()
            .copied()
            .filter_map(|it| Some((rank(&it)?, it)));
        ranked.min().map(|(_, it)| it)
    }

    #[test]
    fn the_best_platform_is_found() {
        for (wanted, there, expected) in [
            (
                "linux/amd64",
                &["linux/386", "linux/amd64"][..],
                Some("linux/amd64"),
            ),
            (
                "linux/amd64",
                &["linux/386", "linux/arm64"],
                Some("linux/386"),
            ),
            ("linux/amd64", &["windows/amd64"], None),
            ("linux/amd64", &["linux/amd64/v2"], None),
            (
                "linux/amd64/v3",
                &["linux/amd64", "linux/amd64/v2"],
                Some("linux/amd64/v2"),
            ),
            (
                "linux/amd64/v3",
                &["linux/amd64/v1", "linux/386"],
                Some("linux/amd64/v1"),
            ),
            ("linux/x86_64", &["linux/amd64"], Some("linux/amd64")),
            ("linux/arm64", &["linux/arm64/v8"], Some("linux/arm64/v8")),
            ("linux/arm64/v8", &["linux/arm64"], Some("linux/arm64")),
            (
                "linux/arm64",
                &["linux/arm/v6", "linux/arm/v7"],
                Some("linux/arm/v7"),
            ),
            (
                "linux/arm64/v9",
                &["linux/arm64/v8.5", "linux/arm64"],
                Some("linux/arm64/v8.5"),
            ),
            ("linux/arm64/v8", &["linux/arm64/v9"], None),
            (
                "linux/arm/v7",
                &["linux/arm/v5", "linux/arm/v6"],
                Some("linux/arm/v6"),
            ),
            ("linux/arm", &["linux/arm/v7"], Some("linux/arm/v7")),
            ("linux/arm/v6", &["linux/arm/v7", "linux/arm"], None),
            (
                "linux/s390x",
                &["linux/amd64", "linux/s390x"],
                Some("linux/s390x"),
            ),
            ("linux/arm64", &["unknown/unknown"], None),
        ] {
            assert_eq!(best(wanted, there), expected, "{wanted} of {there:?}");
        }
    }

    #[test]
    fn platforms_are_read() {
        for (text, expected) in [
            ("linux/amd64", "linux/amd64"),
            ("Linux/AARCH64/v8", "linux/arm64"),
            ("windows/amd64", "windows/amd64"),
            ("linux/armhf", "linux/arm/v7"),
            ("s390x", &*format!("{}/s390x", WantedPlatform::here().os)),
        ] {
            let wanted: WantedPlatform = text.parse().unwrap();
            assert_eq!(wanted.to_string(), expected);
        }
        for bad in [
            "",
            "/",
            "linux/",
            "linux//v7",
            "nothing",
            "a/b/c/d",
            "linux/a b",
        ] {
            assert_eq!(
                bad.parse::<WantedPlatform>(),
                Err(PlatformError(bad.to_owned()))
            );
        }
        let here = WantedPlatform::here().to_string();
        assert_eq!("linux".parse::<WantedPlatform>().unwrap().os, "linux");
        assert_eq!(
            here.parse::<WantedPlatform>().unwrap(),
            WantedPlatform::here()
        );
    }
}
