//! What is below the library's clients: how long they wait, how much they do at once, and what
//! they tell of answers that the library does not look at.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
    ReqwestConnector,
};
use object_store::{ClientOptions, Error, Result};
use reqwest::header::{HeaderMap, HeaderValue};
use tokio::sync::Semaphore;

/// What is said of the client of any provider.
pub(crate) struct Manner<'a> {
    /// The provider's name, for errors.
    pub(crate) provider: &'static str,
    /// What it calls itself, if not by the library's name.
    pub(crate) user_agent: Option<&'a str>,
    /// Whether a certificate need not be right.
    pub(crate) skip_verify: bool,
    /// How long an answer may stand still.
    pub(crate) stalled: Duration,
}

/// Makes clients that bear [`CopyStatus`], and wait for each other if there are many.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    /// Requests that may be made now.
    free: Option<Arc<Semaphore>>,
}

#[derive(Debug)]
struct Client {
    inner: HttpClient,
    free: Option<Arc<Semaphore>>,
}

/// What an answer tells of the copying to an object, which Azure may do after it has been asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum CopyStatus {
    /// It goes on; how far it has come.
    Pending(Option<String>),
    /// It will not be done, and why.
    Failed(String),
    Done,
}

// === impl Manner ===

impl Manner<'_> {
    pub(crate) fn options(&self) -> Result<ClientOptions> {
        let mut options = ClientOptions::new()
            .with_allow_http(true)
            .with_allow_invalid_certificates(self.skip_verify)
            .with_connect_timeout(CONNECT)
            // Transfers may take as long as they go on.
            .with_timeout_disabled()
            .with_read_timeout(self.stalled);
        if let Some(agent) = self.user_agent {
            let agent = HeaderValue::from_str(agent).map_err(|error| Error::Generic {
                store: self.provider,
                source: error.into(),
            })?;
            options = options.with_user_agent(agent);
        }
        Ok(options)
    }
}

// === impl Connector ===

impl Connector {
    /// So many requests at once, if that is bounded. What is being read of an answer does not
    /// count.
    pub(crate) fn new(at_once: Option<usize>) -> Self {
        let free = at_once.map(|most| Arc::new(Semaphore::new(most.max(1))));
        Self { free }
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient> {
        Ok(HttpClient::new(Client {
            inner: ReqwestConnector::default().connect(options)?,
            free: self.free.clone(),
        }))
    }
}

#[async_trait]
impl HttpService for Client {
    async fn call(&self, request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        let _permit = match &self.free {
            None => None,
            Some(free) => {
                let permit = free.acquire().await;
                Some(permit.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?)
            }
        };
        let mut answer = self.inner.execute(request).await?;
        if let Some(status) = CopyStatus::of(answer.headers()) {
            answer.extensions_mut().insert(status);
        }
        Ok(answer)
    }
}

// === impl CopyStatus ===

impl CopyStatus {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| {
            let value = headers.get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        Some(match text("x-ms-copy-status")?.as_str() {
            "success" => Self::Done,
            "pending" => Self::Pending(text("x-ms-copy-progress")),
            other => {
                let why = text("x-ms-copy-status-description").unwrap_or_default();
                Self::Failed(format!("{other}: {why}"))
            }
        })
    }
}

pub(crate) const CONNECT: Duration = Duration::from_secs(10);
