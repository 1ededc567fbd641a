//! `/v2/<name>/manifests/<reference>`: pushing, pulling and deleting manifests.

use http::StatusCode;
use http::header::{CONTENT_TYPE, ETAG, LOCATION, VARY};
use serde_json::Value;
use wharf_registry::{Error, MANIFEST_LIMIT, Repository, StoredManifest};
use wharf_spec::{ErrorCode, Method, Reference, RepositoryName, Tag};

use crate::app::Call;
use crate::conditional::{self, etag};
use crate::error::{Failure, Refusal};
use crate::handlers::negotiate;
use crate::head::Head;
use crate::pulls;
use crate::reply::{Reply, name};

/// GET and HEAD: the bytes of a HEAD's answer are left out when it is sent.
pub(super) async fn pull(
    call: &Call<'_>,
    method: Method,
    name: RepositoryName,
    reference: &Reference,
) -> Result<Reply, Failure> {
    let repository = call.registry.repository(name);
    let accept = call.head.accept();
    // Who wants to push a tag, and hears that it is there already, would leave it out.
    let is_before_push = method == Method::Head && accept.names_one_manifest_type();
    let (stored, release) = if is_before_push {
        (repository.manifest(reference).await?, None)
    } else {
        find(&repository, reference).await?
    };
    let manifest = negotiate::choose(&repository, reference, &accept, stored).await?;
    let is_known = conditional::is_known(call.head, manifest.digest);
    // Whoever looks whether there is something new pulls nothing, whichever way they look.
    let counted = match method {
        Method::Get if !is_known => pulls::count(call)?,
        _ => pulls::look(call),
    };
    let status = if is_known {
        Reply::without_content(StatusCode::NOT_MODIFIED)
    } else {
        Reply::new(StatusCode::OK)
            .fixed(CONTENT_TYPE, manifest.media_type.as_str())
            .bytes(manifest.bytes)
    };
    // The same tag may bring a client that takes no lists something else.
    let reply = status
        .fixed(VARY, "Accept")
        .header(name::CONTENT_DIGEST, manifest.digest)
        .header(ETAG, etag(manifest.digest))
        .header_if(name::TAG, release);
    Ok(match counted {
        Some(counted) => counted.on(reply),
        None => reply,
    })
}

/// The manifest, and the release that the tag stands for if that is not there itself.
async fn find(
    repository: &Repository,
    reference: &Reference,
) -> Result<(StoredManifest, Option<Tag>), Failure> {
    let unknown = match (repository.manifest(reference).await, reference) {
        (Err(error @ Error::ManifestUnknown(_)), Reference::Tag(tag)) => (error, tag),
        (found, _) => return Ok((found?, None)),
    };
    let (error, tag) = unknown;
    let Some(release) = Box::pin(repository.newest_release(tag)).await? else {
        return Err(error.into());
    };
    match repository.manifest(&Reference::Tag(release.clone())).await {
        // It went meanwhile, or is damaged: nobody asked for it by its name.
        Err(Error::ManifestUnknown(_)) => Err(error.into()),
        stored => Ok((stored?, Some(release))),
    }
}

pub(super) async fn push(
    call: Call<'_>,
    name: RepositoryName,
    reference: &Reference,
) -> Result<Reply, Failure> {
    let tags = tags(&call, reference)?;
    if call
        .head
        .content_length()
        .is_some_and(|length| length > MANIFEST_LIMIT as u64)
    {
        return Err(Failure::manifest_too_large(MANIFEST_LIMIT));
    }
    let repository = call.registry.repository(name);
    precondition(call.head, &repository, reference).await?;
    let bytes = call
        .body
        .collect(MANIFEST_LIMIT, call.manifests_in_memory.share())
        .await?;
    let pushed = repository
        .push_manifest(bytes, call.head.content_type(), reference, tags.clone())
        .await?;
    let mut reply = Reply::new(StatusCode::CREATED)
        .header(
            LOCATION,
            call.locations.manifest(repository.name(), pushed.digest),
        )
        .header(name::CONTENT_DIGEST, pushed.digest)
        .header_if(name::OCI_SUBJECT, pushed.subject);
    for tag in tags {
        reply = reply.header(name::OCI_TAG, tag);
    }
    Ok(reply)
}

pub(super) async fn delete(
    call: &Call<'_>,
    name: RepositoryName,
    reference: &Reference,
) -> Result<Reply, Failure> {
    let repository = call.registry.repository(name);
    precondition(call.head, &repository, reference).await?;
    match reference {
        Reference::Tag(tag) => repository.delete_tag(tag).await?,
        Reference::Digest(digest) => repository.delete_manifest(*digest).await?,
    }
    Ok(Reply::new(StatusCode::ACCEPTED))
}

/// Refuses what the client wants done to another state (OCI distribution-spec, "Referrers
/// Tag Schema": conditional pushes).
async fn precondition(
    head: &Head,
    repository: &Repository,
    reference: &Reference,
) -> Result<(), Failure> {
    if !conditional::is_conditional(head) {
        return Ok(());
    }
    let present = match repository.manifest(reference).await {
        Ok(manifest) => Some(manifest.digest),
        Err(Error::ManifestUnknown(_)) => None,
        Err(error) => return Err(error.into()),
    };
    conditional::may_change(head, present)
}

/// The tags that a push by digest names (OCI distribution-spec, "Pushing Manifests").
fn tags(call: &Call<'_>, reference: &Reference) -> Result<Vec<Tag>, Failure> {
    if matches!(reference, Reference::Tag(_)) {
        return Ok(Vec::new());
    }
    let mut tags = Vec::new();
    for text in call.head.query.all("tag") {
        let tag = text.parse().map_err(|error: wharf_spec::TagError| {
            Failure::new(ErrorCode::TagInvalid, error.to_string(), Value::Null)
        })?;
        if tags.len() == MOST_TAGS {
            return Err(Failure::Refused(Refusal {
                status: StatusCode::URI_TOO_LONG,
                ..Refusal::new(
                    ErrorCode::TagInvalid,
                    format!(
                        "a push may name {MOST_TAGS} tags at most: push the rest by another request"
                    ),
                    Value::Null,
                )
            }));
        }
        tags.push(tag);
    }
    Ok(tags)
}

/// Tags in one push.
const MOST_TAGS: usize = 100;
