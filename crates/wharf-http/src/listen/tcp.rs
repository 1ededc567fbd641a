//! Binding TCP ports.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use super::{PortUse, TcpAddress};

pub(super) async fn bind(address: &TcpAddress, port: PortUse) -> io::Result<TcpListener> {
    let Some(host) = address.host() else {
        return every_interface(address.port(), port);
    };
    let found: Vec<_> = tokio::net::lookup_host((host, address.port()))
        .await?
        .collect();
    // As Go does: `localhost` is 127.0.0.1, where clients look first.
    let preferred = found.iter().find(|address| address.is_ipv4());
    let address = preferred
        .or(found.first())
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("{host} has no address")))?;
    listen(*address, port)
}

fn every_interface(number: u16, port: PortUse) -> io::Result<TcpListener> {
    let both = listen((Ipv6Addr::UNSPECIFIED, number).into(), port);
    match both {
        Err(error) if is_without_ipv6(&error) => {
            listen((Ipv4Addr::UNSPECIFIED, number).into(), port)
        }
        both => both,
    }
}

/// Containers often have no IPv6: no such family, or none of its addresses.
fn is_without_ipv6(error: &io::Error) -> bool {
    !matches!(
        error.kind(),
        io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied
    )
}

fn listen(address: SocketAddr, port: PortUse) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // A port is free as soon as nobody listens on it, whatever old connections do.
    socket.set_reuse_address(true)?;
    match port {
        PortUse::Alone => {}
        PortUse::Shared => socket.set_reuse_port(true)?,
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Connections that may wait to be accepted; the system may allow fewer.
const BACKLOG: i32 = 4096;
