//! Removing objects and all that is below a directory.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::Error;
use object_store::path::Path;
use wharf_store::{Result, StorePath};

use crate::backend::Bucket;
use crate::error::could_not;
use crate::unfinished;

// === impl Bucket ===

impl Bucket {
    pub(crate) async fn remove(&self, path: &StorePath) -> Result<()> {
        let mut keys = self.keys_below(path).await?;
        // A name is that of an object or of a directory.
        if keys.is_empty() {
            let found = self.look(path).await?;
            keys.push(self.key(path));
            if unfinished::is(&found.attributes) {
                self.abort(path).await?;
            }
        }
        for key in &keys {
            if let Some(path) = self.path_of(key) {
                self.own.remove(&path);
            }
        }
        self.delete(path, keys).await
    }

    /// Everything below a directory.
    async fn keys_below(&self, path: &StorePath) -> Result<Vec<Path>> {
        let key = self.key(path);
        let below = self.backend.objects.list(Some(&key));
        let keys = below.map_ok(|object| object.location).try_collect();
        keys.await.map_err(|error| could_not("list", path, error))
    }

    pub(crate) async fn delete(&self, path: &StorePath, keys: Vec<Path>) -> Result<()> {
        let keys = stream::iter(keys.into_iter().map(Ok)).boxed();
        let mut deleted = self.backend.objects.delete_stream(keys);
        while let Some(deleted) = deleted.next().await {
            gone(deleted.map(drop)).map_err(|error| could_not("remove", path, error))?;
        }
        Ok(())
    }
}

/// Somebody may have been faster.
fn gone(deleted: object_store::Result<()>) -> object_store::Result<()> {
    match deleted {
        Err(Error::NotFound { .. }) => Ok(()),
        deleted => deleted,
    }
}
