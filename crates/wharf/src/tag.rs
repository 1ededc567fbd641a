//! `wharf tag`: what tags have pointed to.

use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;
use wharf_registry::{Error, Past, Registry, moment};

use crate::cli::CalledAs;
use crate::cli::content::{Pointed, Tag, Tagged};
use crate::storage;
use crate::terminal::{say, say_table};

/// Runs one of its commands.
pub(crate) fn run(command: &Tag, name: CalledAs) -> Result<ExitCode> {
    let told = match command {
        Tag::History(history) => &history.told,
        Tag::Restore(restore) => &restore.told,
        Tag::Rm(remove) => &remove.told,
    };
    let Some(loaded) = storage::load(told.file.path.as_deref(), name)? else {
        return Ok(ExitCode::FAILURE);
    };
    let registry = storage::registry(&loaded)?;
    match command {
        Tag::History(arguments) => history(&registry, &arguments.tag, told.json),
        Tag::Restore(arguments) => restore(&registry, &arguments.to, told.json),
        Tag::Rm(arguments) => remove(&registry, &arguments.tag, told.json),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn history(registry: &Registry, tagged: &Tagged, json: bool) -> Result<()> {
    let repository = registry.repository(tagged.repository.clone());
    let history = storage::wait(async {
        match repository.tag_history(&tagged.tag).await {
            Err(Error::ManifestUnknown(_)) => Err(unknown(tagged)),
            history => Ok(history?),
        }
    })?;
    if json {
        say(&format!("{:#}", json!(history)));
        return Ok(());
    }
    let rows: Vec<_> = history
        .iter()
        .map(|past| {
            [
                past.digest.to_string(),
                moment(past.when),
                state(past).to_owned(),
            ]
        })
        .collect();
    say_table(["DIGEST", "SINCE", "STATE"], &rows);
    Ok(())
}

fn state(past: &Past) -> &'static str {
    match past {
        Past {
            is_current: true, ..
        } => "current",
        Past { is_there: true, .. } => "can be restored",
        Past { .. } => "gone",
    }
}

fn restore(registry: &Registry, to: &Pointed, json: bool) -> Result<()> {
    let Pointed { tagged, digest } = to;
    let repository = registry.repository(tagged.repository.clone());
    storage::wait(async {
        match repository.restore_tag(&tagged.tag, *digest).await {
            Err(Error::ManifestUnknown(_)) => bail!(
                "{} does not hold {digest} any more: `wharf trash list` shows whether it can be \
                 restored, `wharf tag history {tagged}` what is there",
                tagged.repository
            ),
            Err(Error::ReferencesUnknown(missing)) => bail!(
                "{digest} is not whole any more, since {} of its parts have gone: push the image \
                 again",
                missing.len()
            ),
            restored => Ok(restored?),
        }
    })?;
    if json {
        let told = json!({ "tag": tagged.to_string(), "digest": digest });
        say(&format!("{told:#}"));
    } else {
        say(&format!("{tagged} points to {digest}"));
    }
    Ok(())
}

fn remove(registry: &Registry, tagged: &Tagged, json: bool) -> Result<()> {
    let repository = registry.repository(tagged.repository.clone());
    storage::wait(async {
        match repository.delete_tag(&tagged.tag).await {
            Err(Error::ManifestUnknown(_)) => Err(unknown(tagged)),
            removed => Ok(removed?),
        }
    })?;
    if json {
        say(&format!("{:#}", json!({ "deleted": tagged.to_string() })));
    } else {
        say(&format!("deleted {tagged}"));
    }
    Ok(())
}

fn unknown(tagged: &Tagged) -> anyhow::Error {
    anyhow::anyhow!(
        "there is no tag {tagged}: if it was deleted, `wharf trash list` shows whether it can be \
         restored"
    )
}
