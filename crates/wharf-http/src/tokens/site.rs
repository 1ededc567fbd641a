//! The authorization server on a listener of its own.

use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use tracing::Instrument as _;

use super::TokenPages;
use crate::app::Settings;
use crate::body::ResponseBody;
use crate::error::Failure;
use crate::exchange::Exchange;
use crate::head::Head;
use crate::peer::Peer;
use crate::request::RequestBody;

/// The pages, and nothing of the registry.
pub struct TokenSite {
    pages: TokenPages,
    /// How requests are logged.
    settings: Settings,
}

// === impl TokenSite ===

impl TokenSite {
    /// These pages; requests are logged as the registry's are.
    #[must_use]
    pub fn new(pages: TokenPages, settings: Settings) -> Arc<Self> {
        // Metrics are about the registry's API.
        let settings = Settings {
            metrics: None,
            ..settings
        };
        Arc::new(Self { pages, settings })
    }

    /// Answers one request of `peer`.
    pub(crate) async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Response<ResponseBody> {
        let exchange = Exchange::begin(&request, peer, &self.settings);
        let span = exchange.span();
        let (parts, incoming) = request.into_parts();
        let head = Head::new(&parts.uri, parts.headers);
        let mut body = RequestBody::new(incoming, self.settings.body_stall);
        let answering = async {
            if let Err(failure) = head.check(parts.version) {
                return failure.into_reply();
            }
            let Some(page) = self.pages.find(&head.path) else {
                return Failure::NoRoute.into_reply();
            };
            let method = parts.method.as_str();
            let address = self.settings.proxies.client(peer, head.headers());
            self.pages
                .reply(page, method, &head, &mut body, address)
                .await
        };
        let reply = answering.instrument(span).await;
        exchange.answer(reply, &head, &mut body).await
    }
}
