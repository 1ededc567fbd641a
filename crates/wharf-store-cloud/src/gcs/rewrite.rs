//! `Objects: rewrite`, which copies an object of any size, in several requests if it has to. The
//! library's copy is one request, which Google ends when that takes long.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::client::{HttpClient, HttpRequest};
use object_store::gcp::{GcpCredentialProvider, GoogleCloudStorage};
use object_store::path::Path;
use object_store::{Error, Result};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::Deserialize;

use crate::backend::WholeCopies;

/// Copies objects within a bucket.
pub(super) struct Rewriter {
    credentials: GcpCredentialProvider,
    http: HttpClient,
    /// Where the bucket's objects are, in the protocol that can do this.
    objects: String,
    /// The same, as it is named within a request.
    destinations: String,
}

/// What is answered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rewritten {
    done: bool,
    rewrite_token: Option<String>,
}

/// What became of one request.
enum Outcome {
    Answered(Rewritten),
    /// Another attempt may succeed.
    Passing(Error),
}

// === impl Rewriter ===

impl Rewriter {
    pub(super) fn new(
        client: &GoogleCloudStorage,
        http: HttpClient,
        endpoint: &str,
        bucket: &str,
    ) -> Self {
        let destinations = format!("b/{}/o", encoded(bucket));
        Self {
            credentials: client.credentials().clone(),
            http,
            objects: format!("{endpoint}/storage/v1/{destinations}"),
            destinations,
        }
    }

    /// One request, which goes on from where the token says.
    async fn step(&self, from: &Path, to: &Path, token: Option<&str>) -> Result<Rewritten> {
        let (source, target) = (encoded(from.as_ref()), encoded(to.as_ref()));
        let mut url = format!(
            "{}/{source}/rewriteTo/{}/{target}",
            self.objects, self.destinations
        );
        if let Some(token) = token {
            url = format!("{url}?rewriteToken={}", encoded(token));
        }
        let mut pause = FIRST_PAUSE;
        loop {
            match self.ask(&url, from).await? {
                Outcome::Answered(answer) => return Ok(answer),
                Outcome::Passing(error) if pause > LAST_PAUSE => return Err(error),
                Outcome::Passing(error) => {
                    tracing::debug!(%error, "an object is copied again");
                }
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    async fn ask(&self, url: &str, from: &Path) -> Result<Outcome> {
        let credential = self.credentials.get_credential().await?;
        let bearer = format!("Bearer {}", credential.bearer);
        let mut bearer = HeaderValue::try_from(bearer).map_err(generic)?;
        bearer.set_sensitive(true);
        let mut request = HttpRequest::new(Bytes::new().into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url.parse().map_err(generic)?;
        request.headers_mut().insert(AUTHORIZATION, bearer);
        let none = HeaderValue::from_static("0");
        request.headers_mut().insert(CONTENT_LENGTH, none);
        let answer = match self.http.execute(request).await {
            Ok(answer) => answer,
            Err(error) => return Ok(Outcome::Passing(generic(error))),
        };
        let status = answer.status();
        match answer.into_body().bytes().await {
            Err(error) => Ok(Outcome::Passing(generic(error))),
            Ok(bytes) if status.is_success() => {
                let answer = serde_json::from_slice(&bytes).map_err(generic)?;
                Ok(Outcome::Answered(answer))
            }
            Ok(bytes) => refused(status, &String::from_utf8_lossy(&bytes), from),
        }
    }
}

#[async_trait]
impl WholeCopies for Rewriter {
    async fn copy(&self, from: &Path, to: &Path) -> Result<()> {
        let mut token = None;
        loop {
            let answer = self.step(from, to, token.as_deref()).await?;
            if answer.done {
                return Ok(());
            }
            token = answer.rewrite_token;
            if token.is_none() {
                return Err(generic(
                    "Objects: rewrite: neither done nor to be continued",
                ));
            }
        }
    }
}

fn refused(status: StatusCode, why: &str, from: &Path) -> Result<Outcome> {
    let error = format!("Objects: rewrite: {status}: {why}");
    let path = from.to_string();
    match status {
        StatusCode::NOT_FOUND => Err(Error::NotFound {
            path,
            source: error.into(),
        }),
        StatusCode::UNAUTHORIZED => Err(Error::Unauthenticated {
            path,
            source: error.into(),
        }),
        StatusCode::FORBIDDEN => Err(Error::PermissionDenied {
            path,
            source: error.into(),
        }),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Ok(Outcome::Passing(generic(error)))
        }
        status if status.is_server_error() => Ok(Outcome::Passing(generic(error))),
        _ => Err(generic(error)),
    }
}

fn encoded(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}

fn generic(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Generic {
        store: "GCS",
        source: error.into(),
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(10);
