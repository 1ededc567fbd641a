//! What of the internet is one client's.

use std::net::{IpAddr, Ipv6Addr};

/// What whoever has this address has for sure: of IPv4 the address, of IPv6 the 64 bits that
/// the others are one's own to choose in. IPv4 is IPv4, however it is written.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}
