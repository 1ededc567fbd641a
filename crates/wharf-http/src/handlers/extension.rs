//! What only this registry has: collecting, the trash, the history of tags, and the deletion
//! of whole repositories.

mod collection;
mod explained;
mod repository;
mod tags;
mod trash;

use tokio::sync::Semaphore;
use tracing::Instrument as _;
use wharf_registry::Result;
use wharf_spec::{Extension, Method};

use crate::app::Call;
use crate::error::Failure;
use crate::reply::Reply;

/// How much of this is done at once: some of it reads a large part of what is stored.
pub(crate) struct Turnstiles {
    /// Who comes second is sent away.
    explaining: Semaphore,
    /// Others wait.
    listing: Semaphore,
}

// === impl Turnstiles ===

impl Turnstiles {
    pub(crate) fn new() -> Self {
        Self {
            explaining: Semaphore::new(1),
            listing: Semaphore::new(LISTINGS),
        }
    }
}

/// Calls the handler of what is asked.
pub(super) async fn handle(
    call: &Call<'_>,
    method: Method,
    extension: Extension,
) -> std::result::Result<Reply, Failure> {
    let not_allowed = Failure::Method(extension.methods());
    match (extension, method) {
        (Extension::Collection, Method::Get) => collection::status(call).await,
        (Extension::Collection, Method::Post) => collection::start(call),
        (Extension::Blob(digest), Method::Get) => explained::explain(call, digest).await,
        (Extension::Trash, Method::Get) => trash::list_all(call).await,
        (Extension::RepositoryTrash(repository), Method::Get) => {
            trash::list(call, repository).await
        }
        (Extension::Deleted { repository, id }, Method::Post) => {
            trash::restore(call, repository, &id).await
        }
        (Extension::Deleted { repository, id }, Method::Delete) => {
            trash::give_up(call, &repository, &id).await
        }
        (Extension::Repository(repository), Method::Delete) => {
            repository::delete(call, repository).await
        }
        (Extension::Tag { repository, tag }, Method::Get) => {
            tags::history(call, repository, &tag).await
        }
        (Extension::Tag { repository, tag }, Method::Put) => {
            tags::restore(call, repository, &tag).await
        }
        (
            Extension::Collection
            | Extension::Blob(_)
            | Extension::Trash
            | Extension::RepositoryTrash(_)
            | Extension::Deleted { .. }
            | Extension::Repository(_)
            | Extension::Tag { .. },
            Method::Get
            | Method::Head
            | Method::Post
            | Method::Put
            | Method::Patch
            | Method::Delete,
        ) => Err(not_allowed),
    }
}

/// Does something that a client who goes away should not leave half done.
async fn to_the_end<T: Send + 'static>(
    change: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    match tokio::spawn(change.in_current_span()).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}

/// The first of many, as texts.
fn some<T: ToString>(all: &[T]) -> Vec<String> {
    all.iter().take(SOME).map(T::to_string).collect()
}

/// Names that an answer has at most where it counts them as well.
const SOME: usize = 100;
/// Listings that are made at once.
const LISTINGS: usize = 2;
