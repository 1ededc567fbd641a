//! Blobs for whoever has a signed URL, and nothing else: what `wharf edge` listens with. Who may
//! have what was decided by the registry that signed.

use std::sync::Arc;
use std::time::SystemTime;

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use tracing::Instrument as _;
use wharf_auth::UrlKeys;
use wharf_registry::EdgeBlobs;
use wharf_spec::{Digest, Method};

use crate::app::Settings;
use crate::body::ResponseBody;
use crate::error::Failure;
use crate::exchange::Exchange;
use crate::handlers::blobs;
use crate::head::Head;
use crate::metrics::{Connected, Metrics};
use crate::peer::Peer;
use crate::reply::Reply;
use crate::request::RequestBody;

/// What an edge answers requests with.
pub struct EdgeSite {
    blobs: EdgeBlobs,
    keys: UrlKeys,
    /// What stands before the paths of blobs in URLs, or nothing.
    prefix: String,
    settings: Settings,
}

// === impl EdgeSite ===

impl EdgeSite {
    /// These blobs, for URLs that these keys have signed. The path of a URL begins with `prefix`
    /// (`/below`, or nothing) where clients see it; a proxy in between may take it away.
    #[must_use]
    pub fn new(blobs: EdgeBlobs, keys: UrlKeys, prefix: &str, settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            blobs,
            keys,
            prefix: prefix.to_owned(),
            settings,
        })
    }

    /// To be held as long as a connection is open.
    pub(crate) fn connected(&self) -> Option<Connected> {
        self.settings.metrics.as_ref().map(Metrics::connected)
    }

    /// Answers one request of `peer`.
    pub(crate) async fn answer(
        self: Arc<Self>,
        mut request: Request<Incoming>,
        peer: Peer,
    ) -> Response<ResponseBody> {
        let head = Head::new(request.uri(), request.headers().clone());
        // Whoever reads the log is not to have what the URL lets its bearer have.
        *request.uri_mut() = without_query(request.uri());
        let (method, version) = (request.method().clone(), request.version());
        let mut exchange = Exchange::begin(&request, peer, &self.settings);
        let span = exchange.span();
        let mut body = RequestBody::new(request.into_body(), self.settings.body_stall);
        let answering = async {
            match head.check(version) {
                Err(failure) => Err(failure),
                Ok(()) => self.reply(method.as_str(), &head, &mut exchange).await,
            }
        };
        let reply = answering.instrument(span).await;
        let reply = reply.unwrap_or_else(|failure| {
            // It may be otherwise the next time.
            let reply = failure.into_reply().fixed(CACHE_CONTROL, "no-store");
            if reply.status().is_client_error() {
                reply.unremarkable()
            } else {
                reply
            }
        });
        let reply = reply.more_headers(&self.settings.headers);
        exchange.answer(reply, &head, &mut body).await
    }

    async fn reply(
        &self,
        method: &str,
        head: &Head,
        exchange: &mut Exchange,
    ) -> Result<Reply, Failure> {
        let method = Method::parse(method);
        let method = method.filter(|method| METHODS.contains(method));
        if head.path == "/" {
            _ = method.ok_or(Failure::Method(METHODS))?;
            return self.health();
        }
        let (below, digest) = self.blob(&head.path).ok_or(Failure::NoRoute)?;
        exchange.found_blob();
        let method = method.ok_or(Failure::Method(METHODS))?;
        self.verify(below, head)?;
        if method == Method::Head {
            let size = self.blobs.size(digest).await?;
            return blobs::described(head, digest, size);
        }
        let payload = self.blobs.open(digest).await?;
        blobs::given(head, digest, &payload)
    }

    /// For who asks whether to send clients here. What is in the cache can be had even while the
    /// storage cannot be reached, so blobs are answered in any case.
    fn health(&self) -> Result<Reply, Failure> {
        if !self.settings.health.is_open() {
            return Err(Failure::Unhealthy);
        }
        let reply = Reply::new(StatusCode::OK).fixed(CACHE_CONTROL, "no-store");
        Ok(reply.fixed(CONTENT_TYPE, "text/plain; charset=utf-8"))
    }

    /// The blob that is meant, and its path below the prefix, whether that is still there or not.
    fn blob<'p>(&self, path: &'p str) -> Option<(&'p str, Digest)> {
        let paths = [Some(path), path.strip_prefix(&self.prefix)];
        let mut paths = paths.into_iter().flatten();
        paths.find_map(|path| Some((path, EdgeBlobs::at(path.strip_prefix('/')?)?)))
    }

    /// Whether the URL, as clients see it, lets in whoever has it.
    fn verify(&self, below: &str, head: &Head) -> Result<(), Failure> {
        let path = format!("{}{below}", self.prefix);
        let mut parameters = head.query.all(UrlKeys::PARAMETER);
        // Of several, others may have looked at another one.
        let parameter = match (parameters.next(), parameters.next()) {
            (Some(parameter), None) => parameter,
            (Some(_) | None, _) => "",
        };
        let verified = self.keys.verify(&path, parameter, SystemTime::now());
        verified.map_err(|refusal| {
            tracing::debug!(path, %refusal, "a URL was refused");
            Failure::signature(&refusal.to_string())
        })
    }
}

fn without_query(uri: &Uri) -> Uri {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = uri.path().parse().ok();
    Uri::from_parts(parts).unwrap_or_default()
}

const METHODS: &[Method] = &[Method::Get, Method::Head];
