//! `redirect`: clients have blobs from another server, which has the same paths as the store.

use async_trait::async_trait;
use wharf_config::Remark;
use wharf_store::{Fetch, Locate, Result, StorePath};

use super::Written;
use crate::storage::base::BaseUrl;

/// Sends everybody there, whatever the store itself would do.
pub(super) struct Redirect(BaseUrl);

// === impl Redirect ===

impl Redirect {
    /// # Errors
    /// When nobody could be sent there.
    pub(super) fn new(written: &Written<'_>) -> std::result::Result<Self, Remark> {
        let base = written.needed("baseurl", written.middleware.options.baseurl.as_ref())?;
        let base = BaseUrl::new(base).map_err(|why| written.remark("options.baseurl", why))?;
        Ok(Self(base))
    }
}

#[async_trait]
impl Locate for Redirect {
    async fn locate(&self, path: &StorePath, _: Fetch) -> Result<Option<String>> {
        Ok(Some(self.0.with(path)))
    }
}
