//! Which servers, and how they are spoken to.

use std::str::FromStr;
use std::time::Duration;

/// All there is to know.
#[derive(Clone)]
pub struct Options {
    /// Where they are.
    pub servers: Servers,
    /// The number of the database; a cluster has one only.
    pub db: i64,
    /// The version of the protocol.
    pub protocol: Protocol,
    /// Who we are; nobody in particular where there is a password alone.
    pub username: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// What connections are called (`CLIENT SETNAME`), but those to a cluster.
    pub name: Option<String>,
    /// What the server is told of the program (`CLIENT SETINFO`), but a cluster.
    pub identity: Option<String>,
    /// How long connecting may take.
    pub connecting: Duration,
    /// How long an answer may take.
    pub answering: Duration,
    /// TLS.
    pub tls: Option<Tls>,
}

/// Where they are.
#[derive(Clone)]
pub enum Servers {
    /// One.
    One(Address),
    /// The one that sentinels say is the master.
    Watched {
        /// The sentinels.
        sentinels: Vec<Address>,
        /// The name that they know the server by.
        master: String,
        /// Who we are to them.
        username: Option<String>,
        /// The password there.
        password: Option<String>,
    },
    /// A cluster; any of its members tell of the others.
    Cluster(Vec<Address>),
}

/// `HOST:PORT`
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// A text is not the address of a server.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not HOST:PORT")]
pub struct NoAddress(String);

/// The version of the protocol.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Protocol {
    /// The one that every server speaks.
    #[default]
    Two,
    /// That of Redis 6.
    Three,
}

/// Who is trusted, and who we are, all in PEM.
#[derive(Clone)]
pub struct Tls {
    /// The authorities; those of the system where nothing is said.
    pub authorities: Option<Vec<u8>>,
    /// Our certificate and its key.
    pub certificate: Option<(Vec<u8>, Vec<u8>)>,
}

// === impl Address ===

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let wrong = || NoAddress(text.to_owned());
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        if host.contains(['/', '@', ' ']) {
            return Err(wrong());
        }
        // As Go has it.
        let host = if host.is_empty() { "localhost" } else { host };
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn addresses_have_a_port() {
        let address = |text: &str| {
            let address: Option<Address> = text.parse().ok();
            address.map(|address| (address.host, address.port))
        };
        for (text, host, port) in [
            ("redis:6379", "redis", 6379),
            (":6379", "localhost", 6379),
            ("10.0.0.1:1", "10.0.0.1", 1),
            ("[::1]:6379", "::1", 6379),
        ] {
            assert_eq!(address(text), Some((host.to_owned(), port)), "{text}");
        }
        for text in [
            "",
            "redis",
            "redis:",
            "redis:x",
            "redis:65536",
            "redis://redis:6379",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
