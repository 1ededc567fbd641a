//! Block blobs in place of append blobs, which distribution wrote: Azure does not replace a blob
//! by one of another type, so that the old one is removed first. That happens once to each.

use std::fmt;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use object_store::azure::MicrosoftAzure;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result,
};

/// The library's client, but for that.
#[derive(Clone, Debug)]
pub(super) struct Blocks(pub(super) MicrosoftAzure);

// === impl Blocks ===

impl Blocks {
    /// Removes a blob that cannot be replaced.
    async fn clear(&self, key: &Path) -> Result<()> {
        tracing::debug!(%key, "a blob of another type gives way");
        match self.0.delete(key).await {
            // Somebody was faster.
            Err(Error::NotFound { .. }) => Ok(()),
            cleared => cleared,
        }
    }
}

#[async_trait]
impl ObjectStore for Blocks {
    async fn put_opts(&self, key: &Path, body: PutPayload, how: PutOptions) -> Result<PutResult> {
        match self.0.put_opts(key, body.clone(), how.clone()).await {
            Err(error) if is_of_another_type(&error) => {
                let mode = match how.mode {
                    PutMode::Overwrite => PutMode::Overwrite,
                    // It is known to have been what was expected; whoever has come since stays.
                    PutMode::Update(_) => PutMode::Create,
                    PutMode::Create => return Err(error),
                };
                self.clear(key).await?;
                self.0.put_opts(key, body, PutOptions { mode, ..how }).await
            }
            put => put,
        }
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        match self.0.copy_opts(from, to, how.clone()).await {
            Err(error) if is_of_another_type(&error) => {
                self.clear(to).await?;
                self.0.copy_opts(from, to, how).await
            }
            copied => copied,
        }
    }

    async fn put_multipart_opts(
        &self,
        key: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(key, how).await
    }

    async fn get_opts(&self, key: &Path, how: GetOptions) -> Result<GetResult> {
        self.0.get_opts(key, how).await
    }

    fn delete_stream(
        &self,
        keys: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.0.delete_stream(keys)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }
}

impl fmt::Display for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is there, that is. The library tells the code in its text only.
fn is_of_another_type(error: &Error) -> bool {
    matches!(error, Error::AlreadyExists { .. }) && error.to_string().contains("InvalidBlobType")
}
