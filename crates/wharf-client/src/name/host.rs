//! Where a registry is.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use crate::RegistryHostError;

/// The host of a registry, with its port unless that is the scheme's own: `docker.io`,
/// `localhost:5000`, `[::1]:5000`. In lower case, since hosts are the same in either.
///
/// Docker Hub has many names; all of them are `docker.io` here.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RegistryHost(Arc<str>);

// === impl RegistryHost ===

impl RegistryHost {
    /// The longest name of a host in DNS, in characters, without a port.
    pub const MAX_LEN: usize = 253;

    /// Docker Hub, which names without a host are about.
    #[must_use]
    pub fn docker_hub() -> Self {
        Self(HUB.into())
    }

    /// Host and port, as they stand in names of images.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name or address without the port; brackets of an IPv6 address stay.
    #[must_use]
    pub fn name(&self) -> &str {
        split_port(&self.0).0
    }

    /// The port, if it is not the scheme's own.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        split_port(&self.0).1?.parse().ok()
    }

    /// Whether it is Docker Hub, where a repository without a slash is in `library/`.
    #[must_use]
    pub fn is_docker_hub(&self) -> bool {
        &*self.0 == HUB
    }

    /// Whom requests go to: Docker Hub answers them under another name than its own.
    #[must_use]
    pub fn asked(&self) -> &str {
        if self.is_docker_hub() {
            "registry-1.docker.io"
        } else {
            &self.0
        }
    }

    /// Whether it can only be a process of this machine. Docker, too, speaks plain HTTP with
    /// those. moby: registry/config.go, `isSecureIndex`
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let name = self.name();
        let address = name.trim_start_matches('[').trim_end_matches(']');
        let is_local = |address: IpAddr| address.to_canonical().is_loopback();
        name == "localhost" || address.parse().is_ok_and(is_local)
    }
}

impl FromStr for RegistryHost {
    type Err = RegistryHostError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || RegistryHostError::Invalid(text.to_owned());
        let (name, port) = split_port(text);
        let is_address = |text: &str| text.parse::<Ipv6Addr>().is_ok();
        if name.len() > Self::MAX_LEN {
            return Err(RegistryHostError::TooLong);
        }
        let is_name = name.split('.').all(is_label);
        let bare = name.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        if !is_name && !bare.is_some_and(is_address) {
            return Err(invalid());
        }
        if let Some(port) = port {
            let is_digits = port.bytes().all(|byte| byte.is_ascii_digit());
            let number = port.parse::<u16>().ok().filter(|_| is_digits);
            let number = number.filter(|number| *number > 0);
            number.ok_or_else(|| RegistryHostError::Port(port.to_owned()))?;
        }
        let lower = text.to_ascii_lowercase();
        let is_hub = HUB_TOO.contains(&lower.as_str());
        Ok(if is_hub {
            Self::docker_hub()
        } else {
            Self(lower.into())
        })
    }
}

impl fmt::Display for RegistryHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === private ===

/// The colons of an IPv6 address are inside of its brackets.
fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((_, port)) if port.contains(']') => (text, None),
        Some((name, port)) => (name, Some(port)),
        None => (text, None),
    }
}

/// Letters, digits, and dashes that are neither first nor last.
fn is_label(text: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_legal) && !text.starts_with('-') && !text.ends_with('-')
}

const HUB: &str = "docker.io";
/// The registry's own name is the one that requests go to, the other one was once that of the
/// index.
const HUB_TOO: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];
