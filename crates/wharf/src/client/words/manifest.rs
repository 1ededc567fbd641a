//! `wharf manifest`: manifests, byte for byte.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use wharf_client::RegistryClient;
use wharf_image::{PlacedManifest, RegistryTarget, Role, Source, Target as _};
use wharf_spec::{Algorithm, Descriptor, Manifest as Document};

use super::{registry_itself, remove, repository_of};
use crate::cli::client::{Manifest, ManifestDelete, ManifestGet, ManifestPut};
use crate::client::output::{Form, Output};
use crate::client::surroundings;
use crate::client::{sent, wait};
use crate::terminal::say;

pub(super) fn run(command: &Manifest) -> Result<()> {
    match command {
        Manifest::Get(arguments) => get(arguments),
        Manifest::Put(arguments) => put(arguments),
        Manifest::Delete(arguments) => delete(arguments),
    }
}

fn get(arguments: &ManifestGet) -> Result<()> {
    wait(async {
        let surroundings = surroundings(&arguments.reach, &arguments.place)?;
        let source: Arc<dyn Source> = surroundings.source(&arguments.place).await?;
        let descriptor = match &arguments.which.platform {
            None => source.resolve().await?.descriptor,
            platform => {
                let found = wharf_image::manifest(&source, platform.as_ref()).await?;
                found.1
            }
        };
        let bytes = source.manifest(&descriptor).await?;
        let output = Output::open(arguments.output.as_deref(), Form::Text)?;
        output.put(bytes).await?.finish()
    })
}

fn put(arguments: &ManifestPut) -> Result<()> {
    let bytes = sent::read_all(&arguments.file, RegistryClient::MOST_MANIFEST)?;
    let media_type = match &arguments.media_type {
        Some(media_type) => {
            if let Ok(own) = Document::parse(bytes.clone(), None)
                && let Err(error) = Document::parse(bytes.clone(), Some(media_type))
            {
                bail!(
                    "this is {}, and not {media_type}: {error}",
                    own.media_type().as_str()
                );
            }
            media_type.clone()
        }
        None => Document::detect(&bytes)
            .context("this is no manifest that says what it is: say it by --media-type")?
            .as_str()
            .to_owned(),
    };
    let name = &arguments.image;
    let algorithm = name.digest.map_or(Algorithm::Sha256, |it| it.algorithm());
    let descriptor = Descriptor {
        digest: wharf_hash::digest(algorithm, &bytes),
        size: bytes.len() as u64,
        media_type,
        urls: Vec::new(),
        annotations: BTreeMap::new(),
        platform: None,
        artifact_type: None,
    };
    wait(async {
        let client = registry_itself(&arguments.reach, name).await?;
        // What is about another manifest is also listed, where the registry does not do it.
        let target = RegistryTarget::new(client, name.clone());
        let manifest = PlacedManifest {
            descriptor: descriptor.clone(),
            bytes,
            role: Role::Root(Vec::new()),
        };
        Ok(target.put_manifest(manifest).await?)
    })?;
    if arguments.json {
        let told = json!({
            "repository": repository_of(name),
            "tag": name.tag,
            "digest": descriptor.digest,
            "mediaType": descriptor.media_type,
            "size": descriptor.size,
        });
        say(&format!("{told:#}"));
    } else {
        say(&descriptor.digest.to_string());
    }
    Ok(())
}

fn delete(arguments: &ManifestDelete) -> Result<()> {
    let ManifestDelete {
        manifest,
        meant,
        reach,
    } = arguments;
    remove::manifest(&manifest.name, meant.yes, meant.json, reach)
}
