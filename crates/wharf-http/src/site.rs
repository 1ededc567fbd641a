//! What a listener shows.

use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;

use crate::app::App;
use crate::body::ResponseBody;
use crate::debug::DebugPages;
use crate::edge::EdgeSite;
use crate::metrics::Connected;
use crate::peer::Peer;
use crate::tokens::TokenSite;

/// What a [`Server`](crate::Server) answers requests with.
#[derive(Clone)]
pub enum Site {
    /// The registry.
    Registry(Arc<App>),
    /// What is going on inside of it (distribution: `http.debug.addr`).
    Debug(Arc<DebugPages>),
    /// The authorization server (`wharfinger.auth.server.addr`).
    Tokens(Arc<TokenSite>),
    /// Blobs for whoever has a signed URL (`wharf edge`).
    Edge(Arc<EdgeSite>),
}

// === impl Site ===

impl Site {
    /// Answers one request of `peer`.
    pub(crate) async fn answer(
        self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Response<ResponseBody> {
        match self {
            Self::Registry(app) => app.answer(request, peer).await,
            Self::Debug(pages) => pages.answer(request).await,
            Self::Tokens(site) => site.answer(request, peer).await,
            Self::Edge(site) => site.answer(request, peer).await,
        }
    }

    /// To be held as long as a connection is open.
    pub(crate) fn connected(&self) -> Option<Connected> {
        match self {
            Self::Registry(app) => app.connected(),
            Self::Edge(site) => site.connected(),
            Self::Debug(_) | Self::Tokens(_) => None,
        }
    }
}

impl From<Arc<App>> for Site {
    fn from(app: Arc<App>) -> Self {
        Self::Registry(app)
    }
}

impl From<Arc<DebugPages>> for Site {
    fn from(pages: Arc<DebugPages>) -> Self {
        Self::Debug(pages)
    }
}

impl From<Arc<TokenSite>> for Site {
    fn from(site: Arc<TokenSite>) -> Self {
        Self::Tokens(site)
    }
}

impl From<Arc<EdgeSite>> for Site {
    fn from(site: Arc<EdgeSite>) -> Self {
        Self::Edge(site)
    }
}
