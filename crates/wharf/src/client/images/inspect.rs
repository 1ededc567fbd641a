//! `wharf inspect`: what an image consists of.

mod text;

use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use wharf_image::{Inspection, Platforms, Root, Source};

use crate::cli::images::Inspect;
use crate::client::{surroundings, wait};
use crate::terminal::say;

pub(super) fn run(command: &Inspect) -> Result<()> {
    wait(Box::pin(inspect(command)))
}

async fn inspect(command: &Inspect) -> Result<()> {
    let Inspect {
        place,
        platform,
        json,
        raw,
        config,
        reach,
    } = command;
    let source = surroundings(reach, place)?.source(place).await?;
    let root = source.resolve().await?;
    if *raw {
        let wanted = platform.clone().map_or(Platforms::All, Platforms::One);
        let (_, bytes) = wharf_image::choose(&source, &root, &wanted).await?;
        return put(&bytes);
    }
    let inspection = wharf_image::inspect(&source, &root, platform.as_ref()).await?;
    if *config {
        return put_config(&source, &inspection, &root).await;
    }
    if *json {
        say(&serde_json::to_string_pretty(&inspection)?);
    } else {
        text::lines(&inspection).iter().for_each(|line| say(line));
    }
    Ok(())
}

async fn put_config(source: &Arc<dyn Source>, inspection: &Inspection, root: &Root) -> Result<()> {
    let Some(image) = &inspection.image else {
        bail!(
            "{} in {} has no configuration that could be shown: say --platform, or see --raw",
            root.descriptor.digest,
            source.place()
        );
    };
    let mut stream = source.blob(&image.config).await?;
    while let Some(piece) = stream.chunk().await? {
        put(&piece)?;
    }
    Ok(())
}

/// Bytes as they are.
fn put(bytes: &[u8]) -> Result<()> {
    let mut output = std::io::stdout().lock();
    output
        .write_all(bytes)
        .and_then(|()| output.flush())
        .context("standard output")
}
