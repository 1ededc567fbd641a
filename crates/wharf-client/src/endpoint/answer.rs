//! What comes back.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderName;
use reqwest::{Response, StatusCode, Url};
use tokio::time::timeout;

use super::problems::{Failure, protocol};
use crate::error::{ClientError, Refusal};

/// The head of an answer, and its body while it comes.
#[derive(Debug)]
pub(crate) struct Answer {
    response: Response,
    url: Url,
    what: String,
    stall: Duration,
    logged_in: bool,
}

// === impl Answer ===

impl Answer {
    pub(super) const fn new(
        response: Response,
        url: Url,
        what: String,
        stall: Duration,
        logged_in: bool,
    ) -> Self {
        Self {
            response,
            url,
            what,
            stall,
            logged_in,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// Who answered, in the end.
    pub(crate) const fn url(&self) -> &Url {
        &self.url
    }

    /// The first value of a header, if it is one line of ASCII.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    pub(crate) fn header_values(&self, name: &HeaderName) -> impl Iterator<Item = &str> {
        let values = self.response.headers().get_all(name).iter();
        values.filter_map(|value| value.to_str().ok())
    }

    /// How long the body is, if that was said.
    pub(crate) fn length(&self) -> Option<u64> {
        self.header(&reqwest::header::CONTENT_LENGTH)?.parse().ok()
    }

    /// The next bytes of the body.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, ClientError> {
        let stalled = |_| Failure::Stalled(self.stall);
        let chunk = timeout(self.stall, self.response.chunk()).await;
        let chunk = chunk
            .map_err(stalled)
            .and_then(|it| it.map_err(Failure::from));
        chunk.map_err(|failure| failure.into_error(&self.what, &self.url))
    }

    /// All of the body, which has at most so many bytes. A longer one is not held.
    pub(crate) async fn body(&mut self, most: u64) -> Result<Bytes, ClientError> {
        let too_long = |answer: &Self| answer.unusable(format!("it has more than {most} bytes"));
        if self.length().is_some_and(|length| length > most) {
            return Err(too_long(self));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if (body.len() + chunk.len()) as u64 > most {
                return Err(too_long(self));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// The error that this answer is.
    pub(crate) async fn refused(mut self) -> ClientError {
        let status = self.status();
        // Whatever happens to the body, the status says enough.
        let body = self.body(MOST_REFUSAL).await.unwrap_or_default();
        ClientError::refused(
            &self.what,
            Refusal::new(status.as_u16(), &body),
            self.logged_in,
        )
    }

    /// The error that an answer is which does not keep to the protocol.
    pub(crate) fn unusable(&self, problem: impl Into<String>) -> ClientError {
        protocol(&self.what, &self.url, problem.into())
    }
}

/// Bytes of a refusal that are read.
const MOST_REFUSAL: u64 = 64 << 10;
