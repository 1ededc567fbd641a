//! `wharf gc`: how space comes back, and why it does not.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;
use wharf_config::{Loaded, load};
use wharf_registry::{
    Collected, Collection, CollectionEvent, CollectionEvents, CollectionMode, CollectionStatus,
    Holder, HolderKind, Verdict, moment,
};

use crate::cli::{CalledAs, Explain, Gc, Status};
use crate::collection::{self, size};
use crate::config::tell;
use crate::sources::sources;
use crate::storage;
use crate::terminal::{counted, say, warn};

/// Runs one of its commands.
pub(crate) fn run(command: &Gc, name: CalledAs) -> Result<ExitCode> {
    let file = match command {
        Gc::Status(status) => status.file.path(),
        Gc::Explain(explain) => explain.file.path.as_deref(),
    };
    let loaded = match load(&sources(file, name)?) {
        Ok(loaded) => loaded,
        Err(refused) => {
            tell(&refused);
            return Ok(ExitCode::FAILURE);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match command {
        Gc::Status(command) => runtime.block_on(status(command, &loaded)),
        Gc::Explain(command) => runtime.block_on(explain(command, &loaded)),
    }
}

async fn status(command: &Status, loaded: &Loaded) -> Result<ExitCode> {
    let config = &loaded.config;
    let registry = storage::registry(loaded)?;
    let grace = collection::grace(&registry, config, None).await?;
    let last = registry.collection_status().await?;
    let now = if command.now {
        let options = Collection {
            mode: CollectionMode::DryRun,
            ..collection::now(config, grace)
        };
        Some(registry.collect(&options, &mut Problems).await?)
    } else {
        None
    };
    if command.json {
        let now = now.map(|now| CollectionStatus::of(&now, grace.time, "command"));
        let told = json!({ "server": grace.is_served, "last": last, "now": now });
        say(&format!("{told:#}"));
        return Ok(ExitCode::SUCCESS);
    }
    match &last {
        Some(last) => say_last(last),
        None => say(
            "no collection has ended here yet: the server collects every \
             wharfinger.collection.interval, and `wharf garbage-collect` at once; \
             --now counts what that would free",
        ),
    }
    if let Some(now) = &now {
        say_now(now);
    }
    Ok(ExitCode::SUCCESS)
}

fn say_last(last: &CollectionStatus) {
    say(&format!(
        "the last collection ended at {} ({}, by the {}) after {:.1} s",
        last.ended,
        last.end,
        last.by,
        std::time::Duration::from_millis(last.took_ms).as_secs_f64()
    ));
    say(&format!(
        "it freed {} in {}, and removed {}, {} and {}",
        size(last.bytes),
        counted(last.blobs, "blob", "blobs"),
        counted(last.links, "layer link", "layer links"),
        counted(last.manifests, "manifest", "manifests"),
        counted(last.repositories, "repository", "repositories")
    ));
    if let Some(until) = &last.waiting_until {
        let (blobs, bytes) = (last.waiting_blobs, size(last.waiting_bytes));
        say(&format!(
            "{blobs} blobs ({bytes}) that nobody needed stayed until {until}"
        ));
    }
    if last.problems > 0 {
        say(&format!(
            "{} things could not be read: see the log",
            last.problems
        ));
    }
}

fn say_now(now: &Collected) {
    let (bytes, blobs) = (size(now.bytes), now.blobs);
    say(&format!("now {bytes} in {blobs} blobs could be freed"));
    if let Some(until) = now.waiting.next {
        let (blobs, bytes) = (now.waiting.blobs, size(now.waiting.bytes));
        let until = moment(until);
        say(&format!(
            "{blobs} blobs ({bytes}) that nobody needs stay until {until}"
        ));
    }
}

async fn explain(command: &Explain, loaded: &Loaded) -> Result<ExitCode> {
    let config = &loaded.config;
    let registry = storage::registry(loaded)?;
    let grace = collection::grace(&registry, config, None).await?;
    let options = collection::now(config, grace);
    let explained = registry.explain(command.digest, &options).await?;
    let verdict = explained.verdict(grace.time);
    if command.json {
        let told = json!({
            "digest": command.digest,
            "state": verdict.as_str(),
            "size": explained.data.map(|data| data.size),
            "goes": verdict.goes().map(moment),
            "holders": explained.holders,
            "problems": explained.problems,
        });
        say(&format!("{told:#}"));
        return Ok(told_code(verdict));
    }
    for problem in &explained.problems {
        warn(&format!(
            "this could not be read, and may need it: {problem}"
        ));
    }
    for holder in &explained.holders {
        say(&line(holder));
    }
    match (verdict.goes(), explained.data) {
        (_, None) => say("its data is not there"),
        (Some(goes), Some(data)) => say(&format!(
            "nothing keeps it: {} go with the first collection after {}",
            size(data.size),
            moment(goes)
        )),
        (None, Some(_)) => {}
    }
    Ok(told_code(verdict))
}

fn told_code(verdict: Verdict) -> ExitCode {
    match verdict {
        Verdict::Absent => ExitCode::from(4),
        Verdict::Kept => ExitCode::SUCCESS,
        Verdict::Goes(_) => ExitCode::from(3),
    }
}

fn line(holder: &Holder) -> String {
    let name = &holder.repository;
    let line = match &holder.kind {
        HolderKind::Revision => format!("{name}: it is a manifest"),
        HolderKind::LayerLink => format!("{name}: it is linked as a blob"),
        HolderKind::Manifest(digest) => format!("{name}: needed by {digest}"),
        HolderKind::Subject(digest) => format!("{name}: it is about {digest}"),
        HolderKind::Tag(tag, digest) => format!("{name}:{tag} is {digest}"),
        HolderKind::Trash => format!("{name}: it can be restored from the trash"),
        HolderKind::Upload(id) => format!("{name}: there is an upload {id}"),
    };
    match holder.until {
        Some(until) => format!("{line}, without a tag, until {}", moment(until)),
        None => line,
    }
}

/// What is wrong, on standard error.
struct Problems;

impl CollectionEvents for Problems {
    fn tell(&mut self, event: CollectionEvent<'_>) {
        match event {
            CollectionEvent::Problem { path, what } => {
                warn(&format!("what may depend on this stays: {path}: {what}"));
            }
            CollectionEvent::Repository(_)
            | CollectionEvent::Manifest { .. }
            | CollectionEvent::Blob { .. }
            | CollectionEvent::ManifestEligible { .. }
            | CollectionEvent::LinkEligible { .. }
            | CollectionEvent::BlobEligible { .. } => {}
        }
    }
}
