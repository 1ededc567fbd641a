//! When something was touched: its provider knows when it was written, and an empty object
//! beside the tree when it was touched after that.

use std::time::{Instant, SystemTime};

use bytes::Bytes;
use wharf_store::{Result, StoreError, StorePath};

use crate::backend::Bucket;

// === impl Bucket ===

impl Bucket {
    /// When it was last touched other than by being written.
    pub(crate) async fn touched(&self, path: &StorePath) -> Result<Option<SystemTime>> {
        match self.look(&mark(path)).await {
            Ok(found) => Ok(Some(found.meta.last_modified.into())),
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Touches what is there; a sweep that is under way may take it away all the same. The mark
    /// of what turns out to be missing stays: somebody else may have just written it. The answer
    /// is when it was begun.
    pub(crate) async fn touch_lazily(&self, path: &StorePath) -> Result<Instant> {
        let begun = self.put_lazily(&mark(path), Bytes::new()).await?;
        self.look(path).await?;
        self.own.insert(path.clone(), begun);
        Ok(begun)
    }
}

/// Where that is kept: below a name of its own, since some servers keep buckets as directories,
/// where nothing is below a file.
pub(crate) fn mark(path: &StorePath) -> StorePath {
    crate::path(format!("wharfinger/state/touched/{path}/.touched"))
}

/// What a mark is about.
pub(crate) fn marked(mark: &StorePath) -> Option<StorePath> {
    let path = mark.as_str().strip_prefix("wharfinger/state/touched/")?;
    StorePath::new(path.strip_suffix("/.touched")?).ok()
}
