//! A request for a blob, or for the rest of one (RFC 9110, section 14).

use bytes::{Buf as _, Bytes};
use reqwest::header::{CONTENT_RANGE, RANGE};
use reqwest::{Method, StatusCode};
use wharf_spec::ContentRange;

use super::path;
use super::wanted::Wanted;
use crate::authentication::Access;
use crate::endpoint::{Answer, Endpoint, Request};
use crate::error::ClientError;
use crate::observer::Purpose;

/// An answer whose next bytes are those that are wanted, once some were skipped.
#[derive(Debug)]
pub(super) struct Opened {
    answer: Answer,
    position: u64,
    is_part: bool,
    /// Bytes that are known already: the registry sends everything again.
    skip: u64,
    /// The size of the blob, if it was said.
    size: Option<u64>,
}

// === impl Opened ===

impl Opened {
    /// Asks a server for what comes after `position`, and before `end`.
    pub(super) async fn at(
        wanted: &Wanted,
        endpoint: &Endpoint,
        position: u64,
        end: Option<u64>,
    ) -> Result<Self, ClientError> {
        let Wanted {
            repository, digest, ..
        } = wanted;
        let url = endpoint.url(&path(repository, digest));
        let access = Access::pull(repository);
        let mut request = Request::new(
            Purpose::Blob(*digest),
            Method::GET,
            url,
            access,
            wanted.what(),
        );
        let is_part = position > 0 || end.is_some();
        if is_part {
            // The last byte is part of a range.
            let last = end.map(|end| end.saturating_sub(1).to_string());
            let last = last.unwrap_or_default();
            request = request.with_header(RANGE, &format!("bytes={position}-{last}"));
        }
        let answer = endpoint.expect(&request).await?;
        let (skip, said) = match answer.status() {
            StatusCode::PARTIAL_CONTENT if is_part => (0, total(&answer, position)?),
            StatusCode::OK => (position, answer.length()),
            status => return Err(answer.unusable(format!("its status is {status}"))),
        };
        if let (Some(size), Some(said)) = (wanted.size, said)
            && size != said
        {
            return Err(answer.unusable(format!("it has {said} bytes instead of {size}")));
        }
        Ok(Self {
            is_part: answer.status() == StatusCode::PARTIAL_CONTENT,
            answer,
            position,
            skip,
            size: wanted.size.or(said),
        })
    }

    /// Whether the server sends a part of the blob, as it was asked for.
    pub(super) const fn is_part(&self) -> bool {
        self.is_part
    }

    /// The size of the blob, as it is known or was said.
    pub(super) const fn size(&self) -> Option<u64> {
        self.size
    }

    /// The next bytes; none that is beyond the blob's end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, ClientError> {
        while let Some(mut bytes) = self.answer.chunk().await? {
            let known = self.skip.min(bytes.len() as u64);
            self.skip -= known;
            // It is no more than there are bytes, whose number is a `usize`.
            bytes.advance(usize::try_from(known).unwrap_or(bytes.len()));
            if bytes.is_empty() {
                continue;
            }
            let end = self.position.saturating_add(bytes.len() as u64);
            if self.size.is_some_and(|size| end > size) {
                let size = self.size.unwrap_or_default();
                return Err(self
                    .answer
                    .unusable(format!("it has more than {size} bytes")));
            }
            self.position = end;
            return Ok(Some(bytes));
        }
        Ok(None)
    }

    pub(super) fn ended_early(&self) -> ClientError {
        self.answer.unusable("it ends too early, again and again")
    }
}

// === private ===

/// The size of the blob in an answer with a part of it, which must be the part that was asked
/// for.
fn total(answer: &Answer, position: u64) -> Result<Option<u64>, ClientError> {
    let header = answer.header(&CONTENT_RANGE).unwrap_or_default();
    let range = header
        .strip_prefix("bytes ")
        .and_then(|_| header.parse().ok());
    match range {
        Some(ContentRange { start, .. }) if start == position => {
            let total = header.rsplit_once('/').map(|(_, total)| total);
            Ok(total.and_then(|total| total.parse().ok()))
        }
        _ => {
            let problem = format!("bytes from {position} were asked for, and {header:?} came");
            Err(answer.unusable(problem))
        }
    }
}
