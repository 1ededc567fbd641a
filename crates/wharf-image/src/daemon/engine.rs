//! Requests to an engine.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use reqwest::{Body, Client, Response, StatusCode};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::DaemonAddress;
use crate::ImageError;
use crate::place::DaemonImage;

/// An engine at an address.
pub(super) struct Engine {
    client: Client,
    base: String,
    host: String,
}

// === impl Engine ===

impl Engine {
    pub(super) fn new(address: &DaemonAddress) -> Result<Self, ImageError> {
        let host = address.to_string();
        let builder = Client::builder().no_proxy().connect_timeout(CONNECT);
        // Nothing is encrypted, and the system need not have certificates of authorities.
        let builder = builder.tls_certs_only([]);
        let (builder, base) = match address {
            DaemonAddress::Unix(path) => (
                builder.unix_socket(path.clone()),
                "http://localhost".to_owned(),
            ),
            DaemonAddress::Tcp(host) => (builder, format!("http://{host}")),
        };
        let client = builder.build().map_err(|error| problem(&host, &error))?;
        Ok(Self { client, base, host })
    }

    /// Begins to read the archive of an image.
    pub(super) async fn get(&self, image: &DaemonImage) -> Result<Response, ImageError> {
        let url = format!("{}/images/{image}/get", self.base);
        let answer = self.client.get(url).send().await;
        let answer = answer.map_err(|error| problem(&self.host, &error))?;
        match answer.status() {
            status if status.is_success() => Ok(answer),
            StatusCode::NOT_FOUND => Err(ImageError::NotFound {
                what: image.to_string(),
                place: format!("the engine at {}", self.host),
                available: Vec::new(),
            }),
            _ => Err(self.refused(answer).await),
        }
    }

    pub(super) async fn chunk(&self, answer: &mut Response) -> Result<Option<Bytes>, ImageError> {
        answer
            .chunk()
            .await
            .map_err(|error| problem(&self.host, &error))
    }

    /// Sends an archive, piece by piece. An empty piece is its end; without one, whoever made
    /// it gave up, and the engine must not take it for whole.
    pub(super) async fn load(&self, pieces: mpsc::Receiver<Bytes>) -> Result<(), ImageError> {
        let body = stream::unfold(Some(pieces), |pieces| async {
            let mut pieces = pieces?;
            match pieces.recv().await {
                Some(piece) if piece.is_empty() => None,
                Some(piece) => Some((Ok(piece), Some(pieces))),
                None => Some((Err(io::Error::from(io::ErrorKind::Interrupted)), None)),
            }
        });
        let request = self
            .client
            .post(format!("{}/images/load?quiet=1", self.base));
        let request = request.header("content-type", "application/x-tar");
        let answer = request.body(Body::wrap_stream(body)).send().await;
        let mut answer = answer.map_err(|error| problem(&self.host, &error))?;
        if !answer.status().is_success() {
            return Err(self.refused(answer).await);
        }
        // Errors come after the status, in one of many lines.
        let said = self.text(&mut answer).await?;
        let lines = said
            .lines()
            .filter_map(|line| serde_json::from_str::<Said>(line).ok());
        match lines.into_iter().find_map(|said| said.error) {
            Some(error) => Err(self.said(&error)),
            None => Ok(()),
        }
    }

    async fn refused(&self, mut answer: Response) -> ImageError {
        let status = answer.status();
        let text = self.text(&mut answer).await.unwrap_or_default();
        let said = serde_json::from_str::<Said>(&text)
            .ok()
            .and_then(|said| said.message);
        self.said(&said.unwrap_or_else(|| status.to_string()))
    }

    async fn text(&self, answer: &mut Response) -> Result<String, ImageError> {
        let mut text = Vec::new();
        while let Some(bytes) = self.chunk(answer).await? {
            let room = MOST_TEXT.saturating_sub(text.len());
            text.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn said(&self, text: &str) -> ImageError {
        // What others wrote must not move anybody's cursor.
        let text = text.replace(char::is_control, " ");
        ImageError::Declined {
            host: self.host.clone(),
            said: text,
        }
    }
}

// === private ===

#[derive(Deserialize)]
struct Said {
    message: Option<String>,
    error: Option<String>,
}

/// All that an error knows: what was tried, and why it failed.
fn problem(host: &str, error: &reqwest::Error) -> ImageError {
    let mut reasons = Vec::new();
    let mut next: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(reason) = next {
        reasons.push(reason.to_string());
        next = reason.source();
    }
    ImageError::Daemon {
        host: host.to_owned(),
        problem: reasons.pop().unwrap_or_else(|| error.to_string()),
    }
}

const CONNECT: Duration = Duration::from_secs(20);
/// Bytes of what an engine says that are kept.
const MOST_TEXT: usize = 1 << 20;
