//! A handle on one repository; its operations are in the modules of their nouns.

mod deletion;

use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument as _;
use wharf_spec::{Digest, RepositoryName};
use wharf_store::{Store, StorePath};

use crate::contents::Content;
use crate::key::Key;
use crate::{Deletion, Error, Inner, Result, link};

pub use self::deletion::Deleted;

/// One repository of a registry.
#[derive(Clone)]
pub struct Repository {
    pub(crate) registry: Arc<Inner>,
    pub(crate) name: RepositoryName,
}

// === impl Repository ===

impl Repository {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &RepositoryName {
        &self.name
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.registry.store
    }

    pub(crate) fn deletion_allowed(&self) -> Result<()> {
        match self.registry.options.deletion {
            Deletion::Enabled => Ok(()),
            Deletion::Disabled => Err(Error::DeletionDisabled),
        }
    }

    /// The blob that stands for `digest` here. It has another digest where distribution
    /// stored content pushed as sha512 under its sha256.
    pub(crate) async fn layer_target(&self, digest: Digest) -> Result<Option<Digest>> {
        link::read(self.store(), &Key::LayerLink(&self.name, digest).path()).await
    }

    /// As [`Self::layer_target`], for manifests.
    pub(crate) async fn revision_target(&self, digest: Digest) -> Result<Option<Digest>> {
        link::read(self.store(), &Key::RevisionLink(&self.name, digest).path()).await
    }

    /// What is kept in memory, if the store still has it; `path` is where.
    pub(crate) async fn content(
        &self,
        target: Digest,
        path: &StorePath,
    ) -> wharf_store::Result<Option<Content>> {
        let contents = &self.registry.contents;
        let Some(content) = contents.get(target) else {
            return Ok(None);
        };
        match self.store().size(path).await {
            Ok(size) if size == content.bytes.len() as u64 => Ok(Some(content)),
            Ok(_) => {
                contents.forget(target);
                Ok(None)
            }
            Err(error) => {
                if error.is_not_found() {
                    contents.forget(target);
                }
                Err(error)
            }
        }
    }

    /// True when the bytes of the blob are there, durably.
    pub(crate) async fn has_settled_data(&self, digest: Digest) -> Result<bool> {
        let path = Key::BlobData(digest).path();
        match self.store().size(&path).await {
            Ok(_) => {
                self.store().settle(&path).await?;
                Ok(true)
            }
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Runs a change to its end, also when the request that wanted it is given up half-way:
/// then its turn lasts as long as its writes.
///
/// # Errors
/// Those of the change; `Busy` when the store does not come to an end with it.
pub(crate) async fn to_the_end<T: Send + 'static>(
    change: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let change = tokio::time::timeout(LONGEST_CHANGE, change);
    match tokio::spawn(change.in_current_span()).await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => Err(Error::Busy),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}

/// A few small writes: a disk that takes longer will not answer any more.
const LONGEST_CHANGE: Duration = Duration::from_mins(5);
