//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::CONNECTION;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::body::ResponseBody;
use crate::http2;
use crate::io::{Promises, Socket, Transport};
use crate::peer::Peer;
use crate::server::{Limits, Protocol, Shutdown};
use crate::site::Site;
use crate::tls::{self, Greeting, Tls};

/// How a connection came to its end.
pub(crate) enum End {
    Done,
    CutOff,
}

/// What all connections of a server share.
#[derive(Clone)]
pub(crate) struct Serving {
    pub(crate) site: Site,
    pub(crate) protocol: Protocol,
    /// Room for requests over HTTP/2.
    pub(crate) requests: Arc<Semaphore>,
    pub(crate) limits: Limits,
    pub(crate) shutdown: Shutdown,
}

// === impl Serving ===

impl Serving {
    pub(crate) async fn serve(self, transport: Transport, address: Option<SocketAddr>) -> End {
        let _connected = self.site.connected();
        let socket = Socket::new(transport, self.limits.write_stall);
        // In boxes: a connection takes the memory of what it speaks, not of the largest of all.
        match self.protocol.clone() {
            Protocol::Http1 => Box::pin(self.plain_http1(socket, Peer::plain(address))).await,
            Protocol::Http1OrH2c => Box::pin(self.http1_or_h2c(socket, Peer::plain(address))).await,
            Protocol::Tls(tls) => Box::pin(self.tls(tls, socket, Peer::secure(address))).await,
        }
    }

    async fn http1_or_h2c(self, mut socket: Socket, peer: Peer) -> End {
        let deciding = socket.look_ahead(http2::is_preface);
        match self.introduced(self.limits.head_time, deciding).await {
            Some(Some(true)) => Box::pin(http2::serve(self, socket, peer)).await,
            Some(Some(false)) => Box::pin(self.plain_http1(socket, peer)).await,
            Some(None) | None => End::Done,
        }
    }

    async fn tls(self, tls: Tls, socket: Socket, peer: Peer) -> End {
        let greeting = Box::pin(tls::greet(&tls, socket));
        match self.introduced(self.limits.handshake, greeting).await {
            Some(Greeting::Http1(stream)) => Box::pin(self.http1(stream, peer, |body| body)).await,
            Some(Greeting::Http2(stream)) => Box::pin(http2::serve(self, stream, peer)).await,
            Some(Greeting::Over) | None => End::Done,
        }
    }

    /// What a client does before its first request: it has `limit` for that, and hardly any
    /// time when the server stops.
    async fn introduced<T>(
        &self,
        limit: Duration,
        introduction: impl Future<Output = io::Result<T>>,
    ) -> Option<T> {
        let stopped = async {
            self.shutdown.drain.cancelled().await;
            tokio::time::sleep(FIRST_REQUEST).await;
        };
        let introduced = tokio::select! {
            introduced = tokio::time::timeout(limit, introduction) => introduced,
            () = self.shutdown.abort.cancelled() => return None,
            () = stopped => return None,
        };
        match introduced {
            Ok(Ok(introduced)) => return Some(introduced),
            Ok(Err(error)) => tracing::debug!(%error, "a client did not introduce itself"),
            Err(_) => tracing::debug!("a client takes too long to introduce itself"),
        }
        None
    }

    /// Ends when the connection may have no more requests than those that have begun.
    pub(crate) async fn drained(&self, asked: &CancellationToken) {
        self.shutdown.drain.cancelled().await;
        // Who came before may still ask once: not all clients would try again.
        let _ = tokio::time::timeout(FIRST_REQUEST, asked.cancelled()).await;
    }

    /// Nobody is between us and the socket: it can send files by itself.
    async fn plain_http1(self, socket: Socket, peer: Peer) -> End {
        let promises: Promises = socket.promises();
        let promised = move |body: ResponseBody| body.promised(promises.clone());
        self.http1(socket, peer, promised).await
    }

    async fn http1(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        peer: Peer,
        prepare: impl Fn(ResponseBody) -> ResponseBody,
    ) -> End {
        let asked = CancellationToken::new();
        let (has_asked, drain) = (asked.clone(), self.shutdown.drain.clone());
        let (site, prepare) = (self.site.clone(), &prepare);
        let service = service_fn(move |request| {
            has_asked.cancel();
            let (site, drain) = (site.clone(), drain.clone());
            async move {
                let mut answer = site.answer(request, peer).await.map(prepare);
                if drain.is_cancelled() {
                    let close = HeaderValue::from_static("close");
                    answer.headers_mut().insert(CONNECTION, close);
                }
                Ok::<_, Infallible>(answer)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head_time)
            // A client that has said all it wants may close its side and still be answered.
            .half_close(true)
            .max_buf_size(READ)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let served = tokio::select! {
            served = connection.as_mut() => served,
            () = self.shutdown.abort.cancelled() => return End::CutOff,
            () = self.drained(&asked) => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    served = connection.as_mut() => served,
                    () = self.shutdown.abort.cancelled() => return End::CutOff,
                }
            }
        };
        if let Err(error) = served {
            tracing::debug!(%error, peer = ?peer.address, "a connection ended early");
        }
        End::Done
    }
}

/// Bytes that are read at once, and the most that a head may have.
const READ: usize = 256 << 10;
/// How long a client that has just connected has for its first request when we stop.
const FIRST_REQUEST: Duration = Duration::from_secs(1);
