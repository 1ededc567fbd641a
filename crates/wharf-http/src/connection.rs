//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::CONNECTION;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::io::{Socket, Transport};
use crate::peer::Peer;
use crate::server::{Limits, Shutdown};

/// How a connection came to its end.
pub(crate) enum End {
    Done,
    CutOff,
}

/// What all connections of a server share.
#[derive(Clone)]
pub(crate) struct Serving {
    pub(crate) app: Arc<App>,
    pub(crate) limits: Limits,
    pub(crate) shutdown: Shutdown,
}

// === impl Serving ===

impl Serving {
    pub(crate) async fn serve(self, transport: Transport, address: Option<IpAddr>) -> End {
        let socket = Socket::new(transport, self.limits.write_stall);
        let peer = Peer {
            address,
            secure: false,
        };
        self.http1(socket, peer).await
    }

    async fn http1(self, socket: Socket, peer: Peer) -> End {
        let Self {
            app,
            limits,
            shutdown,
        } = self;
        let asked = CancellationToken::new();
        let (has_asked, drain) = (asked.clone(), shutdown.drain.clone());
        let service = service_fn(move |request| {
            has_asked.cancel();
            let answer = Arc::clone(&app).answer(request, peer);
            let drain = drain.clone();
            async move {
                let mut answer = answer.await;
                if drain.is_cancelled() {
                    let close = HeaderValue::from_static("close");
                    answer.headers_mut().insert(CONNECTION, close);
                }
                Ok::<_, Infallible>(answer)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_time)
            // A client that has said all it wants may close its side and still be answered.
            .half_close(true)
            .serve_connection(TokioIo::new(socket), service);
        let mut connection = std::pin::pin!(connection);
        let drained = async {
            shutdown.drain.cancelled().await;
            // Who came before may still ask once: not all clients would try again.
            let _ = tokio::time::timeout(FIRST_REQUEST, asked.cancelled()).await;
        };
        let served = tokio::select! {
            served = connection.as_mut() => served,
            () = shutdown.abort.cancelled() => return End::CutOff,
            () = drained => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    served = connection.as_mut() => served,
                    () = shutdown.abort.cancelled() => return End::CutOff,
                }
            }
        };
        if let Err(error) = served {
            tracing::debug!(%error, peer = ?peer.address, "a connection ended early");
        }
        End::Done
    }
}

/// How long a client that has just connected has for its first request when we stop.
const FIRST_REQUEST: Duration = Duration::from_secs(1);
