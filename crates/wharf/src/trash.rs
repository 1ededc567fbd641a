//! `wharf trash`: what was deleted.

use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Result, bail};
use serde_json::json;
use wharf_registry::{DamagedEntry, Registry, Restored, TrashEntry, TrashId, What, moment};

use crate::cli::CalledAs;
use crate::cli::content::{EmptyTrash, Trash};
use crate::storage;
use crate::terminal::{counted, say, say_table, warn};

/// Runs one of its commands.
pub(crate) fn run(command: &Trash, name: CalledAs) -> Result<ExitCode> {
    let told = match command {
        Trash::List(list) => &list.told,
        Trash::Restore(restore) => &restore.told,
        Trash::Empty(empty) => &empty.told,
    };
    let Some(loaded) = storage::load(told.file.path.as_deref(), name)? else {
        return Ok(ExitCode::FAILURE);
    };
    let registry = storage::registry(&loaded)?;
    if registry.options().trash.is_zero() {
        warn("warning: wharfinger.trash.keep is 0: nothing that is deleted can be restored");
    }
    match command {
        Trash::List(_) => list(&registry, told.json),
        Trash::Restore(arguments) => restore(&registry, arguments.id, told.json),
        Trash::Empty(arguments) => empty(&registry, arguments),
    }
}

fn list(registry: &Registry, json: bool) -> Result<ExitCode> {
    let trash = storage::wait(async { Ok(registry.trash().await?) })?;
    if json {
        say(&format!("{:#}", json!(trash)));
    } else {
        let rows: Vec<_> = trash.entries.iter().map(as_row).collect();
        say_table(["ID", "DELETED", "UNTIL", "WHAT", "MANIFESTS"], &rows);
        for entry in &trash.damaged {
            warn(&unreadable(entry));
        }
    }
    Ok(if trash.damaged.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn as_row(entry: &TrashEntry) -> [String; 5] {
    let name = match (
        entry.what,
        entry.some_tags.first(),
        entry.some_manifests.first(),
    ) {
        (What::Tag, Some(tag), _) => format!("{}:{tag}", entry.repository),
        (What::Manifest, _, Some(digest)) => format!("{}@{digest}", entry.repository),
        (What::Repository | What::Tag | What::Manifest, _, _) => entry.repository.to_string(),
    };
    [
        entry.id.to_string(),
        moment(entry.when),
        moment(entry.until),
        format!("{} {name}", entry.what),
        entry.manifests.to_string(),
    ]
}

fn restore(registry: &Registry, id: TrashId, json: bool) -> Result<ExitCode> {
    let restored = storage::wait(async { Ok(registry.restore(id).await?) })?;
    let restored = match restored {
        Ok(Some(restored)) => restored,
        Ok(None) => bail!("{id} is not in the trash (any more): `wharf trash list` shows what is"),
        Err(damaged) => bail!(unreadable(&damaged)),
    };
    let Restored {
        repository,
        tags,
        elsewhere,
        manifests,
        lacking,
    } = &restored;
    if json {
        say(&format!("{:#}", json!(restored)));
    } else {
        say(&format!(
            "restored {} and {} of {repository}",
            counted(*manifests, "manifest", "manifests"),
            counted(tags.len() as u64, "tag", "tags")
        ));
        for tag in elsewhere {
            warn(&format!(
                "{repository}:{tag} has been pushed again since and stays as it is: `wharf tag \
                 history {repository}:{tag}` shows both"
            ));
        }
        for digest in lacking {
            warn(&format!(
                "{digest} could not be restored: it, or what it refers to, has gone"
            ));
        }
    }
    Ok(if lacking.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn empty(registry: &Registry, arguments: &EmptyTrash) -> Result<ExitCode> {
    let removed = storage::wait(async {
        if !arguments.ids.is_empty() {
            return Ok(registry.empty_trash(&arguments.ids).await?);
        }
        let age = arguments.older_than.map(|age| age.0).unwrap_or_default();
        let before = SystemTime::now().checked_sub(age);
        Ok(registry
            .empty_trash_before(before.unwrap_or(SystemTime::UNIX_EPOCH))
            .await?)
    })?;
    if arguments.told.json {
        say(&format!("{:#}", json!({ "removed": removed })));
    } else {
        say(&format!("removed {removed} from the trash"));
    }
    let missing = arguments.ids.len() as u64 > removed;
    if missing {
        warn("not all of those were in the trash: `wharf trash list` shows what is");
    }
    Ok(if missing {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn unreadable(entry: &DamagedEntry) -> String {
    format!(
        "{} cannot be read: {}; while it is there no space comes back, and `wharf trash empty {}` \
         gives it up",
        entry.name, entry.why, entry.name
    )
}
