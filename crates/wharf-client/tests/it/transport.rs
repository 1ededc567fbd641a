//! How requests reach a registry.

mod mirrors;
mod observers;
mod redirects;
mod retries;
mod tls;
mod tokens;

use wharf_client::{ClientError, FetchedManifest, RegistryClient};
use wharf_spec::RepositoryName;

pub(crate) fn repository() -> RepositoryName {
    "a/b".parse().unwrap()
}

/// Asks for `a/b:latest`.
pub(crate) async fn fetch(client: &RegistryClient) -> Result<FetchedManifest, ClientError> {
    fetch_from(client, "a/b").await
}

pub(crate) async fn fetch_from(
    client: &RegistryClient,
    repository: &str,
) -> Result<FetchedManifest, ClientError> {
    let repository = repository.parse().unwrap();
    let latest = "latest".parse().unwrap();
    client.manifest(&repository, &latest, &[]).await
}
