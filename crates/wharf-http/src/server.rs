//! Listening, accepting, and stopping without cutting anybody off.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::io::Connection;
use crate::peer::Peer;

/// A bound listener that is ready to serve.
pub struct Server {
    listener: TcpListener,
    app: Arc<App>,
    limits: Limits,
}

/// Bounds on what clients may hold, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
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

/// How a connection came to its end.
enum End {
    Done,
    CutOff,
}

// === impl Limits ===

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8_192,
            head_time: Duration::from_secs(60),
            write_stall: Duration::from_secs(120),
            drain: Duration::from_secs(60),
        }
    }
}

// === impl Server ===

impl Server {
    /// Binds `address`, `host:port`; the port may be 0.
    ///
    /// # Errors
    /// When the name does not resolve, or the address is taken or not ours.
    pub async fn bind(address: &str, app: Arc<App>, limits: Limits) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self {
            listener,
            app,
            limits,
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The socket's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until it is told to stop and every request is done, or out of time.
    pub async fn run(self, shutdown: Shutdown) -> Stopped {
        let Self {
            listener,
            app,
            limits,
        } = self;
        let connections = TaskTracker::new();
        let room = Arc::new(Semaphore::new(limits.connections));
        let cut_off = Arc::new(AtomicUsize::new(0));
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &room) => accepted,
                () = shutdown.drain.cancelled() => break,
                () = shutdown.abort.cancelled() => break,
            };
            let Some((stream, peer, permit)) = accepted else {
                continue;
            };
            let serving = serve(stream, peer, Arc::clone(&app), limits, shutdown.clone());
            let cut_off = Arc::clone(&cut_off);
            connections.spawn(async move {
                match serving.await {
                    End::Done => {}
                    End::CutOff => _ = cut_off.fetch_add(1, Ordering::Relaxed),
                }
                drop(permit);
            });
        }
        // The port is free for a successor while we finish.
        drop(listener);
        connections.close();
        tokio::select! {
            () = connections.wait() => {}
            () = tokio::time::sleep(limits.drain) => {
                tracing::warn!("the drain time is over");
            }
            () = shutdown.abort.cancelled() => {}
        }
        shutdown.abort.cancel();
        connections.wait().await;
        // They may all have been cut off before this task saw why.
        match cut_off.load(Ordering::Relaxed) {
            0 => Stopped::Clean,
            connections => Stopped::CutOff(connections),
        }
    }
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    // The semaphore is never closed.
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, permit)),
        Err(error) => {
            tracing::warn!(%error, "a connection was not accepted");
            // Out of descriptors, as a rule: trying again at once would only spin.
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    app: Arc<App>,
    limits: Limits,
    shutdown: Shutdown,
) -> End {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    let end = Peer {
        address: Some(SocketAddr::new(peer.ip().to_canonical(), peer.port())),
        secure: false,
    };
    let service = service_fn(move |request| {
        let answer = Arc::clone(&app).answer(request, end);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        // A client that has said all it wants may close its side and still be answered.
        .half_close(true)
        .serve_connection(Connection::new(stream, limits.write_stall), service);
    let mut connection = std::pin::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = shutdown.abort.cancelled() => return End::CutOff,
        () = shutdown.drain.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                served = connection.as_mut() => served,
                () = shutdown.abort.cancelled() => return End::CutOff,
            }
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, %peer, "a connection ended early");
    }
    End::Done
}
