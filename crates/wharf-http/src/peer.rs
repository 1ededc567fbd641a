//! Who is at the other end of a connection, as far as the socket tells.

use std::net::SocketAddr;

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// Its address; a unix socket has none.
    pub(crate) address: Option<SocketAddr>,
    /// Whether it speaks TLS to us.
    pub(crate) secure: bool,
}

// === impl Peer ===

impl Peer {
    pub(crate) const fn plain(address: Option<SocketAddr>) -> Self {
        Self {
            address,
            secure: false,
        }
    }

    pub(crate) const fn secure(address: Option<SocketAddr>) -> Self {
        Self {
            address,
            secure: true,
        }
    }
}
