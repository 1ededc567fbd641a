//! HTTP/2 on one connection (RFC 9113), with the limits that a connection of HTTP/1.1 has.

mod streams;
mod traffic;
mod watch;

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::connection::{End, Serving};
use crate::peer::Peer;

use streams::Streams;
use traffic::{Delivered, Traffic};
use watch::{Step, Watch};

/// Whether a connection begins as HTTP/2 does (section 3.4); `None` while it may yet.
pub(crate) fn is_preface(bytes: &[u8]) -> Option<bool> {
    if bytes.starts_with(PREFACE) {
        Some(true)
    } else {
        (!PREFACE.starts_with(bytes)).then_some(false)
    }
}

/// Answers requests until the client is gone, silent, or the server stops.
pub(crate) async fn serve(
    serving: Serving,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: Peer,
) -> End {
    let asked = CancellationToken::new();
    let traffic = Traffic::new();
    let streams = Streams::new();
    let service = {
        let (asked, traffic) = (asked.clone(), Arc::clone(&traffic));
        let (site, requests) = (serving.site.clone(), Arc::clone(&serving.requests));
        service_fn(move |request| {
            asked.cancel();
            let ticket = traffic.begin();
            let (site, requests) = (site.clone(), Arc::clone(&requests));
            async move {
                // The semaphore is never closed.
                let room = requests.acquire_owned().await.ok();
                let answer = site.answer(request, peer).await;
                Ok::<_, Infallible>(answer.map(|body| Delivered::new(body, ticket, room)))
            }
        })
    };
    let connection = builder(streams.clone()).serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let mut drained = pin!(serving.drained(&asked));
    let mut watch = Watch::new(&serving.limits);
    let mut stopping = false;
    let end = loop {
        tokio::select! {
            served = connection.as_mut() => {
                if let Err(error) = served {
                    tracing::debug!(%error, peer = ?peer.address, "a connection ended early");
                }
                break End::Done;
            }
            () = serving.shutdown.abort.cancelled() => break End::CutOff,
            () = drained.as_mut(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            step = watch.next(&traffic) => match step {
                Step::SayGoodbye => connection.as_mut().graceful_shutdown(),
                Step::Leave(reason) => {
                    tracing::debug!(peer = ?peer.address, "a connection is closed: {reason}");
                    break End::Done;
                }
            },
        }
    };
    streams.end().await;
    end
}

fn builder(streams: Streams) -> http2::Builder<Streams> {
    let mut builder = http2::Builder::new(streams);
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(FRAME)
        .max_send_buf_size(SEND_BUFFER)
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD);
    builder
}

/// What every connection of HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Whether the client is still there is asked this often, and so long an answer is waited for.
const PING: Duration = Duration::from_secs(30);
/// Bytes of one body that may be on their way to us: what a fast line holds.
const STREAM_WINDOW: u32 = 4 << 20;
/// Bytes of all bodies of a connection.
const CONNECTION_WINDOW: u32 = 8 << 20;
/// Bytes of a body at once.
const FRAME: u32 = 64 << 10;
/// Bytes of an answer that wait for the client's window.
const SEND_BUFFER: usize = 128 << 10;
/// Requests at once: the least that clients may count on (section 6.5.2).
const STREAMS: u32 = 100;
/// Bytes of a request's head, with room for long tokens.
const HEAD: u32 = 64 << 10;
