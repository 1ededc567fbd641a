//! One upload, from its first address to its end.

use std::sync::Arc;

use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE};
use reqwest::{Method, StatusCode, Url};
use wharf_spec::{ContentRange, media_type};

use super::{Upload, status};
use crate::endpoint::{Answer, Content, Request};
use crate::error::ClientError;
use crate::manifests::said_digest;
use crate::observer::Purpose;

/// An upload that a registry has begun.
pub(super) struct Session<'a> {
    upload: &'a Upload<'a>,
    location: Url,
    /// How many bytes the registry has.
    position: u64,
    /// Attempts in a row that it got no more by.
    failures: u32,
}

/// How a session ended.
pub(super) enum Ended {
    /// The blob is there.
    Committed,
    /// The registry knows it no more, or cannot say how much it has: all begins anew.
    Lost(Box<ClientError>),
}

/// What became of a piece.
enum Sent {
    /// The registry has it, or a part of it.
    Taken,
    /// Nobody knows; the registry has to be asked.
    Unclear(ClientError),
}

// === impl Session ===

impl<'a> Session<'a> {
    pub(super) const fn new(upload: &'a Upload<'a>, location: Url) -> Self {
        Self {
            upload,
            location,
            position: 0,
            failures: 0,
        }
    }

    /// Sends what the registry does not have, piece by piece, then ends the upload. What is
    /// small goes with the end.
    pub(super) async fn run(mut self) -> Result<Ended, ClientError> {
        let is_small = self.upload.size <= SMALL && self.upload.size <= self.upload.client.chunk();
        while !is_small && self.position < self.upload.size {
            let before = self.position;
            if let Sent::Unclear(why) = self.send().await? {
                // What broke may still be on its way into the registry: who asks at once is told
                // of less than it will have, and sends that in vain.
                let wait = self.upload.client.home().patience().first_wait;
                tokio::time::sleep(wait).await;
                if let Some(why) = self.ask(why).await? {
                    return Ok(Ended::Lost(why));
                }
                self.failures = if self.position > before {
                    0
                } else {
                    self.failures + 1
                };
                self.pause().await;
            }
        }
        self.commit(is_small).await
    }

    /// Sends the next piece (distribution-spec: end-5), once: if that breaks, some of it may
    /// have been taken.
    async fn send(&mut self) -> Result<Sent, ClientError> {
        let upload = self.upload;
        let length = (upload.size - self.position).min(upload.client.chunk());
        let content = Content::Span {
            source: Arc::clone(&upload.source),
            offset: self.position,
            length,
        };
        let purpose = Purpose::UploadChunk {
            digest: *upload.digest,
            offset: self.position,
        };
        let mut request = self
            .request(purpose, Method::PATCH, self.location.clone(), content)
            .once();
        if length < upload.size {
            let range = ContentRange {
                start: self.position,
                end: self.position + length - 1,
            };
            request = request.with_header(CONTENT_RANGE, &range.to_string());
        }
        let answer = match upload.client.home().send(&request).await {
            Err(error @ ClientError::Network { .. }) => return Ok(Sent::Unclear(error)),
            answer => answer?,
        };
        let end = self.position + length;
        match answer.status().as_u16() {
            200..=299 => {
                self.location = status::location(&answer)?;
                // Some leave it out, and then have it all.
                let received = status::received(&answer)
                    .filter(|it| *it > 0)
                    .unwrap_or(end);
                self.advance(&answer, received, end)?;
                Ok(Sent::Taken)
            }
            404 | 408 | 416 | 429 | 500..=599 => Ok(Sent::Unclear(answer.refused().await)),
            _ => Err(answer.refused().await),
        }
    }

    /// Asks how much the registry has (distribution-spec: end-13). `Some` if the session is of
    /// no use any more, because of `why` in the first place.
    async fn ask(&mut self, why: ClientError) -> Result<Option<Box<ClientError>>, ClientError> {
        if self.failures >= self.upload.client.home().patience().attempts {
            return Err(why);
        }
        let purpose = Purpose::UploadStatus(*self.upload.digest);
        let request = self.request(purpose, Method::GET, self.location.clone(), Content::Empty);
        let answer = self.upload.client.home().send(&request).await?;
        if !answer.status().is_success() {
            // Some do not know that they can be asked.
            return match answer.status() {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(answer.refused().await),
                _ => Ok(Some(Box::new(why))),
            };
        }
        let Some(received) = status::received(&answer) else {
            return Ok(Some(Box::new(why)));
        };
        if let Ok(location) = status::location(&answer) {
            self.location = location;
        }
        if received > self.upload.size {
            return Ok(Some(Box::new(why)));
        }
        self.position = received;
        Ok(None)
    }

    /// Ends the upload (distribution-spec: end-6). That may be said again: where it was done
    /// already, the session is gone and the blob is there.
    async fn commit(&self, with_content: bool) -> Result<Ended, ClientError> {
        let upload = self.upload;
        let mut url = self.location.clone();
        let digest = upload.digest.to_string();
        url.query_pairs_mut().append_pair("digest", &digest);
        let content = if with_content && upload.size > 0 {
            Content::Span {
                source: Arc::clone(&upload.source),
                offset: 0,
                length: upload.size,
            }
        } else {
            Content::Empty
        };
        let purpose = Purpose::UploadEnd(*upload.digest);
        let mut request = self.request(purpose, Method::PUT, url, content);
        if with_content {
            // A registry may have kept a part of it.
            request = request.once();
        }
        let answer = match upload.client.home().send(&request).await {
            Err(error @ ClientError::Network { .. }) => return Ok(Ended::Lost(Box::new(error))),
            answer => answer?,
        };
        match answer.status().as_u16() {
            200..=299 => self.check(&answer).map(|()| Ended::Committed),
            404 | 408 | 416 | 500..=599 => Ok(Ended::Lost(Box::new(answer.refused().await))),
            _ => Err(answer.refused().await),
        }
    }

    /// A registry that says that it stored something else is not believed to have it.
    fn check(&self, answer: &Answer) -> Result<(), ClientError> {
        let expected = *self.upload.digest;
        let said = said_digest(answer).filter(|it| it.algorithm() == expected.algorithm());
        match said {
            Some(found) if found != expected => Err(ClientError::DigestMismatch {
                what: self.upload.what.clone(),
                expected,
                found,
            }),
            _ => Ok(()),
        }
    }

    fn advance(&mut self, answer: &Answer, received: u64, sent: u64) -> Result<(), ClientError> {
        if received > sent {
            let problem = format!("it has {received} bytes of an upload after {sent} were sent");
            return Err(answer.unusable(problem));
        }
        if received > self.position {
            self.failures = 0;
        } else {
            self.failures += 1;
            if self.failures >= self.upload.client.home().patience().attempts {
                return Err(answer.unusable("it takes nothing of the upload"));
            }
        }
        self.position = received;
        Ok(())
    }

    async fn pause(&self) {
        let patience = self.upload.client.home().patience();
        if self.failures > 1 {
            let doubled = 2_u32.saturating_pow(self.failures - 2);
            let wait = patience.first_wait.saturating_mul(doubled);
            tokio::time::sleep(wait.min(patience.longest_wait)).await;
        }
    }

    fn request(&self, purpose: Purpose, method: Method, url: Url, content: Content) -> Request {
        let access = self.upload.access.clone();
        let request = Request::new(purpose, method, url, access, &self.upload.what);
        let request = if request.method == Method::GET {
            request
        } else {
            request.with_header(CONTENT_TYPE, media_type::OCTET_STREAM)
        };
        request.with_content(content)
    }
}

/// Bytes that are sent again as a whole, if need be, for one request less.
const SMALL: u64 = 128 << 10;
