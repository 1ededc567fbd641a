//! Uploads: how bytes come in, stop, go on, and become a blob or nothing.

mod algorithms;
mod chunks;
mod concurrent;
mod failures;
mod resume;
mod takeover;
mod volume;

use bytes::Bytes;
use wharf_registry::{Repository, Result, UploadStatus};
use wharf_spec::{Algorithm, ContentRange, Digest, UploadId};

/// Starts an upload without a hint.
async fn start(repository: &Repository) -> UploadId {
    repository.start_upload(Algorithm::Sha256).await.unwrap().id
}

/// Appends one chunk to an upload, as a request of its own.
async fn append(repository: &Repository, id: &UploadId, chunk: &'static [u8]) -> UploadStatus {
    let upload = repository.upload(id).await.unwrap();
    let mut frames = Bytes::from_static(chunk);
    upload.append(None, &mut frames).await.unwrap()
}

/// Finishes an upload with its last chunk, as a request of its own.
async fn finish(
    repository: &Repository,
    id: &UploadId,
    chunk: &'static [u8],
    digest: Digest,
) -> Result<()> {
    let upload = repository.upload(id).await?;
    let mut frames = Bytes::from_static(chunk);
    upload.finish(None, &mut frames, digest).await
}

async fn size(repository: &Repository, id: &UploadId) -> u64 {
    repository.upload_status(id).await.unwrap().size
}

fn range(text: &str) -> Option<ContentRange> {
    Some(text.parse().unwrap())
}
