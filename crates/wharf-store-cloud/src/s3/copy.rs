//! `UploadPartCopy`, which the library does not have: it signs the request, and we send it.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use object_store::aws::AmazonS3;
use object_store::multipart::PartId;
use object_store::path::Path;
use object_store::signer::{SignedUrlOptions, Signer as _};
use object_store::{Error, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;

use super::Options;
use crate::backend::PartCopies;
use crate::client::CONNECT;

/// Copies parts of objects within a bucket.
pub(super) struct Copier {
    client: AmazonS3,
    http: reqwest::Client,
    bucket: String,
    copies: super::Copies,
}

/// What is answered (S3 API, `UploadPartCopy`).
#[derive(Deserialize)]
struct CopyPartResult {
    #[serde(rename = "ETag")]
    e_tag: String,
}

// === impl Copier ===

impl Copier {
    pub(super) fn new(client: AmazonS3, options: &Options) -> Result<Self> {
        let http = reqwest::Client::builder()
            .danger_accept_invalid_certs(options.skip_verify)
            .connect_timeout(CONNECT)
            .build()
            .map_err(generic)?;
        let copies = super::Copies {
            threshold: match options.storage_class {
                // A copy in one piece would have the bucket's class.
                Some(_) => 0,
                None => options.copies.threshold.min(MOST_COPIED),
            },
            part: options.copies.part.clamp(LEAST_PART, MOST_COPIED),
            at_once: options.copies.at_once.max(1),
        };
        Ok(Self {
            client,
            http,
            bucket: options.bucket.clone(),
            copies,
        })
    }

    async fn copy_once(&self, key: &Path, options: &SignedUrlOptions) -> Result<PartId> {
        let url = self
            .client
            .signed_url_opts(Method::PUT, key, SIGNED_FOR, options)
            .await?;
        let request = self
            .http
            .put(url)
            .headers(options.signed_headers.clone())
            .timeout(LONGEST);
        let answer = request.send().await.map_err(generic)?;
        let status = answer.status();
        let text = answer.text().await.map_err(generic)?;
        // Errors come with 200 as well, once the copying has begun.
        match quick_xml::de::from_str::<CopyPartResult>(&text) {
            Ok(copied) if status.is_success() => Ok(PartId {
                content_id: copied.e_tag,
            }),
            Ok(_) | Err(_) => Err(generic(format!("UploadPartCopy: {status}: {text}"))),
        }
    }
}

#[async_trait]
impl PartCopies for Copier {
    fn threshold(&self) -> u64 {
        self.copies.threshold
    }

    fn part(&self) -> u64 {
        self.copies.part
    }

    fn at_once(&self) -> usize {
        self.copies.at_once
    }

    async fn copy_part(
        &self,
        from: &Path,
        to: &Path,
        id: &str,
        number: u64,
        range: Range<u64>,
    ) -> Result<PartId> {
        let header = |text: String| HeaderValue::try_from(text).map_err(generic);
        let from = utf8_percent_encode(from.as_ref(), ENCODED);
        let source = header(format!("{}/{from}", self.bucket))?;
        let bytes = header(format!("bytes={}-{}", range.start, range.end - 1))?;
        let number = (number + 1).to_string();
        let options = SignedUrlOptions::new()
            .with_query([("partNumber", number.as_str()), ("uploadId", id)])
            .with_signed_header(COPY_SOURCE, source)
            .with_signed_header(COPY_SOURCE_RANGE, bytes);
        let mut pause = Duration::from_millis(100);
        loop {
            match self.copy_once(to, &options).await {
                Ok(part) => return Ok(part),
                Err(error) if pause > LAST_PAUSE => return Err(error),
                Err(error) => tracing::debug!(%error, "a part is copied again"),
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}

fn generic(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Generic {
        store: "S3",
        source: error.into(),
    }
}

/// All but what stands for itself in a path (RFC 3986).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');
const COPY_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");
const COPY_SOURCE_RANGE: HeaderName = HeaderName::from_static("x-amz-copy-source-range");
/// What S3 copies at once (`CopyObject`), and the largest part.
const MOST_COPIED: u64 = 5 << 30;
const LEAST_PART: u64 = 5 << 20;
const SIGNED_FOR: Duration = Duration::from_secs(600);
const LONGEST: Duration = Duration::from_secs(300);
const LAST_PAUSE: Duration = Duration::from_secs(10);
