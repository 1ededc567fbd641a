//! The sockets on which clients reach the server.

mod inherited;
mod tcp;
mod unix;

use std::io;
use std::net::SocketAddr;

use wharf_http::{Listener, LocalAddress, PortUse, TcpAddress};

async fn listen(address: &str, port: PortUse) -> io::Result<Listener> {
    let address: TcpAddress = address.parse().unwrap();
    Listener::tcp(&address, port).await
}

fn tcp_address(listener: &Listener) -> SocketAddr {
    match listener.local_address() {
        LocalAddress::Tcp(address) => *address,
        other => panic!("{other:?}"),
    }
}
