//! Listening, accepting, and stopping without cutting anybody off.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::{End, Serving};
use crate::io::Transport;
use crate::listen::{Listener, LocalAddress, PortUse, TcpAddress};
use crate::site::Site;
use crate::tls::Tls;

/// A bound listener that is ready to serve.
pub struct Server {
    listener: Listener,
    protocol: Protocol,
    site: Site,
    limits: Limits,
}

/// What is spoken with clients.
#[derive(Clone, Default)]
pub enum Protocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/1.1, and HTTP/2 with those who begin with it (distribution: `http.h2c`).
    Http1OrH2c,
    /// TLS, and inside of it what is agreed on: HTTP/1.1 or HTTP/2.
    Tls(Tls),
}

/// Bounds on what clients may hold, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; more wait to be accepted. As many requests over HTTP/2 are
    /// answered at once, whatever number of connections they come from.
    pub connections: usize,
    /// For a handshake of TLS.
    pub handshake: Duration,
    /// For a request's head, and between two requests.
    pub head_time: Duration,
    /// For a client that takes none of its answer.
    pub write_stall: Duration,
    /// For requests that are under way when the server stops.
    pub drain: Duration,
}

/// How a server is told to stop.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    /// Accept nobody any more and let requests finish.
    pub drain: CancellationToken,
    /// Close every connection now.
    pub abort: CancellationToken,
}

/// How a server came to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stopped {
    /// Every request was answered to its end.
    Clean,
    /// This many connections were closed in the middle of one.
    CutOff(usize),
}

// === impl Limits ===

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8_192,
            handshake: Duration::from_secs(30),
            head_time: Duration::from_secs(60),
            write_stall: Duration::from_secs(120),
            drain: Duration::from_secs(60),
        }
    }
}

// === impl Server ===

impl Server {
    /// A server on `listener`.
    #[must_use]
    pub fn new(listener: Listener, site: impl Into<Site>, limits: Limits) -> Self {
        Self {
            listener,
            protocol: Protocol::default(),
            site: site.into(),
            limits,
        }
    }

    /// Speaks `protocol` with clients.
    #[must_use]
    pub fn speaking(self, protocol: Protocol) -> Self {
        Self { protocol, ..self }
    }

    /// Binds `address`, as [`TcpAddress`] reads it.
    ///
    /// # Errors
    /// When it is no address, its name does not resolve, or it is taken or not ours.
    pub async fn bind(address: &str, site: impl Into<Site>, limits: Limits) -> io::Result<Self> {
        let address: TcpAddress = address
            .parse()
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let listener = Listener::tcp(&address, PortUse::Alone).await?;
        Ok(Self::new(listener, site, limits))
    }

    /// Where it listens.
    #[must_use]
    pub fn local_address(&self) -> &LocalAddress {
        self.listener.local_address()
    }

    /// The TCP address and port on which it listens.
    ///
    /// # Errors
    /// `Unsupported` on a unix socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match self.listener.local_address() {
            LocalAddress::Tcp(address) => Ok(*address),
            LocalAddress::Unix(_) | LocalAddress::Unnamed => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Serves until it is told to stop and every request is done, or out of time.
    pub async fn run(self, shutdown: Shutdown) -> Stopped {
        let Self {
            listener,
            protocol,
            site,
            limits,
        } = self;
        // Ends with the server.
        let mut background = JoinSet::new();
        match &protocol {
            Protocol::Http1 | Protocol::Http1OrH2c => {}
            Protocol::Tls(tls) => _ = background.spawn(tls.clone().keep_fresh()),
        }
        let connections = TaskTracker::new();
        let room = Arc::new(Semaphore::new(limits.connections));
        let cut_off = Arc::new(AtomicUsize::new(0));
        let serving = Serving {
            site,
            protocol,
            requests: Arc::new(Semaphore::new(limits.connections)),
            limits,
            shutdown: shutdown.clone(),
        };
        let start = |(transport, peer, permit): Accepted| {
            let serving = serving.clone().serve(transport, peer);
            let cut_off = Arc::clone(&cut_off);
            connections.spawn(async move {
                match serving.await {
                    End::Done => {}
                    End::CutOff => _ = cut_off.fetch_add(1, Ordering::Relaxed),
                }
                drop(permit);
            });
        };
        loop {
            tokio::select! {
                // What arrives after that is for a successor.
                biased;
                () = shutdown.drain.cancelled() => break,
                () = shutdown.abort.cancelled() => break,
                accepted = accept(&listener, &room) => {
                    accepted.map(start);
                }
            }
        }
        if listener.loses_its_queue() && !shutdown.abort.is_cancelled() {
            let queued = async {
                while let Ok(accepted) = tokio::time::timeout(PAUSE, accept(&listener, &room)).await
                {
                    accepted.map(start);
                }
            };
            tokio::select! {
                _ = tokio::time::timeout(10 * PAUSE, queued) => {}
                () = shutdown.abort.cancelled() => {}
            }
        }
        // The port is free for a successor while we finish.
        drop(listener);
        connections.close();
        tokio::select! {
            () = connections.wait() => {}
            () = tokio::time::sleep(limits.drain) => {
                tracing::warn!("the drain time is over");
                shutdown.abort.cancel();
            }
            () = shutdown.abort.cancelled() => {}
        }
        connections.wait().await;
        match cut_off.load(Ordering::Relaxed) {
            0 => Stopped::Clean,
            connections => Stopped::CutOff(connections),
        }
    }
}

type Accepted = (Transport, Option<SocketAddr>, OwnedSemaphorePermit);

/// The next connection, once there is room for it.
async fn accept(listener: &Listener, room: &Arc<Semaphore>) -> Option<Accepted> {
    // The semaphore is never closed.
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((transport, peer)) => Some((transport, peer, permit)),
        Err(error) => {
            tracing::warn!(%error, "a connection was not accepted");
            // Out of descriptors, as a rule: trying again at once would only spin.
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

/// A client that connected just before we stop listening is found in this time; the system
/// would reset its connection.
const PAUSE: Duration = Duration::from_millis(5);
