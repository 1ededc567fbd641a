//! What a registry says of an upload: where it goes on, and how much it has.

use reqwest::Url;
use reqwest::header::{LOCATION, RANGE};

use crate::endpoint::{Answer, resolve};
use crate::error::ClientError;

/// Where the upload goes on. It changes with every answer, and may be anywhere.
pub(super) fn location(answer: &Answer) -> Result<Url, ClientError> {
    let location = answer.header(&LOCATION);
    let location = location.ok_or_else(|| answer.unusable("it does not say where to upload to"))?;
    resolve(answer, location)
}

/// How many bytes the registry has, if it says so. The range of nothing cannot be told from
/// that of one byte (distribution: registry/handlers/blobupload.go, `blobUploadResponse`).
pub(super) fn received(answer: &Answer) -> Option<u64> {
    let range = answer.header(&RANGE)?.trim();
    let range = range.strip_prefix("bytes=").unwrap_or(range);
    let (start, end) = range.split_once('-')?;
    let end = end.split('/').next()?.trim().parse::<u64>().ok()?;
    match (start.trim(), end) {
        ("0", 0) => Some(0),
        ("0", end) => end.checked_add(1),
        _ => None,
    }
}
