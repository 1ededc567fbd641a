//! How spans leave: the exporter runs on a thread of its own, the connection on the
//! runtime.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;

/// Sends requests on a runtime, whoever waits for them.
pub(super) struct Client {
    client: reqwest::Client,
    runtime: Handle,
    failures: AtomicU64,
}

// === impl Client ===

impl Client {
    pub(super) fn new(runtime: Handle) -> Result<Self> {
        let builder = || reqwest::Client::builder().timeout(PATIENCE);
        // Without certificates of authorities, http:// works all the same.
        let client = builder()
            .build()
            .or_else(|_| builder().tls_certs_only([]).build())
            .context("no HTTP client for traces")?;
        Ok(Self {
            client,
            runtime,
            failures: AtomicU64::new(0),
        })
    }

    /// A collector that is not there must not fill the log.
    fn note(&self, failure: &str) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if failures.is_power_of_two() {
            tracing::warn!(failures, failure, "traces were not sent");
        }
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let client = self.client.clone();
        let exchange = self.runtime.spawn(async move {
            let answer = client.execute(request).await?;
            let status = answer.status();
            let headers = answer.headers().clone();
            Ok::<_, reqwest::Error>((status, headers, answer.bytes().await?))
        });
        match exchange.await? {
            Ok((status, headers, body)) => {
                if !status.is_success() {
                    self.note(status.as_str());
                }
                let mut response = Response::new(body);
                *response.status_mut() = status;
                *response.headers_mut() = headers;
                Ok(response)
            }
            Err(error) => {
                // The address may hold a password.
                let error = error.without_url();
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                self.note(cause.unwrap_or_else(|| error.to_string()).as_str());
                Err(error.into())
            }
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// Longer than a batch should ever take.
const PATIENCE: Duration = Duration::from_secs(10);
