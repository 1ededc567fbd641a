//! TCP addresses as Go's `net.Listen` takes them, and so distribution's `http.addr`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// `HOST:PORT`, where no host means every interface and no port any free one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TcpAddress {
    host: Option<String>,
    port: u16,
}

/// Why a text is no address.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AddressError {
    /// There is no colon before a port.
    #[error("the address {0:?} has no port: it is written HOST:PORT or :PORT")]
    NoPort(String),
    /// An IPv6 address without brackets, or a stray bracket.
    #[error("the address {0:?} is not HOST:PORT: an IPv6 address stands in brackets")]
    Malformed(String),
    /// Not a number below 65536, nor the name of a port for HTTP.
    #[error("the port of the address {0:?} is not a number from 0 to 65535")]
    Port(String),
}

// === impl TcpAddress ===

impl TcpAddress {
    /// The host, or `None` for every interface.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The port; 0 for any free one.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for TcpAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (host, port) = split(text)?;
        let port = match port {
            "" => 0,
            "http" => 80,
            "https" => 443,
            // `parse` would take a sign.
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits
                .parse()
                .map_err(|_| AddressError::Port(text.to_owned()))?,
            _ => return Err(AddressError::Port(text.to_owned())),
        };
        let every = host.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified());
        let host = (!host.is_empty() && !every).then(|| host.to_owned());
        Ok(Self { host, port })
    }
}

impl fmt::Display for TcpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) if host.contains(':') => write!(f, "[{host}]:{}", self.port),
            Some(host) => write!(f, "{host}:{}", self.port),
            None => write!(f, ":{}", self.port),
        }
    }
}

/// Go's `net.SplitHostPort`, and the empty address that `net.Listen` allows besides.
fn split(text: &str) -> Result<(&str, &str), AddressError> {
    if text.is_empty() {
        return Ok(("", ""));
    }
    let malformed = || AddressError::Malformed(text.to_owned());
    let (host, port) = match text.strip_prefix('[') {
        Some(bracketed) => {
            let (host, rest) = bracketed.split_once(']').ok_or_else(malformed)?;
            let port = rest.strip_prefix(':').ok_or_else(|| match rest {
                "" => AddressError::NoPort(text.to_owned()),
                _ => malformed(),
            })?;
            (host, port)
        }
        None => {
            let split = text.rsplit_once(':');
            let (host, port) = split.ok_or_else(|| AddressError::NoPort(text.to_owned()))?;
            if host.contains(':') {
                return Err(malformed());
            }
            (host, port)
        }
    };
    if host.contains(['[', ']']) || port.contains(['[', ']', ':']) {
        return Err(malformed());
    }
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Option<String>, u16) {
        let address: TcpAddress = text.parse().unwrap_or_else(|error| panic!("{error}"));
        (address.host, address.port)
    }

    #[test]
    fn the_forms_of_go() {
        for (text, host, port) in [
            (":5000", None, 5000),
            ("", None, 0),
            (":", None, 0),
            (":0", None, 0),
            ("0.0.0.0:5000", None, 5000),
            ("[::]:5000", None, 5000),
            ("localhost:5000", Some("localhost"), 5000),
            ("localhost:", Some("localhost"), 0),
            ("127.0.0.1:80", Some("127.0.0.1"), 80),
            ("[::1]:5000", Some("::1"), 5000),
            ("[fe80::1%lo]:1", Some("fe80::1%lo"), 1),
            ("registry.test:https", Some("registry.test"), 443),
            (":00080", None, 80),
        ] {
            assert_eq!(parsed(text), (host.map(str::to_owned), port), "{text}");
        }
    }

    #[test]
    fn what_go_refuses() {
        use AddressError as Error;
        for (text, error) in [
            ("localhost", Error::NoPort as fn(String) -> Error),
            ("5000", Error::NoPort),
            ("[::1]", Error::NoPort),
            ("::1", Error::Malformed),
            ("::1:5000", Error::Malformed),
            ("[::1:5000", Error::Malformed),
            ("[::1]5000", Error::Malformed),
            ("[a]]:1", Error::Malformed),
            ("a]:1", Error::Malformed),
            ("a:65536", Error::Port),
            ("a:-1", Error::Port),
            ("a:+1", Error::Port),
            ("a:b", Error::Port),
            ("a:1 ", Error::Port),
        ] {
            assert_eq!(text.parse::<TcpAddress>(), Err(error(text.to_owned())));
        }
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in [":5000", "localhost:0", "[::1]:5000"] {
            assert_eq!(text.parse::<TcpAddress>().unwrap().to_string(), text);
        }
    }
}
