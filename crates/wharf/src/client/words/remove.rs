//! `wharf rm`: tags and manifests that are deleted by the API.

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use wharf_client::{ClientError, ImageName, RegistryClient};
use wharf_spec::{Reference, Tag};

use super::{registry_itself, repository_of};
use crate::cli::Reach;
use crate::cli::client::Rm;
use crate::client::ask::confirm;
use crate::client::wait;
use crate::terminal::say;

/// What to do about a registry that deletes nothing.
pub(super) const ADVICE: &str = "nothing was deleted, since the registry does not do that: \
     Wharfinger and distribution do with storage.delete.enabled, others have a page for it";

pub(super) fn run(arguments: &Rm) -> Result<()> {
    let Rm {
        image,
        yes,
        json,
        reach,
    } = arguments;
    manifest(image, *yes, *json, reach)
}

/// Deletes what a name says: that manifest if it has a digest, else that tag.
pub(super) fn manifest(name: &ImageName, yes: bool, as_json: bool, reach: &Reach) -> Result<()> {
    let what = match (&name.digest, &name.tag) {
        (Some(digest), _) => format!("{}@{digest} with all of its tags", repository_of(name)),
        (None, Some(tag)) => format!("the tag {}:{tag}", repository_of(name)),
        (None, None) => bail!("{name} has neither a tag nor a digest"),
    };
    confirm(&what, yes)?;
    wait(async {
        let client = registry_itself(reach, name).await?;
        match (name.digest, name.tag.clone()) {
            (None, Some(tag)) => untag(&client, name, tag).await,
            (digest, _) => {
                let reference = digest.map(Reference::Digest);
                let reference = reference.context("there is no digest")?;
                let deleted = client.delete_manifest(&name.repository, &reference);
                deleted.await.or_else(|error| match &error {
                    ClientError::Refused { .. } => Err(error).context(ADVICE),
                    _ => Err(error.into()),
                })
            }
        }
    })?;
    tell(&what, name, as_json);
    Ok(())
}

/// Says what is gone.
pub(super) fn tell(what: &str, name: &ImageName, as_json: bool) {
    if as_json {
        say(&format!("{:#}", json!({ "deleted": name.to_string() })));
    } else {
        say(&format!("deleted {what}"));
    }
}

/// Deletes a tag alone, which not every registry does that deletes manifests.
async fn untag(client: &RegistryClient, name: &ImageName, tag: Tag) -> Result<()> {
    let reference = Reference::Tag(tag);
    let deleted = client.delete_manifest(&name.repository, &reference).await;
    let Err(error) = deleted else {
        return Ok(());
    };
    if !matches!(error, ClientError::Refused { .. }) {
        return Err(error.into());
    }
    let head = client
        .manifest_head(&name.repository, &reference, &[])
        .await;
    let digest = head.ok().and_then(|head| head.digest);
    let digest = digest.map_or("DIGEST".to_owned(), |digest| digest.to_string());
    Err(error).with_context(|| {
        format!(
            "nothing was deleted, since the registry deletes no tags, or nothing at all: by the \
             digest the image would go with all of its tags, `wharf rm {}@{digest}`",
            repository_of(name)
        )
    })
}
