//! `/v2/_wharfinger/trash`, `/v2/<name>/_wharfinger/trash` and what is in it.

use http::StatusCode;
use http::header::LINK;
use serde_json::{Value, json};
use wharf_registry::{Deletion, Error, Restored, TrashEntry, TrashId, TrashPage};
use wharf_spec::{ErrorCode, Extension, Page, RepositoryName, Route};

use super::{some, to_the_end};
use crate::app::Call;
use crate::error::{Failure, Refusal};
use crate::handlers::tags::next_link;
use crate::reply::Reply;

pub(super) async fn list_all(call: &Call<'_>) -> Result<Reply, Failure> {
    let (n, page) = page(call, None).await?;
    let told = json!({ "entries": page.entries, "damaged": page.damaged });
    Ok(reply(call, Extension::Trash, n, &page).json(&told))
}

pub(super) async fn list(call: &Call<'_>, name: RepositoryName) -> Result<Reply, Failure> {
    let (n, page) = page(call, Some(&name)).await?;
    let told = json!({ "name": name, "entries": page.entries });
    Ok(reply(call, Extension::RepositoryTrash(name), n, &page).json(&told))
}

pub(super) async fn restore(
    call: &Call<'_>,
    name: RepositoryName,
    id: &str,
) -> Result<Reply, Failure> {
    let (id, _) = find(call, &name, id).await?;
    let registry = call.registry.clone();
    let restored = to_the_end(async move { registry.restore(id).await }).await?;
    // Somebody else may have been faster.
    let Ok(Some(restored)) = restored else {
        return Err(unknown(&name));
    };
    let Restored {
        repository,
        tags,
        elsewhere,
        manifests,
        lacking,
    } = &restored;
    if *manifests == 0 && tags.is_empty() && !lacking.is_empty() {
        return Err(Failure::Refused(Refusal {
            status: StatusCode::CONFLICT,
            ..Refusal::new(
                ErrorCode::ManifestUnknown,
                "nothing of it could be restored: it, or what it refers to, has gone",
                json!({ "lacking": some(lacking) }),
            )
        }));
    }
    let told = json!({
        "repository": repository.as_str(),
        "manifests": manifests,
        "tags": tags.len(),
        "some_tags": some(tags),
        "elsewhere": elsewhere.len(),
        "some_elsewhere": some(elsewhere),
        "lacking": lacking.len(),
        "some_lacking": some(lacking),
    });
    Ok(Reply::new(StatusCode::CREATED).json(&told))
}

pub(super) async fn give_up(
    call: &Call<'_>,
    name: &RepositoryName,
    id: &str,
) -> Result<Reply, Failure> {
    match call.registry.options().deletion {
        Deletion::Enabled => {}
        Deletion::Disabled => return Err(Error::DeletionDisabled.into()),
    }
    let (id, _) = find(call, name, id).await?;
    match call.registry.empty_trash(&[id]).await? {
        0 => Err(unknown(name)),
        _ => Ok(Reply::new(StatusCode::ACCEPTED)),
    }
}

/// An entry of this repository: what is another one's is not there for whoever may use this.
async fn find(
    call: &Call<'_>,
    name: &RepositoryName,
    id: &str,
) -> Result<(TrashId, TrashEntry), Failure> {
    let id: TrashId = id.parse().map_err(|_| unknown(name))?;
    match call.registry.trash_entry(id).await? {
        Ok(Some(entry)) if entry.repository == *name => Ok((id, entry)),
        Ok(Some(_) | None) | Err(_) => Err(unknown(name)),
    }
}

fn unknown(name: &RepositoryName) -> Failure {
    Failure::new(
        ErrorCode::ManifestUnknown,
        "there is nothing of that name in the trash of the repository (any more)",
        json!({ "name": name.as_str() }),
    )
}

async fn page(
    call: &Call<'_>,
    repository: Option<&RepositoryName>,
) -> Result<(usize, TrashPage), Failure> {
    let asked = Page::from_query(&call.head.query)?;
    let n = asked.n.unwrap_or(PAGE).clamp(1, PAGE);
    let after = match asked.last.as_deref().map(str::parse::<TrashId>) {
        None => None,
        Some(Ok(after)) => Some(after),
        Some(Err(error)) => {
            let code = ErrorCode::PaginationNumberInvalid;
            return Err(Failure::new(code, error.to_string(), Value::Null));
        }
    };
    let _turn = call.turnstiles.listing.acquire().await;
    let page = call.registry.trash_page(repository, after, n).await?;
    Ok((n, page))
}

fn reply(call: &Call<'_>, extension: Extension, n: usize, page: &TrashPage) -> Reply {
    let link = page.next.map(|last| {
        let path = call.locations.path(&Route::Extension(extension));
        next_link(&path, &last.to_string(), n)
    });
    Reply::new(StatusCode::OK).header_if(LINK, link)
}

/// Entries in one answer.
const PAGE: usize = 100;
