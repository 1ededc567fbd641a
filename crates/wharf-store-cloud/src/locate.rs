//! Sending clients to the bucket for the bytes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use wharf_store::{Fetch, FetchMethod, Locate, Result, StorePath};

use crate::CloudStore;
use crate::backend::Bucket;
use crate::error::could_not;

/// Signs URLs at which clients can have the objects of a bucket.
struct Signed(Arc<Bucket>);

// === impl CloudStore ===

impl CloudStore {
    /// Who knows where clients can have its objects from: nobody else needs the key.
    #[must_use]
    pub fn locator(&self) -> Arc<dyn Locate> {
        Arc::new(Signed(Arc::clone(&self.bucket)))
    }
}

#[async_trait]
impl Locate for Signed {
    async fn locate(&self, path: &StorePath, fetch: Fetch) -> Result<Option<String>> {
        let Some(signer) = &self.0.backend.signer else {
            return Ok(None);
        };
        let method = match fetch.method {
            FetchMethod::Get => Method::GET,
            FetchMethod::Head => Method::HEAD,
        };
        let key = self.0.key(path);
        let signing = signer.signed_url(method, &key, VALID_FOR);
        let signed = tokio::time::timeout(SIGNING, signing).await;
        let signed = signed.unwrap_or_else(|_| Err(too_slow()));
        let url = signed.map_err(|error| could_not("sign a URL of", path, error))?;
        Ok(Some(url.into()))
    }
}

fn too_slow() -> object_store::Error {
    let seconds = SIGNING.as_secs();
    object_store::Error::Generic {
        store: "signatures",
        source: format!("the provider has not given a signature within {seconds} seconds").into(),
    }
}

/// Without the key at hand the provider is asked, and a client is waiting.
const SIGNING: Duration = Duration::from_secs(5);
/// As distribution's.
const VALID_FOR: Duration = Duration::from_secs(20 * 60);
