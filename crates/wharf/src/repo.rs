//! `wharf repo`: repositories as a whole.

use std::io::{IsTerminal as _, Write as _, stdin};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use wharf_registry::Error;
use wharf_spec::RepositoryName;

use crate::cli::CalledAs;
use crate::cli::content::{RemoveRepository, Repo};
use crate::storage;
use crate::terminal::{counted, say};

/// Runs one of its commands.
pub(crate) fn run(command: &Repo, name: CalledAs) -> Result<ExitCode> {
    match command {
        Repo::Rm(arguments) => remove(arguments, name),
    }
}

fn remove(arguments: &RemoveRepository, called: CalledAs) -> Result<ExitCode> {
    let Some(loaded) = storage::load(arguments.told.file.path.as_deref(), called)? else {
        return Ok(ExitCode::FAILURE);
    };
    let registry = storage::registry(&loaded)?;
    let name = &arguments.name;
    if !arguments.yes && !is_meant(name)? {
        bail!("nothing was deleted");
    }
    let repository = registry.repository(name.clone());
    let deleted = storage::wait(async move {
        match repository.delete().await {
            Err(Error::RepositoryUnknown(name)) => {
                bail!("there is no repository {name}: is this the server's configuration?")
            }
            deleted => deleted.with_context(
                || "not everything was deleted: run it again to go on where it stopped",
            ),
        }
    })?;
    if arguments.told.json {
        say(&format!("{:#}", json!(deleted)));
    } else {
        say(&format!(
            "deleted {name}: {}, {}, {}",
            counted(deleted.tags, "tag", "tags"),
            counted(deleted.manifests, "manifest", "manifests"),
            counted(deleted.uploads, "upload", "uploads")
        ));
        say(if deleted.can_be_restored {
            "`wharf trash list` shows how to restore it"
        } else {
            "its space comes back with the next collection"
        });
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks whoever sits there.
fn is_meant(name: &RepositoryName) -> Result<bool> {
    if !stdin().is_terminal() {
        bail!("there is no terminal to ask on whether {name} is to be deleted: use --yes");
    }
    let mut out = std::io::stderr();
    let _ = write!(out, "Delete {name} with all its tags and manifests? [y/N] ");
    let _ = out.flush();
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
