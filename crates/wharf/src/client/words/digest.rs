//! `wharf digest`: what an image is, in one line.

use std::sync::Arc;

use anyhow::Result;
use serde_json::{Value, json};
use wharf_client::ImageName;
use wharf_image::{Place, PlaceKind, Source, manifest};

use super::releases::newest;
use crate::cli::client::{DigestOf, Ranged};
use crate::client::surroundings;
use crate::client::wait;
use crate::terminal::say;

pub(super) fn run(arguments: &DigestOf) -> Result<()> {
    let found = wait(async {
        let Ranged { place, range } = &arguments.place;
        let release = match range {
            None => None,
            Some(range) => Some(newest(&arguments.reach, place, range).await?),
        };
        let place = match &release {
            None => place.clone(),
            Some(name) => format!("docker://{name}").parse()?,
        };
        if let (PlaceKind::Registry(name), None) = (place.kind(), &arguments.which.platform)
            && let Some(found) = by_head(arguments, name).await?
        {
            return Ok(found);
        }
        let surroundings = surroundings(&arguments.reach, &place)?;
        let source: Arc<dyn Source> = surroundings.source(&place).await?;
        let descriptor = match &arguments.which.platform {
            None => source.resolve().await?.descriptor,
            Some(platform) => manifest(&source, Some(platform)).await?.1,
        };
        Ok(json!({
            "name": name(&place),
            "digest": descriptor.digest,
            "mediaType": descriptor.media_type,
            "size": descriptor.size,
        }))
    })?;
    let digest = found.get("digest").and_then(Value::as_str);
    say(&match digest {
        Some(digest) if !arguments.json => digest.to_owned(),
        _ => format!("{found:#}"),
    });
    Ok(())
}

/// Under which tag it was found, if that was looked for.
fn name(place: &Place) -> String {
    if let PlaceKind::Registry(name) = place.kind() {
        return name.to_string();
    }
    place.to_string()
}

/// What the registry says without sending the manifest, if it says enough.
async fn by_head(arguments: &DigestOf, name: &ImageName) -> Result<Option<Value>> {
    let Some(reference) = name.reference() else {
        return Ok(None);
    };
    let client = super::registry(&arguments.reach, name).await?;
    let head = client
        .manifest_head(&name.repository, &reference, &[])
        .await?;
    let is_enough = !arguments.json || head.media_type.is_some() && head.size.is_some();
    let found = head.digest.filter(|_| is_enough);
    Ok(found
        .map(|digest| json!({ "name": name.to_string(), "digest": digest, "mediaType": head.media_type, "size": head.size })))
}
