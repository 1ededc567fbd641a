//! Telling somebody of every request, when it is over: for traces.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use http::header::USER_AGENT;
use http::{HeaderMap, Request, StatusCode, Version};

use crate::peer::Peer;

/// Learns of every request.
pub trait RequestObserver: Send + Sync + 'static {
    /// A request is over: its answer was sent to the last byte, or given up. It is asked on
    /// the way: it must not block.
    fn done(&self, request: &ObservedRequest);
}

/// A request that is over. Texts are of bounded length.
#[derive(Clone, Debug)]
pub struct ObservedRequest {
    /// Its method, as the client wrote it.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// Of HTTP, as in `1.1`.
    pub version: &'static str,
    /// Who asked, as the socket tells it.
    pub peer: Option<IpAddr>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// W3C Trace Context: what the request is a part of.
    pub traceparent: Option<String>,
    /// W3C Trace Context: what other vendors have to say about that.
    pub tracestate: Option<String>,
    /// When its head had come.
    pub started: SystemTime,
    /// From then to the end of its answer.
    pub took: Duration,
    /// The answer's status; none if the connection was cut off before.
    pub status: Option<u16>,
    /// Bytes of the answer's body.
    pub sent: u64,
}

/// A request that is being answered; when it is dropped, its observer is told.
pub(crate) struct Told {
    observer: Arc<dyn RequestObserver>,
    started: Instant,
    request: ObservedRequest,
}

// === impl Told ===

impl Told {
    /// Follows a request.
    pub(crate) fn begin<B>(
        observer: Arc<dyn RequestObserver>,
        request: &Request<B>,
        peer: Peer,
    ) -> Self {
        let headers = request.headers();
        Self {
            observer,
            request: ObservedRequest {
                // Before the other clock, or the request would seem to end after it did.
                started: SystemTime::now(),
                method: clip(request.method().as_str()),
                path: clip(request.uri().path()),
                version: version(request.version()),
                peer: peer.address.map(|address| address.ip()),
                user_agent: text(headers, USER_AGENT.as_str()),
                traceparent: text(headers, "traceparent"),
                tracestate: text(headers, "tracestate"),
                took: Duration::ZERO,
                status: None,
                sent: 0,
            },
            started: Instant::now(),
        }
    }

    /// The answer begins.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.request.status = Some(status.as_u16());
    }

    /// Bytes of the answer's body are on their way.
    pub(crate) fn sent(&mut self, bytes: u64) {
        self.request.sent += bytes;
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.request.took = self.started.elapsed();
        self.observer.done(&self.request);
    }
}

impl fmt::Debug for dyn RequestObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestObserver")
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(clip)
}

fn clip(text: &str) -> String {
    let end = text.floor_char_boundary(LONGEST);
    text.get(..end).unwrap_or_default().to_owned()
}

const fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

/// Longer than any path of the API.
const LONGEST: usize = 1024;
