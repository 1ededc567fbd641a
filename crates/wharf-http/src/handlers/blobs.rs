//! `/v2/<name>/blobs/<digest>`: pulling and deleting blobs.

use http::StatusCode;
use http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, ETAG, LOCATION};
use serde_json::json;
use uuid::Uuid;
use wharf_registry::Repository;
use wharf_spec::{Digest, ErrorCode, RangeAnswer, RepositoryName};
use wharf_store::{Fetch, FetchMethod, Payload};

use crate::app::Call;
use crate::conditional::{self, etag};
use crate::error::Failure;
use crate::head::Head;
use crate::reply::{Reply, name};

pub(super) async fn pull(
    call: &Call<'_>,
    name: RepositoryName,
    digest: Digest,
) -> Result<Reply, Failure> {
    let repository = call.registry.repository(name);
    if let Some(reply) = elsewhere(call, &repository, digest, FetchMethod::Get).await? {
        return Ok(reply);
    }
    let blob = repository.blob(digest).await?;
    given(call.head, digest, &blob.payload)
}

/// The blob, or what the client wants of it.
pub(crate) fn given(head: &Head, digest: Digest, payload: &Payload) -> Result<Reply, Failure> {
    conditional::must_match(head, digest)?;
    if conditional::is_known(head, digest) {
        return Ok(unchanged(digest));
    }
    let size = payload.len();
    match conditional::ranges(head, digest, size) {
        RangeAnswer::Whole => Ok(whole(digest).payloads(vec![payload.clone()])),
        RangeAnswer::One(range) => {
            let reply = describing(Reply::new(StatusCode::PARTIAL_CONTENT), digest);
            Ok(reply
                .fixed(CONTENT_TYPE, OCTETS)
                .header(CONTENT_RANGE, content_range(range.start, range.end, size))
                .payloads(vec![payload.slice(range)]))
        }
        RangeAnswer::Many(ranges) => {
            let boundary = Uuid::now_v7().simple().to_string();
            let reply = describing(Reply::new(StatusCode::PARTIAL_CONTENT), digest);
            let mut parts = Vec::new();
            for range in ranges {
                let place = content_range(range.start, range.end, size);
                let head = format!(
                    "\r\n--{boundary}\r\nContent-Type: {OCTETS}\r\nContent-Range: {place}\r\n\r\n"
                );
                parts.push(Payload::Bytes(head.into()));
                parts.push(payload.slice(range));
            }
            parts.push(Payload::Bytes(format!("\r\n--{boundary}--\r\n").into()));
            Ok(reply
                .header(
                    CONTENT_TYPE,
                    format!("multipart/byteranges; boundary={boundary}"),
                )
                .payloads(parts))
        }
        RangeAnswer::Unsatisfiable => {
            let message = format!("the blob has {size} bytes: no such range");
            let failure = Failure::new(ErrorCode::RangeInvalid, message, json!({ "size": size }));
            Ok(failure
                .into_reply()
                .header(CONTENT_RANGE, format!("bytes */{size}"))
                .unremarkable())
        }
    }
}

pub(super) async fn describe(
    call: &Call<'_>,
    name: RepositoryName,
    digest: Digest,
) -> Result<Reply, Failure> {
    let repository = call.registry.repository(name);
    if let Some(reply) = elsewhere(call, &repository, digest, FetchMethod::Head).await? {
        return Ok(reply);
    }
    let size = repository.blob_size(digest).await?;
    described(call.head, digest, size)
}

/// What there is to say of a blob with `size` bytes.
pub(crate) fn described(head: &Head, digest: Digest, size: u64) -> Result<Reply, Failure> {
    conditional::must_match(head, digest)?;
    if conditional::is_known(head, digest) {
        return Ok(unchanged(digest));
    }
    Ok(whole(digest).head_only(size))
}

pub(super) async fn delete(
    call: &Call<'_>,
    name: RepositoryName,
    digest: Digest,
) -> Result<Reply, Failure> {
    call.registry.repository(name).delete_blob(digest).await?;
    Ok(Reply::new(StatusCode::ACCEPTED))
}

/// Sends the client to where it can have the blob from, if that is not here.
async fn elsewhere(
    call: &Call<'_>,
    repository: &Repository,
    digest: Digest,
    method: FetchMethod,
) -> Result<Option<Reply>, Failure> {
    let client = call.asker.address;
    let fetch = Fetch { method, client };
    let Some(url) = repository.blob_elsewhere(digest, fetch).await? else {
        return Ok(None);
    };
    conditional::must_match(call.head, digest)?;
    if conditional::is_known(call.head, digest) {
        return Ok(Some(unchanged(digest)));
    }
    let reply = Reply::new(StatusCode::TEMPORARY_REDIRECT)
        .header(name::CONTENT_DIGEST, digest)
        // The URL holds for some minutes only, and perhaps for this client only.
        .fixed(CACHE_CONTROL, "no-store")
        .header(LOCATION, url);
    Ok(Some(reply))
}

fn unchanged(digest: Digest) -> Reply {
    describing(Reply::without_content(StatusCode::NOT_MODIFIED), digest)
}

fn whole(digest: Digest) -> Reply {
    describing(Reply::new(StatusCode::OK), digest).fixed(CONTENT_TYPE, OCTETS)
}

/// What is true of every part of the blob, for ever.
fn describing(reply: Reply, digest: Digest) -> Reply {
    reply
        .fixed(ACCEPT_RANGES, "bytes")
        .fixed(CACHE_CONTROL, "max-age=31536000, immutable")
        .header(name::CONTENT_DIGEST, digest)
        .header(ETAG, etag(digest))
}

/// `Content-Range` of the bytes from `start` up to, not including, `end`.
fn content_range(start: u64, end: u64, size: u64) -> String {
    format!("bytes {start}-{}/{size}", end.saturating_sub(1))
}

const OCTETS: &str = "application/octet-stream";
