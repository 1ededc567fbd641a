//! `wharf tag` for an image in a registry: its manifest under another tag.

use anyhow::{Context as _, Error, Result};
use serde_json::json;
use wharf_spec::Reference;

use super::{registry_itself, repository_of};
use crate::cli::client::TagImage;
use crate::client::wait;
use crate::terminal::say;

/// Gives an image its new tags, one after the other.
///
/// # Errors
/// When it cannot be read, or the registry does not take it under one of them.
pub(in crate::client) fn tag(arguments: &TagImage) -> Result<()> {
    let name = arguments.image.as_ref().context("an image is needed")?;
    let reference = name.reference().context("a tag or a digest is needed")?;
    let repository = repository_of(name);
    let tags = arguments.tags.iter().map(|tag| tag.within(name));
    let tags: Vec<_> = tags.collect::<Result<_, _>>().map_err(Error::msg)?;
    let digest = wait(async {
        let client = registry_itself(&arguments.reach, name).await?;
        let found = client.manifest(&name.repository, &reference, &[]).await?;
        for tag in &tags {
            let tag = Reference::Tag((*tag).clone());
            let bytes = found.bytes.clone();
            let pushed = client.push_manifest(&name.repository, &tag, &found.media_type, bytes);
            pushed.await?;
            if !arguments.json {
                say(&format!("{repository}:{tag} is {}", found.digest));
            }
        }
        Ok(found.digest)
    })?;
    if arguments.json {
        let told = json!({ "repository": repository, "digest": digest, "tags": tags });
        say(&format!("{told:#}"));
    }
    Ok(())
}
