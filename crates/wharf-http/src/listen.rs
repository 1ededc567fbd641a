//! Where clients reach the server: a TCP port, a unix socket, or a socket that was opened
//! before the process began.

mod address;
mod inherited;
mod tcp;
mod unix;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, UnixListener};

use crate::io::Transport;

pub use address::{AddressError, TcpAddress};
pub use inherited::{InheritError, Inherited};

use inherited::Opened;
use unix::SocketFile;

/// A socket that takes connections.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    local: LocalAddress,
    ownership: Ownership,
}

/// Where a listener is found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LocalAddress {
    /// An address and a port; never port 0.
    Tcp(SocketAddr),
    /// A path in the file system.
    Unix(PathBuf),
    /// A unix socket without a path.
    Unnamed,
}

/// Whether another process may listen on the same port at the same time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum PortUse {
    /// The port is ours alone.
    #[default]
    Alone,
    /// Processes of the same user share it (`SO_REUSEPORT`), so that a successor takes
    /// connections before we stop.
    Shared,
}

/// Whose socket it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ownership {
    /// Nobody takes its connections after us.
    Ours,
    /// Its connections wait for a successor.
    Passed,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(
        UnixListener,
        #[expect(dead_code, reason = "removes the file")] Option<SocketFile>,
    ),
}

// === impl Listener ===

impl Listener {
    /// Listens on a TCP port. As Go does, every interface means IPv6 and IPv4, and a name
    /// with several addresses its first IPv4 address.
    ///
    /// # Errors
    /// When the name does not resolve, or the address is taken or not ours.
    pub async fn tcp(address: &TcpAddress, port: PortUse) -> io::Result<Self> {
        let listener = tcp::bind(address, port).await?;
        let local = LocalAddress::Tcp(listener.local_addr()?);
        Ok(Self {
            socket: Socket::Tcp(listener),
            local,
            ownership: Ownership::Ours,
        })
    }

    /// Listens on a unix socket. A socket that a dead process left at `path` is replaced;
    /// ours is removed when the listener is dropped.
    ///
    /// # Errors
    /// `AddrInUse` when somebody listens there, `AlreadyExists` when something else than a
    /// socket is there, and the system's.
    pub async fn unix(path: &Path) -> io::Result<Self> {
        let (listener, file) = unix::bind(path).await?;
        Ok(Self {
            socket: Socket::Unix(listener, Some(file)),
            local: LocalAddress::Unix(path.to_owned()),
            ownership: Ownership::Ours,
        })
    }

    /// Listens on a socket that was passed to the process. It must be called in a runtime.
    ///
    /// # Errors
    /// The system's.
    pub fn inherited(socket: Inherited) -> io::Result<Self> {
        let (socket, local) = match socket.into_opened() {
            Opened::Tcp(listener) => {
                let local = LocalAddress::Tcp(listener.local_addr()?);
                (Socket::Tcp(TcpListener::from_std(listener)?), local)
            }
            Opened::Unix(listener) => {
                let path = listener.local_addr()?.as_pathname().map(Path::to_owned);
                let local = path.map_or(LocalAddress::Unnamed, LocalAddress::Unix);
                let listener = UnixListener::from_std(listener)?;
                (Socket::Unix(listener, None), local)
            }
        };
        Ok(Self {
            socket,
            local,
            ownership: Ownership::Passed,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn local_address(&self) -> &LocalAddress {
        &self.local
    }

    /// Whether connections that are not accepted are lost with the listener.
    pub(crate) fn loses_its_queue(&self) -> bool {
        self.ownership == Ownership::Ours
    }

    /// The next connection, and its client's address.
    pub(crate) async fn accept(&self) -> io::Result<(Transport, Option<SocketAddr>)> {
        match &self.socket {
            Socket::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY was not set");
                }
                Ok((
                    Transport::Tcp(stream),
                    Some(SocketAddr::new(peer.ip().to_canonical(), peer.port())),
                ))
            }
            Socket::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok((Transport::Unix(stream), None))
            }
        }
    }
}

// === impl LocalAddress ===

impl fmt::Display for LocalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => path.display().fmt(f),
            Self::Unnamed => f.write_str("an unnamed unix socket"),
        }
    }
}
