//! `/v2/<name>/blobs/uploads/`: pushing blobs (OCI distribution-spec, "Pushing blobs").

use http::StatusCode;
use http::header::{CONTENT_RANGE, LOCATION, RANGE};
use serde_json::Value;
use wharf_registry::{Error, Mount, Repository, UploadStatus};
use wharf_spec::{Algorithm, ContentRange, Digest, ErrorCode, RepositoryName, UploadId};

use crate::app::Call;
use crate::error::{Failure, Refusal, Standing};
use crate::reply::{Reply, name};

/// POST: a mount, a whole blob, or the start of a session.
pub(super) async fn start(call: Call<'_>, name: RepositoryName) -> Result<Reply, Failure> {
    let repository = call.registry.repository(name);
    if let Some(digest) = mount(&call, &repository).await? {
        return Ok(created(&call, &repository, digest));
    }
    let query = &call.head.query;
    let named = query
        .first("digest")
        .map(str::parse::<Digest>)
        .transpose()?;
    if let Some(digest) = named.filter(|digest| brings_blob(&call, *digest)) {
        repository.push_blob(digest, call.body).await?;
        return Ok(created(&call, &repository, digest));
    }
    let hint = query
        .first("digest-algorithm")
        .map(str::parse::<Algorithm>)
        .transpose()?;
    let algorithm = hint
        .or(named.map(|digest| digest.algorithm()))
        .unwrap_or(Algorithm::Sha256);
    let upload = repository.start_upload(algorithm).await?;
    Ok(standing(&call, &repository, &upload).on(Reply::new(StatusCode::ACCEPTED)))
}

/// GET and HEAD: where the upload stands.
pub(super) async fn status(
    call: &Call<'_>,
    name: RepositoryName,
    id: &UploadId,
) -> Result<Reply, Failure> {
    let repository = call.registry.repository(name);
    let upload = repository.upload_status(id).await?;
    Ok(standing(call, &repository, &upload).on(Reply::without_content(StatusCode::NO_CONTENT)))
}

/// PATCH: a chunk, or a stream.
pub(super) async fn append(
    call: Call<'_>,
    name: RepositoryName,
    id: &UploadId,
) -> Result<Reply, Failure> {
    let repository = call.registry.repository(name);
    let range = announced(&call)?;
    let upload = repository.upload(id).await?;
    let appended = upload.append(range, call.body).await;
    let upload = appended.map_err(|error| misplaced(&call, &repository, id, error))?;
    Ok(standing(&call, &repository, &upload).on(Reply::new(StatusCode::ACCEPTED)))
}

/// PUT: the last chunk, if any, and the digest of the whole.
pub(super) async fn finish(
    call: Call<'_>,
    name: RepositoryName,
    id: &UploadId,
) -> Result<Reply, Failure> {
    let repository = call.registry.repository(name);
    let Some(digest) = call.head.query.first("digest") else {
        return Err(Failure::new(
            ErrorCode::DigestInvalid,
            "digest missing: name it as ?digest=",
            Value::Null,
        ));
    };
    let digest: Digest = digest.parse()?;
    let range = announced(&call)?;
    let upload = repository.upload_hashed_by(id, digest.algorithm()).await?;
    let finished = upload.finish(range, call.body, digest).await;
    finished.map_err(|error| misplaced(&call, &repository, id, error))?;
    Ok(created(&call, &repository, digest))
}

/// DELETE: the client gives up.
pub(super) async fn cancel(
    call: &Call<'_>,
    name: RepositoryName,
    id: &UploadId,
) -> Result<Reply, Failure> {
    call.registry
        .repository(name)
        .upload(id)
        .await?
        .cancel()
        .await?;
    Ok(Reply::without_content(StatusCode::NO_CONTENT).header(name::UPLOAD_UUID, id))
}

/// The blob that was mounted. A mount that cannot be understood or done becomes an
/// upload, as the specification wants it.
async fn mount(call: &Call<'_>, repository: &Repository) -> Result<Option<Digest>, Failure> {
    let query = &call.head.query;
    let Some(Ok(digest)) = query.first("mount").map(str::parse::<Digest>) else {
        return Ok(None);
    };
    let from = match query
        .first("from")
        .filter(|from| !from.is_empty())
        .map(str::parse::<RepositoryName>)
    {
        Some(Ok(from)) => Some(from),
        Some(Err(_)) => return Ok(None),
        // From anywhere would be from where the client may not pull.
        None if call.guard.is_there() => return Ok(None),
        None => None,
    };
    Ok(match repository.mount(digest, from.as_ref()).await? {
        Mount::Mounted => Some(digest),
        Mount::Absent => None,
    })
}

/// Clients that never heard of single POSTs name a digest and send nothing: they want a
/// session.
fn brings_blob(call: &Call<'_>, digest: Digest) -> bool {
    !call.body.is_empty() || wharf_hash::digest(digest.algorithm(), b"") == digest
}

/// The chunk's place, if the client tells it, agreeing with the length it announces.
fn announced(call: &Call<'_>) -> Result<Option<ContentRange>, Failure> {
    // An empty one says nothing, and is nothing to distribution.
    let range = call.head.text(&CONTENT_RANGE);
    let Some(range) = range.filter(|range| !range.is_empty()) else {
        return Ok(None);
    };
    let range: ContentRange = range.parse()?;
    match call.head.content_length() {
        Some(length) if length != range.len() => Err(Error::SizeMismatch {
            announced: range.len(),
            received: length,
        }
        .into()),
        Some(_) | None => Ok(Some(range)),
    }
}

/// Tells a client whose chunk does not fit where the upload stands.
fn misplaced(call: &Call<'_>, repository: &Repository, id: &UploadId, error: Error) -> Failure {
    let Error::OutOfOrder { size, .. } = error else {
        return error.into();
    };
    let refusal = Refusal::new(ErrorCode::RangeInvalid, error.to_string(), Value::Null);
    Failure::UploadStands(
        refusal,
        standing(
            call,
            repository,
            &UploadStatus {
                id: id.clone(),
                size,
            },
        ),
    )
}

fn standing(call: &Call<'_>, repository: &Repository, upload: &UploadStatus) -> Standing {
    Standing {
        location: call.locations.upload(repository.name(), &upload.id),
        // An empty upload and one of a single byte look the same; clients live with it.
        range: format!("0-{}", upload.size.saturating_sub(1)),
        id: upload.id.to_string(),
    }
}

fn created(call: &Call<'_>, repository: &Repository, digest: Digest) -> Reply {
    Reply::new(StatusCode::CREATED)
        .header(LOCATION, call.locations.blob(repository.name(), digest))
        .header(name::CONTENT_DIGEST, digest)
}

// === impl Standing ===

impl Standing {
    fn on(self, reply: Reply) -> Reply {
        reply
            .header(LOCATION, self.location)
            .header(RANGE, self.range)
            .header(name::UPLOAD_UUID, self.id)
    }
}
