//! Where a request comes from, if there are proxies in front: `X-Forwarded-For` says so, and
//! is believed as far as those say it that the operator names. `Forwarded` (RFC 7239) is not
//! read: a proxy that writes the one passes on what a client puts into the other.

use std::net::IpAddr;
use std::str::FromStr;

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::peer::Peer;

/// The proxies in front. By default there is none, and nobody is believed.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    networks: Vec<IpNet>,
    unix: bool,
}

/// It names no proxies.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "{0:?} is no network: write `10.0.0.0/8`, `192.0.2.1`, or `unix` for whoever comes over a unix socket"
)]
pub struct ProxyError(String);

// === impl Proxies ===

impl Proxies {
    /// Those of these networks, addresses, and, by the word `unix`, whoever comes over a unix
    /// socket.
    ///
    /// # Errors
    /// The first that is none of these.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, ProxyError> {
        let mut proxies = Self::default();
        for name in names {
            if name == "unix" {
                proxies.unix = true;
            } else {
                proxies.networks.push(network(name)?);
            }
        }
        Ok(proxies)
    }

    /// The address of whoever asks: the peer's, or if that is a proxy, the last one in
    /// `X-Forwarded-For` that is none. Whatever stands before is the client's own invention.
    /// `None` where a unix socket is all that is known.
    pub(crate) fn client(&self, peer: Peer, headers: &HeaderMap) -> Option<IpAddr> {
        let mut client = peer.address.map(|address| address.ip().to_canonical());
        if !self.include(client) {
            return client;
        }
        let values = headers.get_all(FORWARDED_FOR).iter().rev();
        // A value that is no text has one entry, which is malformed.
        let entries = values.flat_map(|value| value.to_str().unwrap_or("?").rsplit(','));
        for entry in entries {
            let Some(address) = address(entry.trim()) else {
                // Who wrote it cannot be told, nor what else they wrote.
                break;
            };
            client = Some(address);
            if !self.include(client) {
                break;
            }
        }
        client
    }

    fn include(&self, address: Option<IpAddr>) -> bool {
        match address {
            Some(address) => self.networks.iter().any(|it| it.contains(&address)),
            None => self.unix,
        }
    }
}

fn network(name: &str) -> Result<IpNet, ProxyError> {
    let network = IpNet::from_str(name)
        .or_else(|_| IpAddr::from_str(name).map(|address| IpNet::from(address.to_canonical())))
        .map_err(|_| ProxyError(name.to_owned()))?;
    let is_mapped = match network {
        IpNet::V4(_) => false,
        IpNet::V6(network) => network.addr().to_ipv4_mapped().is_some(),
    };
    if is_mapped {
        // No address would be in it: they are compared as IPv4.
        return Err(ProxyError(name.to_owned()));
    }
    Ok(network)
}

/// An address, as some proxies write it with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse().ok();
    let with_port = || text.parse().ok().map(|it: std::net::SocketAddr| it.ip());
    Some(address.or_else(with_port)?.to_canonical())
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// The client of a request from `peer` with these values of `X-Forwarded-For`.
    fn client(proxies: &[&str], peer: &str, values: &[&[u8]]) -> String {
        let proxies = Proxies::new(proxies.iter().copied()).unwrap();
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(value).unwrap());
        }
        let peer = Peer::plain(peer.parse().ok().map(|ip: IpAddr| (ip, 1).into()));
        let client = proxies.client(peer, &headers);
        client.map_or("nowhere".to_owned(), |client| client.to_string())
    }

    #[test]
    fn attack_a_forged_header_from_no_proxy_is_not_believed() {
        for proxies in [&[][..], &["10.0.0.0/8"], &["unix"]] {
            let seen = client(proxies, "192.0.2.1", &[b"198.51.100.7"]);
            assert_eq!(seen, "192.0.2.1", "{proxies:?}");
        }
        assert_eq!(client(&["10.0.0.0/8"], "@", &[b"198.51.100.7"]), "nowhere");
        // Not even one that names a proxy, or comes from an address that looks like one.
        let seen = client(&["10.0.0.0/8"], "100.0.0.1", &[b"198.51.100.7, 10.0.0.1"]);
        assert_eq!(seen, "100.0.0.1");
    }

    #[test]
    fn attack_what_a_client_sends_through_a_proxy_is_not_believed() {
        for values in [
            &[&b"198.51.100.7, 192.0.2.1"[..]][..],
            &[b"198.51.100.7", b"192.0.2.1"],
            &[b"198.51.100.7", b"192.0.2.1, 10.0.0.2"],
            &[b"10.0.0.9, 198.51.100.7, 192.0.2.1, 10.0.0.2"],
            &[b"nonsense, 192.0.2.1"],
            &[b"\xff", b"192.0.2.1"],
        ] {
            assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", values), "192.0.2.1");
        }
    }

    #[test]
    fn proxies_are_believed_about_each_other_and_the_client() {
        for (proxies, peer, values, expected) in [
            (&["10.0.0.1"][..], "10.0.0.1", &[][..], "10.0.0.1"),
            (&["10.0.0.1"], "10.0.0.1", &[&b"192.0.2.1"[..]], "192.0.2.1"),
            (&["10.0.0.1"], "10.0.0.1", &[b"10.0.0.2"], "10.0.0.2"),
            (
                &["10.0.0.0/8"],
                "10.0.0.1",
                &[b"10.0.0.3,10.0.0.2"],
                "10.0.0.3",
            ),
            (&["unix"], "@", &[b"192.0.2.1"], "192.0.2.1"),
            (&["unix"], "@", &[], "nowhere"),
            (
                &["2001:db8::/32"],
                "2001:db8::1",
                &[b"2001:db9::1"],
                "2001:db9::1",
            ),
            // As some write them.
            (&["10.0.0.1"], "10.0.0.1", &[b"192.0.2.1:4711"], "192.0.2.1"),
            (
                &["10.0.0.1"],
                "10.0.0.1",
                &[b"[2001:db8::1]"],
                "2001:db8::1",
            ),
            (
                &["10.0.0.1"],
                "10.0.0.1",
                &[b"[2001:db8::1]:4711"],
                "2001:db8::1",
            ),
            // IPv4 is IPv4, however it is written.
            (
                &["10.0.0.0/8"],
                "::ffff:10.0.0.1",
                &[b"192.0.2.1, ::ffff:10.0.0.2"],
                "192.0.2.1",
            ),
        ] {
            assert_eq!(client(proxies, peer, values), expected, "{values:?}");
        }
    }

    #[test]
    fn what_is_malformed_ends_the_walk() {
        for value in [
            "unknown, 10.0.0.2",
            "192.0.2.1, , 10.0.0.2",
            "192.0.2.1 10.0.0.9, 10.0.0.2",
            "192.0.2.1;10.0.0.9, 10.0.0.2",
            "_hidden, 10.0.0.2",
            "192.0.2.256, 10.0.0.2",
        ] {
            let seen = client(&["10.0.0.0/8"], "10.0.0.1", &[value.as_bytes()]);
            assert_eq!(seen, "10.0.0.2", "{value}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for name in [
            "",
            "everybody",
            "10.0.0.0/33",
            "::ffff:10.0.0.0/104",
            "UNIX",
        ] {
            let refused = Proxies::new([name]).map(|_| ());
            assert_eq!(refused, Err(ProxyError(name.to_owned())));
        }
    }
}
