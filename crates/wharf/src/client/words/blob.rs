//! `wharf blob`: content by its digest.

use anyhow::{Context as _, Result};
use serde_json::json;
use std::sync::Arc;
use wharf_client::{ClientError, PushedBlob, Refusal};

use super::{registry, registry_itself, remove, repository_of};
use crate::cli::client::{Blob, BlobDelete, BlobGet, BlobHead, BlobPut};
use crate::client::ask::confirm;
use crate::client::output::{Form, Output};
use crate::client::sent::Sent;
use crate::client::wait;
use crate::collection::size;
use crate::terminal::say;

pub(super) fn run(command: &Blob) -> Result<()> {
    match command {
        Blob::Get(arguments) => get(arguments),
        Blob::Put(arguments) => put(arguments),
        Blob::Head(arguments) => head(arguments),
        Blob::Delete(arguments) => delete(arguments),
    }
}

fn get(arguments: &BlobGet) -> Result<()> {
    let blob = &arguments.blob;
    let mut output = Output::open(arguments.output.as_deref(), Form::Binary)?;
    wait(async {
        let client = registry(&arguments.reach, &blob.name).await?;
        let mut reader = client.blob(&blob.name.repository, blob.digest, None);
        while let Some(piece) = reader.chunk().await? {
            output = output.put(piece).await?;
        }
        output.finish()
    })
}

fn put(arguments: &BlobPut) -> Result<()> {
    let name = &arguments.repository;
    let (file, reach) = (arguments.file.clone(), &arguments.reach);
    let (sent, pushed) = wait(async {
        // It may wait for a pipe.
        let sent = tokio::task::spawn_blocking(move || Sent::read(&file)).await??;
        let sent = Arc::new(sent);
        let client = registry_itself(reach, name).await?;
        let source = Arc::clone(&sent);
        let pushed = client.push_blob(&name.repository, &sent.digest, sent.size, source, &[]);
        let pushed = pushed.await?;
        Ok((sent, pushed))
    })?;
    if arguments.json {
        let told = json!({
            "repository": repository_of(name),
            "digest": sent.digest,
            "size": sent.size,
            "uploaded": pushed != PushedBlob::Existed,
        });
        say(&format!("{told:#}"));
    } else {
        say(&sent.digest.to_string());
    }
    Ok(())
}

fn head(arguments: &BlobHead) -> Result<()> {
    let blob = &arguments.blob;
    let head = wait(async {
        let client = registry(&arguments.reach, &blob.name).await?;
        let head = client
            .blob_head(&blob.name.repository, &blob.digest)
            .await?;
        // As any other thing that is not there.
        let missing = || ClientError::NotFound {
            what: format!("the blob {} of {}", blob.digest, repository_of(&blob.name)),
            refusal: Refusal {
                status: 404,
                errors: Vec::new(),
            },
        };
        Ok(head.ok_or_else(missing)?)
    })?;
    if arguments.json {
        say(&format!(
            "{:#}",
            json!({ "digest": blob.digest, "size": head.size })
        ));
    } else {
        say(&head.size.map_or("it is there".to_owned(), |bytes| {
            format!("{bytes} bytes ({})", size(bytes))
        }));
    }
    Ok(())
}

fn delete(arguments: &BlobDelete) -> Result<()> {
    let (blob, meant) = (&arguments.blob, &arguments.meant);
    let what = format!("the blob {} of {}", blob.digest, repository_of(&blob.name));
    confirm(&what, meant.yes)?;
    wait(async {
        let client = registry_itself(&arguments.reach, &blob.name).await?;
        let deleted = client.delete_blob(&blob.name.repository, &blob.digest);
        deleted.await.or_else(|error| match &error {
            ClientError::Refused { .. } => Err(error).context(remove::ADVICE),
            _ => Err(error.into()),
        })
    })?;
    remove::tell(&what, &blob.name, meant.json);
    Ok(())
}
