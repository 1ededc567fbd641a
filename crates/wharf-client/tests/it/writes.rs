//! What is written arrives whole, whatever breaks.

mod broken;
mod registry;
mod uploads;

use std::sync::Arc;

use bytes::Bytes;
use wharf_client::{ClientError, ClientSettings, PushedBlob, RegistryClient};
use wharf_spec::RepositoryName;

use self::registry::FakeRegistry;
use crate::reads::sha256;
use crate::settings::hasty;
use crate::transport::repository;

/// Pushes a blob in pieces of `chunk` bytes.
async fn push_in(
    registry: &FakeRegistry,
    blob: &[u8],
    chunk: u64,
    others: &[RepositoryName],
) -> Result<PushedBlob, ClientError> {
    let settings = ClientSettings { chunk, ..hasty() };
    let client = RegistryClient::new(registry.server.host(), &settings, None).unwrap();
    let source = Arc::new(Bytes::copy_from_slice(blob));
    let size = blob.len() as u64;
    client
        .push_blob(&repository(), &sha256(blob), size, source, others)
        .await
}

/// Pushes a blob in one piece.
async fn push(registry: &FakeRegistry, blob: &[u8]) -> Result<PushedBlob, ClientError> {
    push_in(registry, blob, 0, &[]).await
}
