//! Where an engine is.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The address of an engine, as `DOCKER_HOST` and `docker -H` have it: `unix://PATH` or
/// `tcp://HOST:PORT`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DaemonAddress {
    /// A socket of this machine.
    Unix(PathBuf),
    /// `HOST:PORT`, without TLS: whoever can reach it owns its machine.
    Tcp(String),
}

/// Why a text is no [`DaemonAddress`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DaemonAddressError {
    /// It is none at all.
    #[error("{0:?} is no address of an engine: write unix://PATH or tcp://HOST:PORT")]
    Invalid(String),
    /// Docker's own client can do that.
    #[error("{0:?} cannot be reached: forward its socket with `ssh -L`, and give unix://PATH")]
    Ssh(String),
}

// === impl DaemonAddress ===

impl DaemonAddress {
    /// What is meant by the value of `DOCKER_HOST`; without one, Docker's usual socket.
    ///
    /// # Errors
    /// When the value is no address.
    pub fn from_environment(value: Option<&str>) -> Result<Self, DaemonAddressError> {
        value
            .filter(|it| !it.is_empty())
            .map_or_else(|| Ok(Self::default()), str::parse)
    }
}

impl Default for DaemonAddress {
    fn default() -> Self {
        Self::Unix("/var/run/docker.sock".into())
    }
}

impl FromStr for DaemonAddress {
    type Err = DaemonAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || DaemonAddressError::Invalid(text.to_owned());
        match text.split_once("://") {
            Some(("unix", path)) if !path.is_empty() => Ok(Self::Unix(path.into())),
            Some(("tcp" | "http", host)) => {
                let host = host.trim_end_matches('/');
                let (name, port) = match host.rsplit_once(':') {
                    Some((name, port)) if !port.contains(']') => (name, port),
                    // moby: opts/hosts.go, `DefaultHTTPPort`
                    _ => (host, "2375"),
                };
                let port: u16 = port.parse().map_err(|_| invalid())?;
                let is_legal = |byte: u8| {
                    byte.is_ascii_alphanumeric()
                        || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
                };
                if name.is_empty() || !name.bytes().all(is_legal) {
                    return Err(invalid());
                }
                Ok(Self::Tcp(format!("{name}:{port}")))
            }
            Some(("ssh", _)) => Err(DaemonAddressError::Ssh(text.to_owned())),
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for DaemonAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(host) => write!(f, "tcp://{host}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for (text, expected) in [
            ("unix:///run/docker.sock", "unix:///run/docker.sock"),
            ("tcp://127.0.0.1:2376", "tcp://127.0.0.1:2376"),
            ("tcp://engine", "tcp://engine:2375"),
            ("tcp://[::1]:1/", "tcp://[::1]:1"),
            ("http://engine:80", "tcp://engine:80"),
        ] {
            let address: DaemonAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), expected);
        }
        for bad in [
            "",
            "engine",
            "unix://",
            "tcp://",
            "tcp://a:x",
            "tcp://a/b",
            "fd://",
            "tcp://a@b",
        ] {
            let expected = DaemonAddressError::Invalid(bad.to_owned());
            assert_eq!(bad.parse::<DaemonAddress>(), Err(expected), "{bad:?}");
        }
        let ssh = "ssh://me@engine";
        assert_eq!(
            ssh.parse::<DaemonAddress>(),
            Err(DaemonAddressError::Ssh(ssh.to_owned()))
        );
        for nothing in [None, Some("")] {
            assert_eq!(
                DaemonAddress::from_environment(nothing),
                Ok(DaemonAddress::default())
            );
        }
    }
}
