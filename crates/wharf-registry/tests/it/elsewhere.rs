//! Clients that are sent elsewhere for the bytes, and what becomes of them where that fails.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use wharf_registry::{Companions, Options, Registry, Repository};
use wharf_store::{Fetch, FetchMethod, Locate, MemoryStore, Result, StoreError, StorePath};

use crate::fixtures::{pull_blob, push_blob};

/// Knows an address for everything, or cannot say it.
#[derive(Clone, Copy)]
enum Locator {
    Knowing,
    Failing,
}

#[async_trait]
impl Locate for Locator {
    async fn locate(&self, path: &StorePath, _: Fetch) -> Result<Option<String>> {
        match self {
            Self::Knowing => Ok(Some(format!("https://bucket/{path}"))),
            Self::Failing => Err(StoreError::Io {
                operation: "sign a URL of",
                path: path.clone(),
                source: io::Error::other("the provider signs nothing"),
            }),
        }
    }
}

fn repository(locator: Locator) -> Repository {
    let store = Arc::new(MemoryStore::default());
    let around = Companions {
        locator: Some(Arc::new(locator)),
        ..Companions::default()
    };
    let registry = Registry::with(store, around, Options::default());
    registry.repository("a".parse().unwrap())
}

async fn elsewhere(locator: Locator, method: FetchMethod) -> Option<String> {
    let repository = repository(locator);
    let digest = push_blob(&repository, "some bytes").await;
    let fetch = Fetch {
        method,
        client: None,
    };
    let url = repository.blob_elsewhere(digest, fetch).await.unwrap();
    assert_eq!(pull_blob(&repository, digest).await.unwrap(), "some bytes");
    url
}

#[tokio::test]
async fn a_client_is_sent_to_where_the_bytes_are() {
    for method in [FetchMethod::Get, FetchMethod::Head] {
        let url = elsewhere(Locator::Knowing, method).await.unwrap();
        assert!(
            url.starts_with("https://bucket/docker/registry/v2/blobs/"),
            "{url}"
        );
        assert!(url.ends_with("/data"), "{url}");
    }
}

/// Providers that are asked for signatures may refuse them, or be out of reach.
#[tokio::test]
async fn a_pull_does_not_fail_with_a_signature() {
    for method in [FetchMethod::Get, FetchMethod::Head] {
        assert_eq!(elsewhere(Locator::Failing, method).await, None);
    }
}
