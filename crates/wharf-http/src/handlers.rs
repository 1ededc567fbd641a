//! One file per noun of the API. A handler takes what was parsed and returns a reply.

mod base;
pub(crate) mod blobs;
mod catalog;
mod extension;
mod manifests;
mod negotiate;
mod referrers;
mod tags;
mod uploads;

use wharf_spec::{Method, Route};

use crate::app::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) use self::extension::Turnstiles;

/// Calls the handler of a route. Those that write, or that take much memory, have it for
/// themselves: the others are moved about more cheaply without it.
pub(crate) async fn handle(
    method: Method,
    route: &Route,
    call: Call<'_>,
) -> Result<Reply, Failure> {
    match (route, method) {
        (Route::Root, _) => Ok(base::alive()),
        (Route::Base, _) => Ok(base::version()),
        (Route::Catalog, Method::Get) => catalog::list(&call).await,
        (Route::Tags { repository }, Method::Get) => tags::list(&call, repository.clone()).await,
        (
            Route::Manifest {
                repository,
                reference,
            },
            Method::Get | Method::Head,
        ) => manifests::pull(&call, method, repository.clone(), reference).await,
        (
            Route::Manifest {
                repository,
                reference,
            },
            Method::Put,
        ) => Box::pin(manifests::push(call, repository.clone(), reference)).await,
        (
            Route::Manifest {
                repository,
                reference,
            },
            Method::Delete,
        ) => Box::pin(manifests::delete(&call, repository.clone(), reference)).await,
        (Route::Blob { repository, digest }, Method::Get) => {
            blobs::pull(&call, repository.clone(), *digest).await
        }
        (Route::Blob { repository, digest }, Method::Head) => {
            blobs::describe(&call, repository.clone(), *digest).await
        }
        (Route::Blob { repository, digest }, Method::Delete) => {
            Box::pin(blobs::delete(&call, repository.clone(), *digest)).await
        }
        (Route::Uploads { repository }, Method::Post) => {
            Box::pin(uploads::start(call, repository.clone())).await
        }
        (Route::Upload { repository, id }, Method::Get | Method::Head) => {
            Box::pin(uploads::status(&call, repository.clone(), id)).await
        }
        (Route::Upload { repository, id }, Method::Patch) => {
            Box::pin(uploads::append(call, repository.clone(), id)).await
        }
        (Route::Upload { repository, id }, Method::Put) => {
            Box::pin(uploads::finish(call, repository.clone(), id)).await
        }
        (Route::Upload { repository, id }, Method::Delete) => {
            Box::pin(uploads::cancel(&call, repository.clone(), id)).await
        }
        (Route::Referrers { repository, digest }, Method::Get | Method::Head) => {
            Box::pin(referrers::list(&call, repository.clone(), *digest)).await
        }
        (Route::Extension(extension), method) => {
            Box::pin(extension::handle(&call, method, extension.clone())).await
        }
        (
            Route::Catalog
            | Route::Tags { .. }
            | Route::Manifest { .. }
            | Route::Blob { .. }
            | Route::Uploads { .. }
            | Route::Upload { .. }
            | Route::Referrers { .. },
            Method::Get
            | Method::Head
            | Method::Post
            | Method::Put
            | Method::Patch
            | Method::Delete,
        ) => Err(Failure::Method(route.methods())),
    }
}
